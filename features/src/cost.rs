//! What a feature costs.

use crate::View;

/// What one feature of a view needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureCost {
    /// How many sessions a value needs, its own included.
    pub look_back: usize,
    /// How many kernels and fields it is computed from.
    pub steps: usize,
    /// How many of those no feature before it in the view needs: what it adds to the view's work.
    pub own_steps: usize,
}

impl View {
    /// What each feature needs, in the view's order.
    ///
    /// ```
    /// use weekahead_features::View;
    /// let view = View::parse(
    ///     "name = 'v'\n[[feature]]\nname = 'ma'\nexpr = 'Mean(close, 5)'\n[[feature]]\nname = 'ratio'\nexpr = 'ma / close'",
    /// )
    /// .unwrap();
    /// let costs = view.costs();
    /// assert_eq!((costs[0].look_back, costs[0].steps, costs[0].own_steps), (5, 2, 2));
    /// assert_eq!((costs[1].steps, costs[1].own_steps), (3, 1)); // the mean and the close are there already
    /// ```
    pub fn costs(&self) -> Vec<FeatureCost> {
        let plan = self.plan();
        let mut known = vec![false; plan.steps.len()];
        let cost = |output: usize| {
            let steps = plan.steps_of(output);
            let own = steps.iter().zip(&known).filter(|(step, known)| **step && !**known).count();
            known.iter_mut().zip(&steps).for_each(|(known, step)| *known |= step);
            FeatureCost {
                look_back: plan.look_back[plan.outputs[output]],
                steps: steps.iter().filter(|step| **step).count(),
                own_steps: own,
            }
        };
        (0..plan.outputs.len()).map(cost).collect()
    }
}
