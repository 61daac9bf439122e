//! What a user sees of a simulation: a line a week.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use weekahead_simulation::Week;

/// The lines of the weeks, above a bar on a terminal.
#[derive(Debug)]
pub struct Told {
    bar: ProgressBar,
    terminal: bool,
    week: String,
    began: Instant,
    words: Vec<String>,
}

impl Told {
    /// For so many weeks.
    pub fn new(weeks: usize) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{wide_bar:.cyan/black} week {pos}/{len}, {eta} to go")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(weeks as u64), target).with_style(style);
        Self { bar, terminal, week: String::new(), began: Instant::now(), words: Vec::new() }
    }

    /// A week begins.
    pub fn begin(&mut self, week: &Week) {
        self.week = week.origin.to_string();
        self.began = Instant::now();
        self.words.clear();
    }

    /// Something of the week.
    pub fn word(&mut self, word: impl Into<String>) {
        self.words.push(word.into());
    }

    /// The week is over.
    pub fn end(&mut self) {
        let seconds = format!("{:.1} s", self.began.elapsed().as_secs_f64());
        let line = format!("{:<12} {seconds:>6}  {}", self.week, self.words.join("; "));
        match self.terminal {
            true => self.bar.println(line),
            false => eprintln!("{line}"),
        }
        self.bar.inc(1);
    }
}

/// Where the time of a simulation went.
#[derive(Debug, Default, Clone, Copy)]
pub struct Spent {
    /// Building and testing marts.
    pub dbt: Duration,
    /// All of it.
    pub whole: Duration,
}
