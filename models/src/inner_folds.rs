//! Folds within a fold's training rows: what searches and stacks learn from, never from a test row.

use ndarray::{Array1, Array2, Axis};

use crate::{Error, Result, TrainingRows};

/// Rows to fit on, and later rows to validate on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InnerFold {
    pub(crate) fit: Vec<usize>,
    pub(crate) validation: Vec<usize>,
}

/// Cuts training rows into `folds + 1` blocks of whole groups, in order; each block but the first is validated by a model of
/// those before it, less the groups whose targets reach into it.
///
/// # Errors
/// [`Error::TooFewGroups`] when a block would be empty, or nothing would be left to fit on.
pub(crate) fn inner_folds(rows: &TrainingRows<'_>, folds: usize) -> Result<Vec<InnerFold>> {
    let starts = group_starts(rows);
    let (groups, needed) = (starts.len(), (folds + 1) * (rows.overlap() + 1));
    if folds == 0 || groups < needed {
        return Err(Error::TooFewGroups { folds, groups, needed });
    }
    let start = |group: usize| starts.get(group).copied().unwrap_or(rows.y().len());
    let block = |block: usize| block * groups / (folds + 1);
    Ok((1..=folds)
        .map(|fold| InnerFold {
            fit: (0..start(block(fold) - rows.overlap())).collect(),
            validation: (start(block(fold))..start(block(fold + 1))).collect(),
        })
        .collect())
}

/// The first row of each group.
fn group_starts(rows: &TrainingRows<'_>) -> Vec<usize> {
    let changed = |row: &usize| *row == 0 || rows.group(*row) != rows.group(*row - 1);
    (0..rows.y().len()).filter(changed).collect()
}

/// Some of the training rows, copied.
pub(crate) struct Chosen {
    x: Array2<f32>,
    y: Array1<f64>,
    weights: Option<Array1<f64>>,
    groups: Option<Vec<u32>>,
}

impl Chosen {
    pub(crate) fn of(rows: &TrainingRows<'_>, chosen: &[usize]) -> Self {
        Self {
            x: rows.x().select(Axis(0), chosen),
            y: rows.y().select(Axis(0), chosen),
            weights: rows.weights().map(|weights| weights.select(Axis(0), chosen)),
            groups: rows.groups().map(|groups| chosen.iter().map(|row| groups[*row]).collect()),
        }
    }

    /// As training rows that are otherwise like those they came from.
    pub(crate) fn like<'a>(&'a self, rows: &TrainingRows<'_>) -> Result<TrainingRows<'a>> {
        let mut like =
            TrainingRows::new(self.x.view(), self.y.view())?.preprocessed(*rows.preprocessing())?;
        if let Some(weights) = &self.weights {
            like = like.weighted(weights.view())?;
        }
        match &self.groups {
            Some(groups) => like.grouped(groups, rows.overlap()),
            None => Ok(like),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_whole_groups_and_purged() {
        let (x, y) = (Array2::zeros((12, 1)), Array1::zeros(12));
        let groups = [0, 0, 1, 2, 2, 2, 3, 4, 4, 5, 6, 6];
        let rows = TrainingRows::new(x.view(), y.view()).unwrap().grouped(&groups, 1).unwrap();
        let folds = inner_folds(&rows, 2).unwrap();
        // Blocks 0..2, 2..4, 4..7 of groups; group 1 reaches into 2, and 3 into 4.
        assert_eq!(folds[0], InnerFold { fit: vec![0, 1], validation: vec![3, 4, 5, 6] });
        assert_eq!(folds[1], InnerFold { fit: (0..6).collect(), validation: (7..12).collect() });
        assert!(matches!(inner_folds(&rows, 3), Err(Error::TooFewGroups { needed: 8, groups: 7, .. })));
    }

    #[test]
    fn chosen_rows_keep_what_belongs_to_them() {
        let (x, y) = (ndarray::array![[1.0_f32], [2.0], [3.0]], ndarray::array![0.1, 0.2, 0.3]);
        let weights = ndarray::array![1.0, 2.0, 3.0];
        let rows = TrainingRows::new(x.view(), y.view()).unwrap().weighted(weights.view()).unwrap();
        let rows = rows.grouped(&[7, 8, 9], 2).unwrap();
        let chosen = Chosen::of(&rows, &[0, 2]);
        let like = chosen.like(&rows).unwrap();
        assert_eq!((like.y()[1], like.weight(1), like.group(1), like.overlap()), (0.3, 3.0, 9, 2));
    }
}
