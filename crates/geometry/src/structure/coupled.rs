//! Scalings whose families select different blocks of a parameter (layers of a deep network):
//! Γ is not diagonal. A coordinate with exponents e_a in the unknowns a adds θ² e eᵀ to Γ.

use super::torus::is_diagonal;
use super::{Branches, Integrability, Least, Listed, Shares, Structure};
use crate::charge::{Charge, Places, diagonal};
use crate::factor::generators::Layout;
use crate::factor::{ActionView, Factor};
use crate::formula::{Formula, Logarithm, Script, number};
use std::collections::BTreeMap;
use symbias_model::error::Result;
use symbias_model::expression::{Model, TensorId};
use symbias_numerics::dense::Matrix;

use super::torus::squared;

/// Families of scalings on one set of parameters.
#[derive(Clone, Debug)]
pub struct Coupled {
    families: Vec<Charge>,
    /// The number of unknowns.
    size: usize,
    /// What scales each parameter.
    moved: BTreeMap<TensorId, Vec<Share>>,
}

/// A family's share in the scaling of one parameter, all of whose entries it moves.
#[derive(Clone, Debug)]
struct Share {
    family: usize,
    /// The unknown of the first item; the others follow.
    first: usize,
    exponent: f64,
    places: Places,
}

impl Coupled {
    pub(super) fn new(model: &Model, factors: &[&Factor]) -> Option<Coupled> {
        if factors.iter().any(|f| f.is_compact()) {
            return None;
        }
        let families: Option<Vec<Charge>> = factors.iter().map(|f| diagonal(model, f)).collect();
        let mut families = families?;
        // From the first parameter to the last: neighbours in a network are neighbours here.
        families.sort_by_key(|c| {
            let blocks = c.scaled_blocks().unwrap_or_default();
            let mut tensors: Vec<TensorId> = blocks.iter().map(|b| b.tensor).collect();
            tensors.sort();
            tensors
        });
        let layout = Layout::new(model);
        let mut size = 0_usize;
        let mut moved: BTreeMap<TensorId, Vec<Share>> = BTreeMap::new();
        for (family, charge) in families.iter().enumerate() {
            for block in charge.scaled_blocks()? {
                moved.entry(block.tensor).or_default().push(Share {
                    family,
                    first: size,
                    exponent: block.exponent,
                    places: charge.places(&block, &layout),
                });
            }
            let items = charge.letters.iter().map(|l| l.1 as usize);
            size = size.saturating_add(items.fold(1, usize::saturating_mul));
        }
        Some(Coupled {
            families,
            size,
            moved,
        })
    }

    /// Number of scalings.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Γ in the basis of one scaling per item, families one after another.
    #[must_use]
    pub fn gram(&self, theta: &[f64]) -> Matrix {
        let mut gram = Matrix::zeros(self.size, self.size);
        for shares in self.moved.values() {
            let mut unknowns: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
            for share in shares {
                for (item, places) in share.places.iter().enumerate() {
                    for p in places {
                        let own = unknowns.entry(p).or_default();
                        own.push((share.first + item, share.exponent));
                    }
                }
            }
            for (place, own) in &unknowns {
                let square = theta[*place] * theta[*place];
                for (a, e) in own {
                    own.iter()
                        .for_each(|(b, f)| gram.row_mut(*a)[*b] += square * e * f);
                }
            }
        }
        gram
    }

    /// Whether only neighbouring families share parameters.
    #[must_use]
    pub fn is_tridiagonal(&self) -> bool {
        self.moved.values().all(|shares| {
            let all = || shares.iter().map(|s| s.family);
            let (low, high) = (all().min(), all().max());
            low.zip(high).is_none_or(|(l, h)| h - l <= 1)
        })
    }

    /// The blocks of Γ in words: diagonal entries, then what couples two families.
    #[must_use]
    pub fn formula(&self, model: &Model, script: Script) -> String {
        let index = |c: &Charge| {
            let letters: Vec<String> = c.letters.iter().map(|l| l.0.clone()).collect();
            letters.join(",")
        };
        let mut entries = Vec::new();
        for charge in &self.families {
            let terms: Vec<String> = charge
                .scaled_blocks()
                .unwrap_or_default()
                .iter()
                .map(|b| {
                    let square = squared(&charge.norm(b.tensor, model, script));
                    let weight = b.exponent * b.exponent;
                    if weight == 1.0 {
                        square
                    } else {
                        format!("{} {square}", number(weight))
                    }
                })
                .collect();
            entries.push((index(charge), terms.join(" + ")));
        }
        for (k, a) in self.families.iter().enumerate() {
            for b in &self.families[k + 1..] {
                entries.extend(
                    coupling(model, a, b, script)
                        .into_iter()
                        .map(|term| (format!("{};{}", index(a), index(b)), term)),
                );
            }
        }
        let kind = if self.is_tridiagonal() {
            "block tridiagonal"
        } else {
            "symmetric"
        };
        match script {
            Script::Plain => {
                let list: Vec<String> = entries
                    .iter()
                    .map(|(i, x)| format!("G[{i}] = {x}"))
                    .collect();
                format!("det G, {kind}: {}", list.join(", "))
            }
            Script::Latex => {
                let list: Vec<String> = entries
                    .iter()
                    .map(|(i, x)| format!("\\Gamma_{{{i}}} = {x}"))
                    .collect();
                format!("\\det \\Gamma,\\ \\text{{{kind}}}:\\ {}", list.join(",\\ "))
            }
        }
    }
}

impl Coupled {
    pub(super) fn recognise(
        model: &Model,
        factors: &[&Factor],
        views: &[ActionView],
    ) -> Option<Box<dyn Structure>> {
        views.iter().all(is_diagonal).then_some(())?;
        Some(Box::new(Coupled::new(model, factors)?))
    }
}

impl Structure for Coupled {
    fn volume(&self, model: &Model) -> Option<Formula> {
        let own = self.clone();
        let names = [Script::Plain, Script::Latex].map(|s| self.formula(model, s));
        let gram = move |theta: &[f64]| Some(own.gram(theta));
        Some(Formula::quantity(Logarithm::determinant(names, gram)))
    }

    fn weights(&self, _: &Model) -> Option<Listed> {
        None
    }

    fn branches(&self) -> Option<Branches> {
        None
    }

    fn log_pdet(&self, _: &[f64]) -> Option<f64> {
        None
    }

    fn least_norm(&self, _: &Model) -> Least {
        Least::Unknown
    }

    fn law(&self, _: &Model, _: Shares) -> Option<Formula> {
        None
    }

    fn integrable(&self, _: Shares) -> Option<Integrability> {
        None
    }

    fn section(&self) -> std::result::Result<(), &'static str> {
        Err("scalings whose families select different blocks of a parameter")
    }

    fn lift(&self, _: &Listed, _: &[f64], _: &[f64], _: &mut [f64]) -> Result<()> {
        Ok(())
    }
}

/// The entry that couples an item of one family with one of another: e f ‖common block‖².
fn coupling(model: &Model, a: &Charge, b: &Charge, script: Script) -> Vec<String> {
    let (mine, theirs) = (
        a.scaled_blocks().unwrap_or_default(),
        b.scaled_blocks().unwrap_or_default(),
    );
    let mut found = Vec::new();
    for x in &mine {
        for y in theirs.iter().filter(|y| y.tensor == x.tensor) {
            let weight = x.exponent * y.exponent;
            let sign = if weight < 0.0 { "-" } else { "" };
            let size = if weight.abs() == 1.0 {
                String::new()
            } else {
                format!("{} ", number(weight.abs()))
            };
            found.push(format!(
                "{sign}{size}{}",
                squared(&a.common_norm(b, x.tensor, model, script))
            ));
        }
    }
    found
}
