//! Numbers in columns.

use std::ops::Index;

/// Values in columns of one length, one behind the other in one piece of memory: taking a piece from the system costs
/// about as much as computing what it will hold, many small ones more.
///
/// # Missing values
/// NaN.
///
/// ```
/// use weekahead_market::Columns;
/// let columns = Columns::from_fn(2, 3, |column, row| (10 * column + row) as f32);
/// assert_eq!(&columns[1], [10.0, 11.0, 12.0]);
/// assert_eq!((columns.len(), columns.rows()), (2, 3));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Columns {
    values: Vec<f32>,
    len: usize,
    rows: usize,
}

impl Columns {
    /// So many columns of so many rows, all zero.
    pub fn zeros(len: usize, rows: usize) -> Self {
        Self { values: vec![0.0; len * rows], len, rows }
    }

    /// So many columns of so many rows, each value from its column and row.
    pub fn from_fn(len: usize, rows: usize, value: impl Fn(usize, usize) -> f32) -> Self {
        let mut values = Vec::with_capacity(len * rows);
        for column in 0..len {
            values.extend((0..rows).map(|row| value(column, row)));
        }
        Self { values, len, rows }
    }

    /// Number of columns.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no column.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Number of values of each column.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The columns, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        (0..self.len).map(|column| &self[column])
    }

    /// The values of a column from a row on, to be written.
    ///
    /// # Panics
    /// When there is no such column, or it ends before the row.
    pub fn from_row_mut(&mut self, column: usize, row: usize) -> &mut [f32] {
        &mut self.values[column * self.rows..][row..self.rows]
    }
}

impl Index<usize> for Columns {
    type Output = [f32];

    fn index(&self, column: usize) -> &[f32] {
        assert!(column < self.len, "column {column} of {}", self.len);
        &self.values[column * self.rows..][..self.rows]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_without_rows_are_columns() {
        let columns = Columns::zeros(3, 0);
        assert_eq!((columns.len(), columns.rows(), columns.iter().count()), (3, 0, 3));
        assert!(columns[2].is_empty());
    }

    #[test]
    fn a_column_is_written_from_a_row_on() {
        let mut columns = Columns::zeros(2, 3);
        columns.from_row_mut(1, 1).copy_from_slice(&[5.0, 6.0]);
        assert_eq!(columns.iter().collect::<Vec<_>>(), [[0.0, 0.0, 0.0], [0.0, 5.0, 6.0]]);
    }
}
