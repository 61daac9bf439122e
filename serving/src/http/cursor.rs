//! Where the next page begins, as a text that clients hand back as it is.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use weekahead_market::{AsOf, Session, Symbol};
use weekahead_warehouse::ForecastPlace;

/// The first field: counts up when the others change their meaning.
const FORMAT: &str = "1";

/// The last forecast of a page, and where the reader of the first page stood: all pages are read from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Where the reader stands.
    pub as_of: AsOf,
    /// What the next page comes after.
    pub place: ForecastPlace,
}

impl Cursor {
    /// The cursor as clients see it.
    pub fn to_text(&self) -> String {
        let ForecastPlace { origin, symbol, forecast_id } = &self.place;
        let micros = self.as_of.as_microsecond();
        // No symbol holds a bar.
        URL_SAFE_NO_PAD.encode(format!("{FORMAT}|{micros}|{origin}|{symbol}|{forecast_id}"))
    }

    /// Reads it back; `None` for what is none of ours.
    pub fn read(text: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let [format, micros, origin, symbol, id] = text.split('|').collect::<Vec<_>>().try_into().ok()?;
        let instant = jiff::Timestamp::from_microsecond(micros.parse().ok()?).ok()?;
        let origin: Session = origin.parse().ok()?;
        let place =
            ForecastPlace { origin, symbol: Symbol::new(symbol).ok()?, forecast_id: id.parse().ok()? };
        let known = (1900..2300).contains(&origin.date().year());
        (format == FORMAT && known).then_some(Self { as_of: AsOf::at(instant), place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        let cursor = Cursor {
            as_of: "2013-01-25T23:00:00Z".parse().unwrap(),
            place: ForecastPlace {
                origin: "2013-01-25".parse().unwrap(),
                symbol: Symbol::new("BRK-B").unwrap(),
                forecast_id: uuid::Uuid::nil(),
            },
        };
        assert_eq!(Cursor::read(&cursor.to_text()), Some(cursor));
        let far = URL_SAFE_NO_PAD.encode(format!("1|0|9000-01-01|A|{}", uuid::Uuid::nil()));
        for text in ["", "x", "MQ", "\u{fc}", &far] {
            assert_eq!(Cursor::read(text), None, "{text}");
        }
    }
}
