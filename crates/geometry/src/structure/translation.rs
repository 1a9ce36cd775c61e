//! Translations of one parameter that nothing else compensates: what is left of it is its part across them.

use super::{Branches, Integrability, Least, Listed, Shares, Structure, orthonormal};
use crate::factor::{ActionView, Factor};
use crate::formula::{CONSTANT, Formula, Projected, Script, spelled_tensor};
use crate::metric::Monomial;
use crate::orbit::OrbitFrame;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use symbias_model::error::Result;
use symbias_model::expression::{Model, TensorId};
use symbias_model::space::Block;

/// Translations of a parameter.
#[derive(Clone, Debug)]
pub struct Translation {
    tensor: TensorId,
    /// The factors that translate it and move nothing else.
    shifts: Vec<Factor>,
}

impl Translation {
    pub(super) fn new(tensor: TensorId, factors: &[&Factor]) -> Translation {
        let own = factors
            .iter()
            .filter(|f| f.moved() == BTreeSet::from([tensor]));
        Translation {
            tensor,
            shifts: own.map(|f| (*f).clone()).collect(),
        }
    }

    pub(super) fn recognise(
        _: &Model,
        factors: &[&Factor],
        views: &[ActionView],
    ) -> Option<Box<dyn Structure>> {
        let [
            ActionView::Translation {
                tensor,
                compensated,
            },
        ] = views
        else {
            return None;
        };
        compensated.is_empty().then_some(())?;
        Some(Box::new(Translation::new(*tensor, factors)))
    }

    fn range(&self, model: &Model) -> Range<usize> {
        let space = model.space();
        let block = space.block(&model.tensor(self.tensor).name);
        block.map_or(0..0, Block::range)
    }

    /// Whether all directions of the parameter are translations.
    fn is_whole(&self, model: &Model) -> bool {
        let width = model.tensor(self.tensor).field.width() as u128;
        let entries = u128::from(model.entries(self.tensor)) * width;
        self.shifts.iter().any(|f| f.dimension == entries)
    }

    /// The projector onto what is left, by the rows of its coordinates; `None` where nothing is left.
    fn across(&self, model: &Model) -> Option<Vec<Vec<f64>>> {
        let range = self.range(model);
        let mut fields = orthonormal(model, &self.shifts).symmetric;
        fields.retain(|f| f.linear.is_empty());
        let zero = vec![0.0; model.space().dim()];
        let frame = OrbitFrame::new(&fields, &zero).ok()?;
        (frame.dimension() < range.len()).then_some(())?;
        let row = |p: usize| {
            let mut unit = zero.clone();
            unit[p] = 1.0;
            frame.horizontal(&unit)[range.clone()].to_vec()
        };
        Some(range.clone().map(row).collect())
    }
}

/// Orthonormal columns that span the constant parts of fields, on the coordinates of a range.
fn basis(model: &Model, shifts: &[Factor], range: &Range<usize>) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    for field in shifts.iter().flat_map(|f| f.generators(model)) {
        if !field.linear.is_empty() {
            continue;
        }
        let mut v = vec![0.0; range.len()];
        for (i, x) in field.constant.iter() {
            if range.contains(i) {
                v[*i - range.start] += x;
            }
        }
        for b in &basis {
            let c = dot(&v, b);
            v.iter_mut().zip(b).for_each(|(x, y)| *x -= c * y);
        }
        let norm = dot(&v, &v).sqrt();
        if norm > 1e-9 {
            v.iter_mut().for_each(|x| *x /= norm);
            basis.push(v);
        }
    }
    basis
}

impl Structure for Translation {
    /// Translations by unit vectors, or by functions with zero sum: the same everywhere, and a number only in
    /// the basis of unit vectors.
    fn volume(&self, _: &Model) -> Option<Formula> {
        Some(Formula::quantity(CONSTANT))
    }

    fn weights(&self, model: &Model) -> Option<Listed> {
        let Some(rows) = self.across(model) else {
            return Some(Listed::default());
        };
        let start = self.range(model).start;
        let entry = |row: &Vec<f64>| {
            row.iter()
                .enumerate()
                .filter(|(_, x)| **x != 0.0)
                .map(|(q, x)| Monomial {
                    coefficient: *x,
                    places: vec![start + q],
                })
                .collect()
        };
        Some(Listed {
            entries: rows.iter().map(entry).collect(),
            name: Some(format!("centred({})", model.tensor(self.tensor).name)),
        })
    }

    fn branches(&self) -> Option<Branches> {
        Some(Branches::one())
    }

    fn log_pdet(&self, _: &[f64]) -> Option<f64> {
        Some(0.0)
    }

    fn least_norm(&self, model: &Model) -> Least {
        if self.is_whole(model) {
            return Least::Is(Formula::nothing());
        }
        let name = &model.tensor(self.tensor).name;
        let range = self.range(model);
        let (own, of, shifts) = (range.clone(), model.clone(), self.shifts.clone());
        let norm = Projected {
            names: [
                format!("||centred({name})||"),
                format!(
                    "\\lVert {}_{{\\perp}} \\rVert",
                    spelled_tensor(name, Script::Latex)
                ),
            ],
            ranges: vec![range],
            basis: Some(Arc::new(move || basis(&of, &shifts, &own))),
        };
        Least::Is(Formula::quantity(norm).power(2.0).times(0.5))
    }

    fn law(&self, _: &Model, _: Shares) -> Option<Formula> {
        Some(Formula::nothing())
    }

    fn integrable(&self, _: Shares) -> Option<Integrability> {
        Some(Ok(()))
    }

    fn section(&self) -> std::result::Result<(), &'static str> {
        Ok(())
    }

    /// A centred parameter is its own weights: the projector on their span is symmetric.
    fn lift(&self, weights: &Listed, w: &[f64], _: &[f64], theta: &mut [f64]) -> Result<()> {
        for (entry, w) in weights.entries.iter().zip(w) {
            for m in entry {
                for p in &m.places {
                    theta[*p] += m.coefficient * w;
                }
            }
        }
        Ok(())
    }
}
