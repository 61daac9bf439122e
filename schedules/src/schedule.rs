//! All jobs, in an order in which none comes before one that it waits for.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::{Error, Job, Result};

/// A fire time of a job.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// When it fires.
    pub fires_at: Timestamp,
    /// The place of the job in [`Schedule::jobs`].
    pub job: usize,
}

/// The jobs, checked.
#[derive(Debug, Clone)]
pub struct Schedule {
    jobs: Vec<Job>,
}

/// How far back a fire time makes a job due.
const DUE_WITHIN: SignedDuration = SignedDuration::from_hours(24);

impl Schedule {
    /// Checks the jobs and puts them in order.
    ///
    /// # Errors
    /// [`Error::Name`], [`Error::NoSteps`], [`Error::UnknownAfter`], [`Error::Cycle`].
    pub fn new(jobs: Vec<Job>) -> Result<Self> {
        let names = names(&jobs);
        for job in &jobs {
            check(job, &jobs, &names)?;
        }
        Ok(Self { jobs: in_order(jobs)? })
    }

    /// The jobs: each after those that it waits for.
    pub fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// The job of a name.
    ///
    /// # Errors
    /// [`Error::UnknownJob`], which names those that there are.
    pub fn job(&self, name: &str) -> Result<&Job> {
        let unknown = || Error::UnknownJob { name: name.to_owned(), jobs: names(&self.jobs) };
        self.jobs.iter().find(|job| job.name == name).ok_or_else(unknown)
    }

    /// The fire time of a job within the 24 hours up to an instant, the instant included, if there is one.
    ///
    /// # Errors
    /// [`Error::UnknownJob`].
    pub fn due(&self, name: &str, at: Timestamp) -> Result<Option<Timestamp>> {
        let fires_at = self.job(name)?.rule.previous(at);
        Ok(fires_at.filter(|fires_at| at.duration_since(*fires_at) < DUE_WITHIN))
    }

    /// The fire times of all enabled jobs from the first instant to the second, both included, in the order in which they run.
    pub fn occurrences(&self, from: Timestamp, until: Timestamp) -> Vec<Occurrence> {
        let after = from.checked_sub(SignedDuration::from_micros(1)).unwrap_or(from);
        let enabled = self.jobs.iter().enumerate().filter(|(_, job)| job.enabled);
        let mut all: Vec<Occurrence> = enabled
            .flat_map(|(index, job)| {
                job.rule.occurrences(after, until).map(move |fires_at| Occurrence { fires_at, job: index })
            })
            .collect();
        all.sort_unstable();
        all
    }
}

fn names(jobs: &[Job]) -> String {
    let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn check(job: &Job, jobs: &[Job], names: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !(1..=64).contains(&job.name.len()) || !job.name.chars().all(plain) {
        return Err(Error::Name { name: job.name.clone() });
    }
    if job.steps.is_empty() {
        return Err(Error::NoSteps { job: job.name.clone() });
    }
    let unknown = job.after.iter().find(|after| !jobs.iter().any(|other| other.name == **after));
    match unknown {
        Some(after) => {
            Err(Error::UnknownAfter { job: job.name.clone(), after: after.clone(), jobs: names.to_owned() })
        }
        None => Ok(()),
    }
}

/// Takes, time after time, the first job that waits for none of those that are left.
fn in_order(mut left: Vec<Job>) -> Result<Vec<Job>> {
    left.sort_by(|one, other| one.name.cmp(&other.name));
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let waiting: BTreeSet<&str> = left.iter().map(|job| job.name.as_str()).collect();
        let free =
            left.iter().position(|job| !job.after.iter().any(|after| waiting.contains(after.as_str())));
        match free {
            Some(free) => ordered.push(left.remove(free)),
            None => return Err(Error::Cycle { jobs: cycle(&left) }),
        }
    }
    Ok(ordered)
}

/// The jobs of a cycle, found by following who waits for whom: each of these waits for another of these.
fn cycle(jobs: &[Job]) -> String {
    let mut seen: Vec<&str> = Vec::new();
    let mut job = jobs.first();
    while let Some(Job { name, after, .. }) = job {
        if let Some(begin) = seen.iter().position(|other| other == name) {
            seen.drain(..begin);
            break;
        }
        seen.push(name);
        job = jobs.iter().find(|other| after.contains(&other.name));
    }
    seen.join(", ")
}
