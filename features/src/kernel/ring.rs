//! The last values of a window.

/// The last `window` values since the last missing one, oldest out first.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    values: Vec<f64>,
    /// Where the next value goes; when the ring is full, the oldest value is there.
    next: usize,
    /// Values since the ring was emptied, no more than the window.
    filled: usize,
    /// How many of the last values are equal.
    equal: usize,
}

impl Ring {
    pub(super) fn new(window: usize) -> Self {
        Self { values: vec![0.0; window.max(1)], next: 0, filled: 0, equal: 0 }
    }

    pub(super) fn window(&self) -> usize {
        self.values.len()
    }

    /// Puts a value in and gives the one that falls out.
    pub(super) fn push(&mut self, value: f64) -> Option<f64> {
        let newest = if self.next == 0 { self.values.len() - 1 } else { self.next - 1 };
        let repeats = self.filled > 0 && self.values[newest] == value;
        self.equal = if repeats { (self.equal + 1).min(self.values.len()) } else { 1 };
        let oldest = std::mem::replace(&mut self.values[self.next], value);
        self.next = if self.next + 1 == self.values.len() { 0 } else { self.next + 1 };
        if self.is_full() {
            return Some(oldest);
        }
        self.filled += 1;
        None
    }

    pub(super) fn clear(&mut self) {
        (self.next, self.filled, self.equal) = (0, 0, 0);
    }

    pub(super) fn is_full(&self) -> bool {
        self.filled == self.values.len()
    }

    /// Whether the window is full of one value.
    pub(super) fn is_uniform(&self) -> bool {
        self.equal == self.values.len()
    }

    /// The values, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = f64> {
        let (newer, older) = self.values.split_at(self.next);
        let older = if self.is_full() { older } else { &[] };
        older.iter().chain(newer).copied()
    }
}
