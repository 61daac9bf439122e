//! Both compressions of the HTTP interface: ClickHouse's own block format (`compress=1`, `decompress=1`) and HTTP
//! content encodings. All of it works chunk by chunk, on the query's blocking thread.

mod block;
mod content;

pub(crate) use block::{BlockReader, append_blocks};
pub(crate) use content::{Encoder, Encoding, decoder};
