//! A view with every feature seen across the symbols of its session.

use crate::expr::{CrossSectionOp, Expr};
use crate::{Feature, Result, View};

impl View {
    /// Every feature as its rank or z-score among the symbols of the session, in a column `<feature>_<suffix>`, and the
    /// features of `keep` as they are behind them; those among `keep` that the view does not have are left out.
    ///
    /// The normalisation is part of the view, and not of a model, since it is not a function of a row: it is computed over
    /// the symbols that are built together, as known at one instant, and stored with the instant at which all of them were
    /// known. Whoever reads a row of it, to train or to forecast, reads the same number.
    ///
    /// The suffix is `cs_rank` or `cs_zscore`; the view is called `<view>_<suffix>`.
    ///
    /// # Errors
    /// Those of [`View::new`]: a name that becomes too long, too many features.
    ///
    /// # Source
    /// Qlib's `CSRankNorm` and `CSZScoreNorm`, which are processors of a data set.
    ///
    /// ```
    /// use weekahead_features::{View, expr::CrossSectionOp};
    /// let view = View::builtin("weekly_core").unwrap();
    /// let ranked = view.across(CrossSectionOp::Rank, &["vol_20".to_owned()]).unwrap();
    /// assert_eq!(ranked.name(), "weekly_core_cs_rank");
    /// assert_eq!(ranked.features().len(), view.features().len() + 1);
    /// let ret_1 = ranked.position("ret_1_cs_rank").unwrap();
    /// assert!(ranked.definitions()[ret_1].expr.to_string().starts_with("CsRank("));
    /// ```
    pub fn across(&self, op: CrossSectionOp, keep: &[String]) -> Result<Self> {
        let suffix = match op {
            CrossSectionOp::Rank => "cs_rank",
            CrossSectionOp::Zscore => "cs_zscore",
        };
        let seen_across = |feature: &Feature| Feature {
            name: format!("{}_{suffix}", feature.name),
            expr: Expr::CrossSection(op, Box::new(feature.expr.clone())),
        };
        let kept = self.definitions().iter().filter(|feature| keep.contains(&feature.name));
        let features = self.definitions().iter().map(seen_across).chain(kept.cloned());
        Self::new(&format!("{}_{suffix}", self.name()), features.collect())
    }
}
