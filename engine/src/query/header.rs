//! Keeps the header of a streamed result's first block and takes it off the later ones.

use bytes::Bytes;

use super::shape::Shape;
use crate::exception::Exception;

/// Makes one result out of separately formatted blocks.
pub(crate) struct HeaderCut {
    shape: Shape,
    header: Option<Bytes>,
}

impl HeaderCut {
    pub(crate) fn new(shape: Shape) -> Self {
        Self { shape, header: None }
    }

    /// The part of a block that belongs into the result.
    pub(crate) fn cut(&mut self, block: Bytes) -> Result<Bytes, Exception> {
        if self.shape == Shape::Rows {
            return Ok(block);
        }
        if let Some(header) = &self.header {
            return if block.starts_with(header) {
                Ok(block.slice(header.len()..))
            } else {
                Err(Exception::internal("a block of the result has another header than the first"))
            };
        }
        let length = header_length(self.shape, &block)
            .ok_or_else(|| Exception::internal("the result's header cannot be read"))?;
        // A copy: a slice would keep the whole first block alive.
        self.header = Some(Bytes::copy_from_slice(&block[..length]));
        Ok(block)
    }
}

fn header_length(shape: Shape, block: &[u8]) -> Option<usize> {
    match shape {
        Shape::Rows | Shape::Whole => Some(0),
        Shape::Lines { lines, csv } => lines_length(block, lines, csv),
        Shape::Binary { types } => binary_length(block, types),
    }
}

/// Names of CSV stand in quotes and may hold line ends there; the other text formats escape them.
fn lines_length(block: &[u8], lines: usize, csv: bool) -> Option<usize> {
    let (mut quoted, mut left) = (false, lines);
    for (at, byte) in block.iter().enumerate() {
        match byte {
            b'"' if csv => quoted = !quoted,
            b'\n' if !quoted => left -= 1,
            _ => {}
        }
        if left == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// A count, then that many names, then that many types, each with its length before it.
fn binary_length(block: &[u8], types: bool) -> Option<usize> {
    let (count, mut at) = varint(block, 0)?;
    for _ in 0..count * if types { 2 } else { 1 } {
        let (length, start) = varint(block, at)?;
        at = start.checked_add(length).filter(|end| *end <= block.len())?;
    }
    Some(at)
}

fn varint(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let (mut value, mut shift) = (0usize, 0u32);
    loop {
        let byte = *bytes.get(at)?;
        value |= usize::from(byte & 0x7f).checked_shl(shift)?;
        (at, shift) = (at + 1, shift + 7);
        if byte < 0x80 {
            return (value < 1 << 32).then_some((value, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(shape: Shape, blocks: &[&'static [u8]]) -> Vec<u8> {
        let mut cut = HeaderCut::new(shape);
        blocks.iter().flat_map(|block| cut.cut(Bytes::from_static(block)).unwrap()).collect()
    }

    #[test]
    fn keeps_the_first_header_only() {
        assert_eq!(
            joined(Shape::Binary { types: true }, &[b"\x01\x01a\x05UInt8\x07", b"\x01\x01a\x05UInt8\x08"]),
            b"\x01\x01a\x05UInt8\x07\x08"
        );
        assert_eq!(
            joined(Shape::Lines { lines: 1, csv: true }, &[b"\"a\nb\"\n1\n", b"\"a\nb\"\n2\n"]),
            b"\"a\nb\"\n1\n2\n"
        );
        assert_eq!(
            joined(
                Shape::Lines { lines: 2, csv: false },
                &[b"[\"a\\\"\"]\n[\"T\"]\n[1]\n", b"[\"a\\\"\"]\n[\"T\"]\n[2]\n"]
            ),
            b"[\"a\\\"\"]\n[\"T\"]\n[1]\n[2]\n"
        );
        assert_eq!(joined(Shape::Rows, &[b"1\n", b"2\n"]), b"1\n2\n");
    }

    #[test]
    fn damaged_headers_are_errors() {
        for block in [&b""[..], b"\x02\x01a", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"] {
            assert!(
                HeaderCut::new(Shape::Binary { types: true }).cut(Bytes::copy_from_slice(block)).is_err()
            );
        }
    }
}
