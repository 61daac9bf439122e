//! ClickHouse's compressed blocks: checksum (CityHash128 1.0.2, 16 bytes), method (1), size with this header (4),
//! raw size (4), data.

use std::io::{self, Read};

use cityhash_rs::cityhash_102_128;

use crate::exception::{Exception, code};

const CHECKSUM_BYTES: usize = 16;
const HEADER_BYTES: usize = 9;
/// A block claiming more is refused (clients write about 1 MiB).
const MAX_BLOCK_BYTES: usize = 1 << 28;
/// Raw bytes put into one block.
const BLOCK_BYTES: usize = 1 << 20;
const METHOD_NONE: u8 = 0x02;
const METHOD_LZ4: u8 = 0x82;
const METHOD_ZSTD: u8 = 0x90;

/// Reads the raw data out of a stream of compressed blocks, checking every checksum.
pub(crate) struct BlockReader<R> {
    input: R,
    raw: Vec<u8>,
    at: usize,
}

impl<R: Read> BlockReader<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, raw: Vec::new(), at: 0 }
    }

    /// Loads the next block; false at a clean end.
    fn load(&mut self) -> io::Result<bool> {
        let mut head = [0; CHECKSUM_BYTES + HEADER_BYTES];
        match read_up_to(&mut self.input, &mut head)? {
            0 => return Ok(false),
            n if n < head.len() => {
                return Err(failure(code::CANNOT_DECOMPRESS, "compressed data ends inside a block header"));
            }
            _ => {}
        }
        let (checksum, header) = head.split_at(CHECKSUM_BYTES);
        let (size, raw_size) = (u32_at(header, 1), u32_at(header, 5));
        if !(HEADER_BYTES..=MAX_BLOCK_BYTES).contains(&size) || raw_size > MAX_BLOCK_BYTES {
            return Err(failure(
                code::CANNOT_DECOMPRESS,
                format!("a compressed block of {size} bytes ({raw_size} raw)"),
            ));
        }
        let mut block = Vec::new();
        block.extend_from_slice(header);
        let body = (size - HEADER_BYTES) as u64;
        if (&mut self.input).take(body).read_to_end(&mut block)? as u64 != body {
            return Err(failure(code::CANNOT_DECOMPRESS, "compressed data ends inside a block"));
        }
        if checksum_of(&block) != checksum {
            return Err(failure(
                code::CHECKSUM_DOESNT_MATCH,
                "checksum of a compressed block doesn't match: corrupted data",
            ));
        }
        self.raw = expand(header[0], &block[HEADER_BYTES..], raw_size)?;
        self.at = 0;
        Ok(true)
    }
}

impl<R: Read> Read for BlockReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at == self.raw.len() {
            if !self.load()? {
                return Ok(0);
            }
        }
        let n = out.len().min(self.raw.len() - self.at);
        out[..n].copy_from_slice(&self.raw[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

/// Appends `data` to `out` as LZ4 blocks.
pub(crate) fn append_blocks(data: &[u8], out: &mut Vec<u8>) {
    for raw in data.chunks(BLOCK_BYTES) {
        let packed = lz4_flex::block::compress(raw);
        let mut block = Vec::with_capacity(HEADER_BYTES + packed.len());
        block.push(METHOD_LZ4);
        block.extend_from_slice(&size_bytes(HEADER_BYTES + packed.len()));
        block.extend_from_slice(&size_bytes(raw.len()));
        block.extend_from_slice(&packed);
        out.extend_from_slice(&checksum_of(&block));
        out.extend_from_slice(&block);
    }
}

fn checksum_of(block: &[u8]) -> [u8; CHECKSUM_BYTES] {
    cityhash_102_128(block).rotate_right(64).to_le_bytes()
}

/// Block sizes stay far below 4 GiB: `BLOCK_BYTES` bounds them.
fn size_bytes(size: usize) -> [u8; 4] {
    u32::try_from(size).unwrap_or(u32::MAX).to_le_bytes()
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize)
}

fn expand(method: u8, data: &[u8], raw_size: usize) -> io::Result<Vec<u8>> {
    let raw = match method {
        METHOD_NONE => Ok(data.to_vec()),
        METHOD_LZ4 => lz4_flex::block::decompress(data, raw_size).map_err(|e| e.to_string()),
        METHOD_ZSTD => zstd::bulk::decompress(data, raw_size).map_err(|e| e.to_string()),
        other => {
            let text = format!("unknown compression method 0x{other:02x} of a block");
            return Err(failure(code::UNKNOWN_COMPRESSION_METHOD, text));
        }
    };
    raw.ok()
        .filter(|raw| raw.len() == raw_size)
        .ok_or_else(|| failure(code::CANNOT_DECOMPRESS, "cannot decompress a block: corrupted data"))
}

fn failure(code: u32, text: impl std::fmt::Display) -> io::Error {
    let name = match code {
        code::CHECKSUM_DOESNT_MATCH => "CHECKSUM_DOESNT_MATCH",
        code::UNKNOWN_COMPRESSION_METHOD => "UNKNOWN_COMPRESSION_METHOD",
        _ => "CANNOT_DECOMPRESS",
    };
    io::Error::other(Exception::new(code, text, name))
}

/// Fills `out` as far as the input goes.
fn read_up_to(input: &mut impl Read, out: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < out.len() {
        match input.read(&mut out[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives its data in pieces of the given sizes, over and over.
    struct Pieces<'a>(&'a [u8], Vec<usize>, usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let size = self.1[self.2 % self.1.len()].max(1);
            self.2 += 1;
            let n = size.min(out.len()).min(self.0.len());
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn read_all(blocks: &[u8]) -> io::Result<Vec<u8>> {
        let mut raw = Vec::new();
        BlockReader::new(blocks).read_to_end(&mut raw).map(|_| raw)
    }

    #[test]
    fn refuses_what_is_damaged() {
        let mut blocks = Vec::new();
        append_blocks(b"some data some data some data", &mut blocks);
        assert!(read_all(&blocks[..blocks.len() - 1]).is_err());
        assert!(read_all(&blocks[..10]).is_err());
        for at in 0..blocks.len() {
            let mut bad = blocks.clone();
            bad[at] ^= 1;
            assert!(read_all(&bad).is_err(), "byte {at}");
        }
    }

    #[test]
    fn reads_zstd_and_plain_blocks() {
        for (method, body) in
            [(METHOD_ZSTD, zstd::bulk::compress(b"abcabc", 1).unwrap()), (METHOD_NONE, b"abcabc".to_vec())]
        {
            let mut block = vec![method];
            block.extend_from_slice(&size_bytes(HEADER_BYTES + body.len()));
            block.extend_from_slice(&size_bytes(6));
            block.extend_from_slice(&body);
            let whole = [checksum_of(&block).to_vec(), block].concat();
            assert_eq!(read_all(&whole).unwrap(), b"abcabc");
        }
    }

    proptest! {
        #[test]
        fn roundtrip_with_any_splits(
            data in proptest::collection::vec(any::<u8>(), 0..5000),
            repeat in 1usize..3,
            sizes in proptest::collection::vec(1usize..300, 1..5),
        ) {
            let mut blocks = Vec::new();
            for _ in 0..repeat { append_blocks(&data, &mut blocks); }
            let mut raw = Vec::new();
            BlockReader::new(Pieces(&blocks, sizes, 0)).read_to_end(&mut raw).unwrap();
            prop_assert_eq!(raw, data.repeat(repeat));
        }
    }
}
