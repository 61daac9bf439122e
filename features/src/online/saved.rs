//! A store as bytes: a version of the layout, the view and its version, the entries, and a digest over all of it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use weekahead_market::{Session, Symbol};
use xxhash_rust::xxh3::xxh3_64;

use super::store::Entry;
use crate::executor::State;
use crate::{Error, Result, View};

/// Counts up when the layout changes.
const LAYOUT: u32 = 2;

#[derive(Serialize, Deserialize)]
struct Saved {
    layout: u32,
    view: String,
    view_version: String,
    entries: Vec<SavedEntry>,
}

#[derive(Serialize, Deserialize)]
struct SavedEntry {
    symbol: String,
    session: i32,
    known: i64,
    bars: u64,
    state: State,
    values: Vec<f32>,
}

pub(super) fn write(view: &View, entries: &HashMap<Symbol, Entry>) -> Result<Vec<u8>> {
    let entry = |(symbol, entry): (&Symbol, &Entry)| SavedEntry {
        symbol: symbol.to_string(),
        session: entry.session.days_since_epoch(),
        known: entry.known,
        bars: entry.bars,
        state: entry.state.clone(),
        values: entry.values.to_vec(),
    };
    let mut saved = Saved {
        layout: LAYOUT,
        view: view.name().to_owned(),
        view_version: view.version().to_owned(),
        entries: entries.iter().map(entry).collect(),
    };
    saved.entries.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    let mut bytes = postcard::to_stdvec(&saved).map_err(|error| refused(&error.to_string()))?;
    bytes.extend(xxh3_64(&bytes).to_le_bytes());
    Ok(bytes)
}

pub(super) fn read(view: &View, bytes: &[u8]) -> Result<HashMap<Symbol, Entry>> {
    let (body, digest) = bytes.split_last_chunk::<8>().ok_or_else(|| refused("it is cut short"))?;
    if xxh3_64(body).to_le_bytes() != *digest {
        return Err(refused("it is damaged: its digest is another"));
    }
    let (layout, _) = postcard::take_from_bytes::<u32>(body).map_err(|error| refused(&error.to_string()))?;
    if layout != LAYOUT {
        return Err(refused(&format!("its layout is {layout}, and this build reads {LAYOUT}")));
    }
    let saved: Saved = postcard::from_bytes(body).map_err(|error| refused(&error.to_string()))?;
    check_view(view, &saved.view, &saved.view_version)?;
    saved.entries.into_iter().map(|saved| entry(view, saved)).collect()
}

/// Refuses a state of another view, or of another version of it.
pub(super) fn check_view(view: &View, name: &str, version: &str) -> Result<()> {
    if (name, version) == (view.name(), view.version()) {
        return Ok(());
    }
    let (wanted, wanted_version) = (view.name(), view.version());
    Err(refused(&format!("it is of view {name} {version}, and {wanted} {wanted_version} is wanted")))
}

fn entry(view: &View, saved: SavedEntry) -> Result<(Symbol, Entry)> {
    let symbol = Symbol::new(&saved.symbol).map_err(|error| refused(&error.to_string()))?;
    let session = Session::from_days_since_epoch(saved.session)
        .ok_or_else(|| refused(&format!("{} is not a session", saved.session)))?;
    if !saved.state.fits(view.plan()) || saved.values.len() != view.features().len() {
        return Err(refused(&format!("the state of {symbol} does not fit the view")));
    }
    let SavedEntry { known, bars, state, values, .. } = saved;
    Ok((symbol, Entry { session, known, bars, state, values: values.into_boxed_slice() }))
}

fn refused(problem: &str) -> Error {
    Error::Saved { problem: problem.to_owned() }
}
