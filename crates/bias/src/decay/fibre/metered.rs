//! A map whose evaluations count: a search ends with its budget, whichever of its parts evaluates.

use std::cell::Cell;
use symbias_geometry::metric::{Costs, PredictorMap};
use symbias_model::error::Result;

/// A map, and the multiplications that a search has left.
#[derive(Clone, Copy)]
pub(super) struct Metered<'a> {
    map: &'a dyn PredictorMap,
    costs: Costs,
    left: &'a Cell<f64>,
}

impl<'a> Metered<'a> {
    pub fn new(map: &'a dyn PredictorMap, left: &'a Cell<f64>) -> Metered<'a> {
        Metered {
            costs: map.costs(),
            map,
            left,
        }
    }

    pub fn spend(&self, work: f64) {
        self.left.set(self.left.get() - work);
    }

    /// Whether so much is left.
    pub fn affords(&self, work: f64) -> bool {
        self.left.get() > work
    }
}

impl PredictorMap for Metered<'_> {
    fn value(&self, theta: &[f64]) -> Result<Vec<f64>> {
        self.spend(self.costs.value);
        self.map.value(theta)
    }

    fn jacobian(&self, theta: &[f64]) -> Result<Vec<Vec<f64>>> {
        self.spend(self.costs.jacobian);
        self.map.jacobian(theta)
    }

    fn jacobian_along(&self, theta: &[f64], v: &[f64]) -> Result<Vec<Vec<f64>>> {
        self.spend(self.costs.second);
        self.map.jacobian_along(theta, v)
    }

    fn contracted(&self, theta: &[f64], b: &[Vec<f64>]) -> Result<Vec<f64>> {
        self.spend(self.costs.second);
        self.map.contracted(theta, b)
    }

    fn costs(&self) -> Costs {
        self.costs
    }
}
