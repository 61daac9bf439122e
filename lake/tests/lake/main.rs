//! The lake over the embedded endpoint: everything here speaks S3 over a socket.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod crash;
mod endpoint;
mod loads;
mod objects;
mod world;
