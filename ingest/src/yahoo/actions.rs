//! Dividends and splits of an answer, laid on the sessions they belong to.

use weekahead_market::{CorporateAction, Session};

use super::answer::Events;
use super::exchange::Exchange;
use super::parse::Quote;
use super::unadjust::{Splits, rounded};

/// The corporate actions of an answer.
#[derive(Debug, Default)]
pub(super) struct Actions {
    /// (ex-session, amount as paid per share then held).
    dividends: Vec<(Session, f64)>,
    /// (ex-session, new shares for one old).
    ratios: Vec<(Session, f64)>,
    pub splits: Splits,
}

impl Actions {
    /// Reads the events; `Err` says which one cannot be true, since bars cannot be unadjusted without it.
    pub fn read(events: Events, exchange: &Exchange) -> Result<Self, String> {
        let mut ratios = Vec::with_capacity(events.splits.len());
        for (key, split) in events.splits {
            let ratio = split.numerator.zip(split.denominator).map(|(new, old)| new / old);
            let ratio = ratio.filter(|ratio| ratio.is_normal() && *ratio > 0.0);
            let session = ex_session(&key, split.date, exchange);
            ratios.push(
                session.zip(ratio).ok_or_else(|| format!("split `{key}` has no usable date or ratio"))?,
            );
        }
        let splits = Splits::new(ratios.clone());
        let mut dividends = Vec::with_capacity(events.dividends.len());
        for (key, dividend) in events.dividends {
            let amount = dividend.amount.filter(|amount| amount.is_finite() && *amount >= 0.0);
            let session = ex_session(&key, dividend.date, exchange);
            let (session, amount) = session
                .zip(amount)
                .ok_or_else(|| format!("dividend `{key}` has no usable date or amount"))?;
            let factor = splits.factor_after(session);
            dividends.push((session, if factor == 1.0 { amount } else { rounded(amount * factor) }));
        }
        Ok(Self { dividends, ratios, splits })
    }

    /// Lays each action on its ex-session or, when that has no row, on the next one that has.
    pub fn lay_on(&self, rows: &mut [Quote]) {
        fn at(rows: &mut [Quote], session: Session) -> Option<&mut CorporateAction> {
            let index = rows.partition_point(|row| row.session < session);
            rows.get_mut(index).map(|row| &mut row.action)
        }
        for (session, amount) in &self.dividends {
            if let Some(action) = at(rows, *session) {
                action.dividend += amount;
            }
        }
        for (session, ratio) in &self.ratios {
            if let Some(action) = at(rows, *session) {
                action.split *= ratio;
            }
        }
    }
}

/// The inner date counts; the key, which can differ from it, only when there is none.
fn ex_session(key: &str, date: Option<i64>, exchange: &Exchange) -> Option<Session> {
    let seconds = date.or_else(|| key.parse().ok())?;
    exchange.session(seconds).map(|(session, _)| session)
}
