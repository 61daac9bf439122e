//! Years of the platform's life under a virtual clock: the weeks, what happens in them, and what must come out.
//!
//! *Events* belong to the world: a delisting, a split that is announced late, a restated bar, a session without a bar. They
//! change what the platform ends with. *Faults* are mended: bars that come late or cannot be, rows that come twice, a provider
//! that is away, answers that are garbled, a process that is killed. They change when things are known here, and must change no
//! table but those that tell of loads and runs.
//!
//! Invariant: pure but for [`fingerprint`], which asks the warehouse. The same plan, seed, quotes and range give the same
//! weeks, events and faults, and the provider of a week shows the same answers whenever it is asked.

mod draw;
mod error;
mod event;
mod fault;
pub mod fingerprint;
mod plan;
mod waiting;
mod week;
mod world;

pub use draw::Seeded;
pub use error::Error;
pub use event::{Event, EventKind};
pub use fault::{Fault, FaultKind, Step};
pub use plan::{Plan, Scenario};
pub use waiting::{Bars, Missing, WINDOW_SESSIONS, missing};
pub use week::{Week, weeks};
pub use world::World;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;
