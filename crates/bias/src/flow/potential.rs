//! The mirror potential as a formula: Q = Σ q(w_i), q″ = 1/K on the leaf, where w is products of numbers, and
//! ½‖·‖² of what no symmetry moves.

use super::entropy::Entropy;
use super::leaf::unmoved;
use crate::decay::norm_of;
use crate::ground::Ground;
use std::sync::Arc;
use symbias_geometry::formula::{Entries, Formula, Function, Index, Quantity, Script, Symbol};
use symbias_geometry::structure::{Products, joined};

/// The difference of the squares of its two factors.
const C: Symbol = Symbol::new("c");

/// Q on the leaf through θ, whose gradient holds the charges fixed; `None` where w is not products of numbers.
pub(super) fn formula(ground: &Ground<'_>, theta: &[f64]) -> Option<Formula> {
    let products = joined(ground.model, ground.factors, |part| {
        Some(mirror_of(part.products(ground.model)?, theta))
    })?;
    let rest = unmoved(ground.model, ground.factors);
    let rest = rest.iter().filter_map(|t| norm_of(ground.model, &[*t]));
    let rest = rest.map(|norm| norm.power(2.0).times(0.5));
    let formula = Formula::joined(std::iter::once(products).chain(rest));
    (!formula.is_nothing()).then_some(formula)
}

/// Σ_i q(w_i). Of two factors q = ½[w asinh(2w/c) − √(c² + 4w²)/2 + c/2], c = |A₁ − A₂| > 0 (theory §4.1); of more, or
/// without a charge, by numbers.
fn mirror_of(products: Products, theta: &[f64]) -> Formula {
    let (count, letters) = (products.places.len(), products.letters.clone());
    let charged = |own: &Vec<usize>| matches!(own[..], [a, b] if theta[a].abs() != theta[b].abs());
    let ([a, b], true) = (
        products.squares.as_slice(),
        products.places.iter().all(charged),
    ) else {
        let sum = Formula::quantity(Mirrored::new(products));
        return sum.items(letters, count);
    };
    let w = Formula::quantity(Entries {
        name: "w",
        places: Arc::new(products.places),
    });
    let w = || w.clone();
    let c = || Formula::Variable(C, Index::None);
    let ratio = Formula::product(vec![w(), c().power(-1.0)]).times(2.0);
    let root = Formula::Sum(vec![c().power(2.0), w().power(2.0).times(4.0)]).power(0.5);
    let terms = vec![
        Formula::product(vec![w(), ratio.apply(Function::Asinh)]),
        root.times(-0.5),
        c().times(0.5),
    ];
    let difference = Formula::Sum(vec![a.clone(), b.clone().times(-1.0)]);
    let q = Formula::Let {
        symbol: C,
        value: Box::new(difference.apply(Function::Abs)),
        held: true,
        body: Box::new(Formula::Sum(terms).times(0.5)),
    };
    q.items(letters, count)
}

/// q(w) by its integral.
#[derive(Debug)]
struct Mirrored {
    places: Vec<Vec<usize>>,
    names: [String; 2],
}

impl Mirrored {
    fn new(products: Products) -> Mirrored {
        let all = |spelled: fn(&Formula) -> String| {
            let all: Vec<String> = products.squares.iter().map(spelled).collect();
            all.join(", ")
        };
        let names = [
            format!(
                "[q(w), q'' = 1/sum_j prod_(i != j) A_i, A = ({}) on the leaf]",
                all(Formula::text)
            ),
            format!(
                "\\bigl[q(w),\\ q'' = 1 / \\textstyle\\sum_j \\prod_{{i \\neq j}} A_i,\\ A = ({})\\bigr]",
                all(Formula::latex)
            ),
        ];
        Mirrored {
            places: products.places,
            names,
        }
    }

    fn at(&self, theta: &[f64], item: usize) -> Option<(Entropy, f64)> {
        let own = self.places.get(item)?;
        let factors: Vec<f64> = own.iter().map(|p| theta[*p]).collect();
        Some(Entropy::of(&factors))
    }
}

impl Quantity for Mirrored {
    fn name(&self, script: Script) -> String {
        match script {
            Script::Plain => self.names[0].clone(),
            Script::Latex => self.names[1].clone(),
        }
    }

    fn value(&self, theta: &[f64], item: usize) -> Option<f64> {
        let (entropy, at) = self.at(theta, item)?;
        Some(entropy.potential(at))
    }

    /// q′(w)∇w: charges stay on the leaf.
    fn pull(&self, theta: &[f64], item: usize, seed: f64, gradient: &mut [f64]) -> Option<()> {
        let (entropy, at) = self.at(theta, item)?;
        let slope = seed * entropy.dual(at);
        let own = self.places.get(item)?;
        for (k, p) in own.iter().enumerate() {
            let others = own.iter().enumerate().filter(|(j, _)| *j != k);
            gradient[*p] += slope * others.map(|(_, q)| theta[*q]).product::<f64>();
        }
        Some(())
    }
}
