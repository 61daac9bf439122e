//! The best of the last values.

use std::collections::VecDeque;

/// A monotonic queue over a window: only values that can still become the best are kept.
#[derive(Debug, Clone)]
pub(crate) struct Queue<T> {
    window: u64,
    /// Values pushed since the queue was emptied.
    count: u64,
    /// Candidates with their ordinal, best first.
    candidates: VecDeque<(u64, T)>,
}

impl<T: Copy> Queue<T> {
    pub(crate) fn new(window: usize) -> Self {
        Self { window: window.max(1) as u64, count: 0, candidates: VecDeque::new() }
    }

    /// Takes a value and gives the best of those in the window, be it full or not. `beats` says whether its first
    /// argument makes the second one useless.
    pub(crate) fn push(&mut self, value: T, beats: impl Fn(T, T) -> bool) -> T {
        while self.candidates.back().is_some_and(|(_, other)| beats(value, *other)) {
            self.candidates.pop_back();
        }
        self.candidates.push_back((self.count, value));
        self.count += 1;
        if self.candidates.front().is_some_and(|(ordinal, _)| ordinal + self.window < self.count) {
            self.candidates.pop_front();
        }
        self.candidates.front().map_or(value, |(_, best)| *best)
    }
}
