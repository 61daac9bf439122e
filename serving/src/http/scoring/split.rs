//! `dataframe_split`: names of columns once, then rows of values.

use std::collections::HashSet;

use jiter::{Jiter, Peek};

use super::super::numbers::{Fault, reader};
use super::table::{Column, Table};

/// Reads `{"columns": [..], "data": [[..], ..]}`, whose parts may come in any order.
pub(super) fn split(jiter: &mut Jiter<'_>, features: &[String]) -> Result<Vec<f32>, Fault> {
    if jiter.peek()? != Peek::Object {
        jiter.next_skip()?;
        return Err(Fault::unreadable("`dataframe_split` is an object with `columns` and `data`"));
    }
    let mut table = Table::new(features);
    let mut columns: Option<Vec<Column>> = None;
    let (mut read, mut unread, mut labels) = (None, None, None);
    let mut part = jiter.known_object()?.map(Part::of);
    while let Some(known) = part {
        let peek = jiter.peek()?;
        match (known, &columns) {
            (Part::Columns, _) => columns = names(jiter, &mut table)?,
            (Part::Data, Some(columns)) => read = Some(data(jiter, &mut table, columns)?),
            (Part::Data, None) => {
                let start = jiter.current_index();
                jiter.known_skip(peek)?;
                unread = Some(jiter.slice_to_current(start));
            }
            (Part::Index, _) => labels = count(jiter)?,
            (Part::Other, _) => {
                let parts = "`dataframe_split` has other keys than `columns`, `data` and `index`";
                return Err(Fault::unreadable(parts));
            }
        }
        part = jiter.next_key()?.map(Part::of);
    }
    let columns = columns.unwrap_or_default();
    let rows = match (read, unread) {
        (Some(rows), _) => rows,
        (None, Some(unread)) => data(&mut reader(unread)?, &mut table, &columns)?,
        (None, None) => return Err(Fault::unreadable("`dataframe_split` has no `data`")),
    };
    if labels.is_some_and(|labels| labels != rows) {
        return Err(Fault::unreadable("`index` has another length than `data`"));
    }
    table.finish()
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Columns,
    Data,
    Index,
    Other,
}

impl Part {
    fn of(key: &str) -> Self {
        match key {
            "columns" => Self::Columns,
            "data" => Self::Data,
            "index" => Self::Index,
            _ => Self::Other,
        }
    }
}

/// What each column holds; `None` for null.
fn names(jiter: &mut Jiter<'_>, table: &mut Table<'_>) -> Result<Option<Vec<Column>>, Fault> {
    let peek = jiter.peek()?;
    if peek != Peek::Array {
        jiter.known_skip(peek)?;
        return if peek == Peek::Null {
            Ok(None)
        } else {
            Err(Fault::unreadable("`columns` is a list of names"))
        };
    }
    let (mut columns, mut known) = (Vec::new(), HashSet::new());
    let mut next = jiter.known_array()?;
    while let Some(peek) = next {
        let column = match peek {
            Peek::String => table.column(jiter.known_str()?, columns.len()),
            // Names may be numbers, which are no feature's.
            _ => {
                jiter.known_skip(peek)?;
                Column::Other
            }
        };
        if column != Column::Other && !known.insert(column) {
            return Err(Fault::unreadable("`columns` has a name twice"));
        }
        columns.push(column);
        next = jiter.array_step()?;
    }
    Ok(Some(columns))
}

/// Reads the rows, and says how many there are.
fn data(jiter: &mut Jiter<'_>, table: &mut Table<'_>, columns: &[Column]) -> Result<usize, Fault> {
    let peek = jiter.peek()?;
    if peek != Peek::Array {
        jiter.known_skip(peek)?;
        return Err(Fault::unreadable("`data` is a list of rows"));
    }
    let whole = columns.iter().any(|column| matches!(column, Column::Tensor(_)));
    let (mut rows, mut next) = (0, jiter.known_array()?);
    if next.is_some() && !whole {
        table.covered(columns)?;
    }
    while let Some(peek) = next {
        if peek != Peek::Array {
            return Err(Fault::unfit(format!("row {rows} of `data` is no list")));
        }
        table.begin()?;
        line(jiter, table, columns, whole).map_err(|fault| in_row(fault, rows))?;
        rows += 1;
        next = jiter.array_step()?;
    }
    Ok(rows)
}

/// One row: where a column holds whole rows, the others are left alone.
fn line(jiter: &mut Jiter<'_>, table: &mut Table<'_>, columns: &[Column], whole: bool) -> Result<(), Fault> {
    let mut next = jiter.known_array()?;
    for column in columns {
        if next.is_none() {
            return Err(Fault::unreadable("it has fewer values than there are columns"));
        }
        let left_alone = whole && !matches!(column, Column::Tensor(_));
        table.cell(jiter, if left_alone { Column::Other } else { *column })?;
        next = jiter.array_step()?;
    }
    if next.is_some() {
        return Err(Fault::unreadable("it has more values than there are columns"));
    }
    Ok(())
}

fn in_row(fault: Fault, row: usize) -> Fault {
    match fault {
        Fault::Unreadable(reason) => Fault::Unreadable(format!("row {row} of `data`: {reason}")),
        other => other,
    }
}

/// How many labels a list has; `None` for null.
fn count(jiter: &mut Jiter<'_>) -> Result<Option<usize>, Fault> {
    let peek = jiter.peek()?;
    if peek != Peek::Array {
        jiter.known_skip(peek)?;
        return if peek == Peek::Null {
            Ok(None)
        } else {
            Err(Fault::unreadable("`index` is a list of labels"))
        };
    }
    let (mut labels, mut next) = (0, jiter.known_array()?);
    while let Some(peek) = next {
        jiter.known_skip(peek)?;
        labels += 1;
        next = jiter.array_step()?;
    }
    Ok(Some(labels))
}
