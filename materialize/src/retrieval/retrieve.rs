//! From an entity file to an answer file.

use std::path::Path;

use weekahead_warehouse::{Entities, Joined, Warehouse};

use super::Selection;
use super::answer::answer;
use super::answer_file::AnswerFile;
use super::entity_file::EntityFile;
use crate::{Error, Result};

/// What was retrieved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retrieval {
    /// Entity rows.
    pub rows: usize,
    /// Features of each.
    pub features: usize,
    /// The views of which some rows met nothing.
    pub unmatched: Vec<Unmatched>,
}

/// Entity rows that met no row of a view: their symbol is unknown, or nothing of it was known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// The feature view.
    pub view: String,
    /// How many rows.
    pub rows: usize,
}

/// Writes the rows of the file `entities` to the file `output`, each with the selected features as they were known at the
/// row's own `as_of` ([`Warehouse::point_in_time_join`]).
///
/// Both files are Parquet or CSV, by their names. Columns `symbol` and `as_of` are required; all columns are carried
/// through unchanged. An `as_of` is an instant with a time zone, or a date, which stands for the last microsecond of
/// that day in UTC.
///
/// # Missing values
/// A row that met nothing has nulls and is counted; a feature that was undefined in its session is NaN.
///
/// # Errors
/// [`Error::File`] names the file and the column; [`Error::NotBuilt`] for a view without its table or columns; errors
/// of the warehouse. The output is whole or untouched.
pub async fn retrieve(
    warehouse: &Warehouse,
    selection: &Selection,
    entities: &Path,
    output: &Path,
) -> Result<Retrieval> {
    let (source, target) = (entities.to_owned(), output.to_owned());
    let opened = move || Ok((AnswerFile::create(&target)?, EntityFile::read(&source)?));
    let (file, EntityFile { frame, entities: rows }) = aside(opened).await?;
    let joined = join(warehouse, selection, &rows).await?;
    let retrieval = report(selection, &joined, rows.len());
    let (source, selection) = (entities.to_owned(), selection.clone());
    aside(move || file.finish(answer(&source, frame, &selection, &joined)?)).await?;
    Ok(retrieval)
}

async fn join(warehouse: &Warehouse, selection: &Selection, rows: &Entities) -> Result<Vec<Joined>> {
    let mut joined = Vec::with_capacity(selection.views.len());
    for (view, names) in &selection.views {
        let found = warehouse.point_in_time_join(view.name(), view.version(), names, rows).await;
        joined.push(found.map_err(|error| not_built(view.name(), error))?);
    }
    Ok(joined)
}

/// A table or a column that is not there is one that no build made.
fn not_built(view: &str, error: weekahead_warehouse::Error) -> Error {
    use weekahead_warehouse::Error as Warehouse;
    /// ClickHouse's code for a column that it does not know.
    const UNKNOWN_IDENTIFIER: u32 = 47;
    match error {
        Warehouse::UnknownTable { .. } | Warehouse::Refused { code: Some(UNKNOWN_IDENTIFIER), .. } => {
            Error::NotBuilt { view: view.to_owned() }
        }
        other => other.into(),
    }
}

fn report(selection: &Selection, joined: &[Joined], rows: usize) -> Retrieval {
    let of_view = |((view, _), joined): (&(weekahead_features::View, Vec<String>), &Joined)| {
        let unmatched = Unmatched { view: view.name().to_owned(), rows: joined.unmatched() };
        (unmatched.rows > 0).then_some(unmatched)
    };
    let unmatched = selection.views.iter().zip(joined).filter_map(of_view).collect();
    Retrieval { rows, features: selection.len(), unmatched }
}

/// Files are read and written on a thread of their own: they would hold up the runtime.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err(Error::Interrupted { view: "the entity rows".to_owned() }))
}
