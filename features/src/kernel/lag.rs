//! A value of some sessions ago.

/// `Ref(x, n)`: the value pushed n steps before.
///
/// # Missing values
/// Missing for the first n values, and where the value of then was missing.
///
/// ```
/// let mut lag = weekahead_features::kernel::Lag::new(1);
/// assert!(lag.push(3.0).is_nan());
/// assert_eq!(lag.push(4.0), 3.0);
/// ```
#[derive(Debug, Clone)]
pub struct Lag {
    values: Vec<f64>,
    next: usize,
}

impl Lag {
    /// Looks `sessions` back; 0 is the value itself.
    pub fn new(sessions: usize) -> Self {
        Self { values: vec![f64::NAN; sessions], next: 0 }
    }

    /// Takes a value and gives the one of then.
    pub fn push(&mut self, value: f64) -> f64 {
        if self.values.is_empty() {
            return super::present(value);
        }
        let then = std::mem::replace(&mut self.values[self.next], super::present(value));
        self.next = if self.next + 1 == self.values.len() { 0 } else { self.next + 1 };
        then
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.values.fill(f64::NAN);
        self.next = 0;
    }
}
