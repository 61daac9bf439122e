//! Blocks whose columns are numbers of a fixed width, which lie in an answer as they lie in memory: nothing is done to a
//! value until it is asked for. Where millions of rows are looked at and few are taken, decoding all of them is most of
//! the work.

use std::marker::PhantomData;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use clickhouse::query::Query;

use crate::{Error, Result, Warehouse};

/// Some rows of an answer.
///
/// # Source
/// ClickHouse's Native format: the numbers of columns and of rows; of each column its name, its type, its values.
#[derive(Debug)]
pub(crate) struct NumberBlock {
    columns: Vec<Column>,
    bytes: Bytes,
}

#[derive(Debug)]
struct Column {
    name: String,
    of_type: &'static str,
    place: Range<usize>,
}

/// The values of a column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers<'a, T> {
    bytes: &'a [u8],
    of: PhantomData<T>,
}

/// A number as ClickHouse sends it: least byte first, as on every machine that its engine is built for.
pub(crate) trait Number: bytemuck::AnyBitPattern + 'static {
    /// ClickHouse's name for it.
    const TYPE: &'static str;
}

impl Number for u32 {
    const TYPE: &'static str = "UInt32";
}

impl Number for i32 {
    const TYPE: &'static str = "Int32";
}

impl Number for i64 {
    const TYPE: &'static str = "Int64";
}

impl Number for f32 {
    const TYPE: &'static str = "Float32";
}

impl Warehouse {
    /// Hands every block of a query's answer to `take`, in order. Every column must be of numbers.
    pub(crate) async fn number_blocks(
        &self,
        query: Query,
        mut take: impl FnMut(&NumberBlock) -> Result<()>,
    ) -> Result<()> {
        let mut cursor = query.fetch_bytes("Native").map_err(|error| self.error(error))?;
        let mut pending = BytesMut::new();
        while let Some(piece) = self.within(cursor.next()).await? {
            pending.extend_from_slice(&piece);
            while let Some(block) = NumberBlock::split_off(&mut pending)? {
                take(&block)?;
            }
        }
        if pending.is_empty() { Ok(()) } else { Err(unreadable("it ends within a block")) }
    }
}

impl NumberBlock {
    /// A column by name.
    ///
    /// # Errors
    /// [`Error::Stored`] when there is none of that name and type.
    pub(crate) fn column<T: Number>(&self, name: &str) -> Result<Numbers<'_, T>> {
        let found = self.columns.iter().find(|column| column.name == name && column.of_type == T::TYPE);
        let missing = || unreadable(&format!("it has no column `{name}` of {}", T::TYPE));
        let column = found.ok_or_else(missing)?;
        Ok(Numbers { bytes: &self.bytes[column.place.clone()], of: PhantomData })
    }

    /// The first block, if all of it has arrived.
    fn split_off(pending: &mut BytesMut) -> Result<Option<Self>> {
        let Some((columns, end)) = Reader { bytes: pending, at: 0 }.block()? else { return Ok(None) };
        Ok(Some(Self { columns, bytes: pending.split_to(end).freeze() }))
    }
}

impl<'a, T: Number> Numbers<'a, T> {
    /// The value of a row.
    ///
    /// # Errors
    /// [`Error::Stored`] behind the last one.
    #[inline]
    pub(crate) fn get(self, row: usize) -> Result<T> {
        let value = self.bytes.chunks_exact(size_of::<T>()).nth(row);
        let missing = || unreadable("a row was asked for that it does not have");
        value.map(bytemuck::pod_read_unaligned).ok_or_else(missing)
    }

    /// All values.
    pub(crate) fn iter(self) -> impl Iterator<Item = T> + 'a {
        self.bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned)
    }
}

/// The types there are, with their widths in bytes.
const WIDTHS: [(&str, usize); 4] = [(u32::TYPE, 4), (i32::TYPE, 4), (i64::TYPE, 8), (f32::TYPE, 4)];

/// More than any query of ours asks for: what is longer is not an answer in this format.
const MOST_COLUMNS: u64 = 1 << 16;
const MOST_ROWS: u64 = 1 << 32;
const LONGEST_TEXT: u64 = 1 << 10;

/// Reads a block's head. Every part is `None` when it has not arrived in full.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn block(mut self) -> Result<Option<(Vec<Column>, usize)>> {
        let Some(count) = self.count(MOST_COLUMNS)? else { return Ok(None) };
        let Some(rows) = self.count(MOST_ROWS)? else { return Ok(None) };
        let mut columns = Vec::with_capacity(count);
        for _ in 0..count {
            let Some(name) = self.text()? else { return Ok(None) };
            let Some(type_name) = self.text()? else { return Ok(None) };
            let Some((of_type, width)) = WIDTHS.into_iter().find(|(known, _)| *known == type_name) else {
                return Err(unreadable(&format!("its column `{name}` is of {type_name}")));
            };
            let place = self.at..self.at + rows * width;
            if place.end > self.bytes.len() {
                return Ok(None);
            }
            self.at = place.end;
            columns.push(Column { name, of_type, place });
        }
        Ok(Some((columns, self.at)))
    }

    /// Seven bits a byte, the least first; the eighth says that more follow.
    fn count(&mut self, most: u64) -> Result<Option<usize>> {
        let mut count = 0;
        for shift in (0..64).step_by(7) {
            let Some(byte) = self.bytes.get(self.at) else { return Ok(None) };
            self.at += 1;
            count |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let fits = usize::try_from(count).ok().filter(|_| count <= most);
                return fits.map(Some).ok_or_else(|| unreadable("a length in it is absurd"));
            }
        }
        Err(unreadable("a length in it has no end"))
    }

    fn text(&mut self) -> Result<Option<String>> {
        let Some(length) = self.count(LONGEST_TEXT)? else { return Ok(None) };
        let Some(text) = self.bytes.get(self.at..self.at + length) else { return Ok(None) };
        self.at += length;
        let text = std::str::from_utf8(text).map_err(|_| unreadable("a name in it is not text"))?;
        Ok(Some(text.to_owned()))
    }
}

fn unreadable(problem: &str) -> Error {
    Error::Stored { detail: format!("the answer is not what was asked for: {problem}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Two columns of a few rows, as the server sends them.
    fn wire(days: &[i32], values: &[f32]) -> Vec<u8> {
        let mut bytes = vec![2, days.len() as u8];
        bytes.extend(b"\x03day\x05Int32");
        days.iter().for_each(|day| bytes.extend(day.to_le_bytes()));
        bytes.extend(b"\x05value\x07Float32");
        values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
        bytes
    }

    fn blocks(pieces: &[&[u8]]) -> Result<(Vec<NumberBlock>, usize)> {
        let (mut pending, mut blocks) = (BytesMut::new(), Vec::new());
        for piece in pieces {
            pending.extend_from_slice(piece);
            while let Some(block) = NumberBlock::split_off(&mut pending)? {
                blocks.push(block);
            }
        }
        Ok((blocks, pending.len()))
    }

    #[test]
    fn columns_by_name_and_type() {
        let (blocks, rest) = blocks(&[&wire(&[-3, 7], &[0.5, f32::INFINITY])]).unwrap();
        assert_eq!((blocks.len(), rest), (1, 0));
        assert_eq!(blocks[0].column::<i32>("day").unwrap().iter().collect::<Vec<_>>(), [-3, 7]);
        let values = blocks[0].column::<f32>("value").unwrap();
        assert_eq!((values.get(0).unwrap(), values.get(1).unwrap()), (0.5, f32::INFINITY));
        assert!(values.get(2).is_err());
        assert!(blocks[0].column::<i64>("day").is_err());
        assert!(blocks[0].column::<i32>("session").is_err());
    }

    #[test]
    fn other_types_and_absurd_lengths_are_errors() {
        let text = blocks(&[b"\x01\x01\x01s\x06String\x01x"]).unwrap_err().to_string();
        assert!(text.contains("`s` is of String"), "{text}");
        assert!(blocks(&[&[0xff; 12]]).is_err());
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_the_same_blocks(cuts in prop::collection::vec(0..120_usize, 0..6)) {
            let bytes = [wire(&[1, 2, 3], &[1.0, 2.0, 3.0]), wire(&[], &[]), wire(&[4], &[4.0])].concat();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            let (blocks, rest) = blocks(&pieces).unwrap();
            let days: Vec<i32> = blocks.iter().flat_map(|block| block.column("day").unwrap().iter().collect::<Vec<i32>>()).collect();
            prop_assert_eq!((days, blocks.len(), rest), (vec![1, 2, 3, 4], 3, 0));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = blocks(&[&bytes]);
        }
    }
}
