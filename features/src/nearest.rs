//! What was probably meant by a word that nothing is called.

/// The known word that differs from `word` by two slips at most (a letter more, less, another, or two swapped; upper and
/// lower case are the same), and by the fewest.
///
/// ```
/// use weekahead_features::nearest;
/// assert_eq!(nearest("ma20", ["MA5", "MA20"]), Some("MA20"));
/// assert_eq!(nearest("volatility", ["MA5", "MA20"]), None);
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const MOST_SLIPS: usize = 2;
    let word = word.to_lowercase();
    let slips = |other: &str| strsim::damerau_levenshtein(&word, &other.to_lowercase());
    let close =
        known.into_iter().map(|other| (slips(other), other)).filter(|(slips, _)| *slips <= MOST_SLIPS);
    close.min_by_key(|(slips, _)| *slips).map(|(_, other)| other)
}
