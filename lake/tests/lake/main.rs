//! The lake over the embedded endpoint: everything here speaks S3 over a socket.

mod crash;
mod endpoint;
mod loads;
mod objects;
mod world;
