//! The point-in-time join: of each entity row the newest features that were known where the row stands.
//!
//! `matching` says which stored row that is and knows no I/O; `read` streams the stored rows by it.

mod entities;
mod joined;
mod matching;
mod read;

pub use entities::Entities;
pub use joined::Joined;
