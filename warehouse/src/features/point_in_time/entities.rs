//! The left side of the join: who is asked about, and where each asker stands.

use std::collections::HashMap;

use weekahead_market::{AsOf, Symbol};

use super::matching::EntityRow;

/// Rows of (symbol, as_of), in columns.
///
/// ```
/// use weekahead_warehouse::Entities;
/// let mut entities = Entities::default();
/// entities.push("AAPL", "2013-01-25T22:00:00Z".parse().unwrap());
/// assert_eq!(entities.len(), 1);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Entities {
    places: HashMap<Box<str>, usize>,
    /// The symbols in order of their first row.
    symbols: Vec<Box<str>>,
    /// Of each row the place of its symbol.
    rows: Vec<(usize, AsOf)>,
}

impl Entities {
    /// Adds a row. A text that cannot be a symbol is one that is not known: it meets no feature.
    pub fn push(&mut self, symbol: &str, as_of: AsOf) {
        let last = self.rows.last().map(|(place, _)| *place);
        let place = match last.filter(|place| *self.symbols[*place] == *symbol) {
            Some(place) => place,
            None => self.place(symbol),
        };
        self.rows.push((place, as_of));
    }

    fn place(&mut self, symbol: &str) -> usize {
        if let Some(place) = self.places.get(symbol) {
            return *place;
        }
        let place = self.symbols.len();
        self.symbols.push(symbol.into());
        self.places.insert(symbol.into(), place);
        place
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows in groups of at most `size` symbols, symbols in order.
    pub(super) fn groups(&self, size: usize) -> Vec<Group> {
        let mut order: Vec<usize> = (0..self.symbols.len()).collect();
        order.retain(|place| Symbol::new(&self.symbols[*place]).is_ok());
        order.sort_unstable_by_key(|place| &self.symbols[*place]);
        let mut groups: Vec<Group> = order
            .chunks(size)
            .map(|places| Group::of(places.iter().map(|place| &*self.symbols[*place])))
            .collect();
        let mut ranks = vec![None; self.symbols.len()];
        for (rank, place) in order.into_iter().enumerate() {
            ranks[place] = Some(rank);
        }
        for (row, (place, as_of)) in self.rows.iter().enumerate() {
            if let Some(rank) = ranks[*place] {
                groups[rank / size].rows.push(EntityRow {
                    symbol: rank % size,
                    as_of: as_of.as_microsecond(),
                    row,
                });
            }
        }
        groups
    }
}

impl FromIterator<(Symbol, AsOf)> for Entities {
    fn from_iter<I: IntoIterator<Item = (Symbol, AsOf)>>(rows: I) -> Self {
        let mut entities = Self::default();
        rows.into_iter().for_each(|(symbol, as_of)| entities.push(symbol.as_str(), as_of));
        entities
    }
}

/// Symbols that are asked for at once, in order, with their rows.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub symbols: Vec<String>,
    pub rows: Vec<EntityRow>,
}

impl Group {
    fn of<'a>(symbols: impl Iterator<Item = &'a str>) -> Self {
        Self { symbols: symbols.map(str::to_owned).collect(), rows: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_grouped_by_symbol_and_impossible_symbols_are_left_out() {
        let mut entities = Entities::default();
        let at = |text: &str| text.parse::<AsOf>().unwrap();
        for (symbol, day) in [
            ("IBM", "2013-01-03"),
            ("AAPL", "2013-01-02"),
            ("IBM", "2013-01-01"),
            ("two words", "2013-01-01"),
            ("MSFT", "2013-01-01"),
        ] {
            entities.push(symbol, at(day));
        }
        assert_eq!(entities.len(), 5);
        let groups = entities.groups(2);
        assert_eq!(
            groups.iter().map(|group| group.symbols.clone()).collect::<Vec<_>>(),
            [vec!["AAPL", "IBM"], vec!["MSFT"]]
        );
        let rows: Vec<(usize, usize)> = groups[0].rows.iter().map(|row| (row.symbol, row.row)).collect();
        assert_eq!(rows, [(1, 0), (0, 1), (1, 2)]);
    }
}
