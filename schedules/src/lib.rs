//! When jobs run, and that each runs once: the built-in scheduler.
//!
//! Pure: [`When`] and [`Rule`] say at which instants a job fires, [`Schedule`] in which order its jobs go, `plan` what is due.
//! With the warehouse: [`lease`] keeps all but one instance waiting, [`Scheduler`] runs what is due, or
//! lives through a range of history under a virtual clock.
//!
//! Invariant: an instance begins no run without holding the lease, and stops its steps when it cannot be sure of it.

mod error;
mod event;
mod job;
pub mod lease;
mod past;
mod plan;
mod process;
mod rule;
mod runner;
mod schedule;
mod scheduler;
mod shift;
mod stop;

pub use error::Error;
pub use event::{Event, Tell};
pub use job::{CatchUp, Job, Step};
pub use plan::{History, Plan, Present, plan};
pub use process::{LIFELINE, Program};
pub use rule::{Rule, When};
pub use runner::Runner;
pub use schedule::{Occurrence, Schedule};
pub use scheduler::{Scheduler, Summary};
pub use stop::{Halt, Stop, StopSwitch};

/// The result of everything fallible in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
