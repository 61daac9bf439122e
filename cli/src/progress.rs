//! What a user sees while long work is under way: bars on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Whether steps say nothing: a job of a thousand steps has a line of its own for each week.
static SILENT: AtomicBool = AtomicBool::new(false);

/// Keeps all steps silent, from now on or no longer.
pub fn keep_silent(silent: bool) {
    SILENT.store(silent, Ordering::Relaxed);
}

/// Says something beside the steps.
pub fn say(line: &str) {
    if !SILENT.load(Ordering::Relaxed) {
        eprintln!("{line}");
    }
}

/// One step of a job, from its announcement to its result.
#[derive(Debug)]
pub struct Step {
    name: String,
    bar: ProgressBar,
    started: Instant,
    terminal: bool,
    silent: bool,
}

impl Step {
    /// Announces a step. `what` is an active phrase: "reading quotes".
    pub fn start(name: &str, what: &str) -> Self {
        let silent = SILENT.load(Ordering::Relaxed);
        let terminal = std::io::stderr().is_terminal() && !silent;
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar =
            ProgressBar::with_draw_target(None, target).with_style(style("{spinner} {prefix:<12} {msg}"));
        bar.set_prefix(name.to_owned());
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        if !terminal && !silent {
            eprintln!("{name:<12}   {what} ...");
        }
        Self { name: name.to_owned(), bar, started: Instant::now(), terminal, silent }
    }

    /// Tells how much of the whole is done.
    pub fn position(&self, done: u64, whole: u64) {
        if self.bar.length() != Some(whole) {
            self.bar.set_length(whole);
            self.bar.set_style(style("{spinner} {prefix:<12} {wide_bar:.cyan/black} {pos}/{len} {msg}"));
        }
        self.bar.set_position(done);
    }

    /// Replaces the phrase, on a terminal alone.
    pub fn message(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    /// Says something that stays.
    pub fn note(&self, line: &str) {
        match self.terminal {
            true => self.bar.println(format!("  {line}")),
            false => say(&format!("  {line}")),
        }
    }

    /// Ends the step with its result.
    pub fn done(self, result: &str) {
        self.bar.finish_and_clear();
        if self.silent {
            return;
        }
        let seconds = self.started.elapsed().as_secs_f64();
        let mark = if self.terminal { "\u{2713} " } else { "" };
        let name = &self.name;
        eprintln!("{mark}{name:<12} {:>6}  {result}", format!("{seconds:.1} s"));
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// A count with thousands separated, as in the tables.
pub fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn groups_by_three() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }
}
