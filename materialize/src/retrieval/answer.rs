//! Entity rows and features beside each other, in one frame.

use std::collections::HashMap;
use std::path::Path;

use polars::prelude::*;
use weekahead_features::View;
use weekahead_market::Session;
use weekahead_warehouse::Joined;

use super::Selection;
use super::file_format::refused;
use crate::Result;

/// The columns of the file, then one a feature in the order asked for, then of each view the `session` and the
/// `knowledge_time` of the row that was used. A name that would be there twice becomes `view__name`, as in Feast.
///
/// A row that met nothing has nulls. A feature that was undefined in its session is NaN.
pub(super) fn answer(
    path: &Path,
    entities: DataFrame,
    selection: &Selection,
    joined: &[Joined],
) -> Result<DataFrame> {
    let mut added = Vec::new();
    for (view, feature) in &selection.order {
        let (rows, name) = (&joined[*view], &selection.views[*view].1[*feature]);
        added.push((*view, name.as_str(), values(&rows.columns[*feature], &rows.sessions)));
    }
    for (view, rows) in joined.iter().enumerate() {
        added.push((view, "session", sessions(&rows.sessions)));
        added.push((view, "knowledge_time", instants(&rows.knowledge_times)));
    }
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let given = entities.get_column_names().into_iter().map(|name| name.as_str());
    given.chain(added.iter().map(|(_, name, _)| *name)).for_each(|name| *seen.entry(name).or_default() += 1);
    let mut names: Vec<PlSmallStr> = entities.get_column_names_owned();
    for (view, name, _) in &added {
        let name = if seen[name] > 1 { prefixed(&selection.views[*view].0, name) } else { (*name).into() };
        if names.contains(&name) {
            let problem = format!("it has a column `{name}`, which a feature's column needs: rename it");
            return Err(refused(path, problem));
        }
        names.push(name);
    }
    let rows = entities.height();
    let columns = entities
        .into_columns()
        .into_iter()
        .chain(added.into_iter().map(|(_, _, series)| series.into_column()));
    let columns = columns.zip(names).map(|(column, name)| column.with_name(name)).collect();
    DataFrame::new(rows, columns).map_err(|error| refused(path, error))
}

fn prefixed(view: &View, name: &str) -> PlSmallStr {
    format!("{}__{name}", view.name()).into()
}

fn values(values: &[f32], sessions: &[Option<Session>]) -> Series {
    if sessions.iter().all(Option::is_some) {
        return Float32Chunked::from_slice(PlSmallStr::EMPTY, values).into_series();
    }
    let met = values.iter().zip(sessions).map(|(value, session)| session.map(|_| *value));
    met.collect::<Float32Chunked>().into_series()
}

fn sessions(sessions: &[Option<Session>]) -> Series {
    let days = sessions.iter().map(|session| session.map(Session::days_since_epoch));
    days.collect::<Int32Chunked>().into_series().into_date()
}

fn instants(micros: &[Option<i64>]) -> Series {
    let instants = micros.iter().copied().collect::<Int64Chunked>().into_series();
    instants.into_datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
}
