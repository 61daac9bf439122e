//! A store as bytes: a version of the layout, the view and its version, the entries, and a digest over all of it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use weekahead_market::{Session, Symbol};
use xxhash_rust::xxh3::xxh3_64;

use super::store::Entry;
use crate::executor::State;
use crate::{Error, Result, View};

/// Counts up when the layout changes.
const LAYOUT: u32 = 1;

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
    known_latest: Vec<(u64, i64)>,
    bars: u64,
    state: State,
    values: Vec<f32>,
}

pub(super) fn write(view: &View, entries: &HashMap<Symbol, Entry>) -> Result<Vec<u8>> {
    let entry = |(symbol, entry): (&Symbol, &Entry)| SavedEntry {
        symbol: symbol.to_string(),
        session: entry.session.days_since_epoch(),
        known: entry.known,
        known_latest: entry.known_latest.clone(),
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
    if (saved.view.as_str(), saved.view_version.as_str()) != (view.name(), view.version()) {
        let (name, version) = (view.name(), view.version());
        let of = format!("{} {}", saved.view, saved.view_version);
        return Err(refused(&format!("it is of view {of}, and {name} {version} is wanted")));
    }
    saved.entries.into_iter().map(|saved| entry(view, saved)).collect()
}

fn entry(view: &View, saved: SavedEntry) -> Result<(Symbol, Entry)> {
    let symbol = Symbol::new(&saved.symbol).map_err(|error| refused(&error.to_string()))?;
    let session = Session::from_days_since_epoch(saved.session)
        .ok_or_else(|| refused(&format!("{} is not a session", saved.session)))?;
    if !saved.state.fits(view.plan()) || saved.values.len() != view.features().len() {
        return Err(refused(&format!("the state of {symbol} does not fit the view")));
    }
    let SavedEntry { known, known_latest, bars, state, values, .. } = saved;
    Ok((symbol, Entry { session, known, known_latest, bars, state, values: values.into_boxed_slice() }))
}

fn refused(problem: &str) -> Error {
    Error::Saved { problem: problem.to_owned() }
}
