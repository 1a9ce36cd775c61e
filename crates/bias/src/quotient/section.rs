//! A section of the quotient: for effective weights w one θ with w(θ) = w, on the leaf of vanishing
//! charges by the structure of the action, or on the leaf of a start (theory §3.1, §4).
//!
//! | structure | θ(w) |
//! |---|---|
//! | blocks scaled per item, z = ⊗ a_k^{⊗m_k} | ‖a_k‖² = m_k c, directions from the fibres of z through its largest entry |
//! | pair W = AᵀB, chain W = T_1⋯T_D | W = USVᵀ: S^{1/D} in every factor |
//! | stack MᵀM, real | its symmetric square root |
//! | translations | the centred parameter |
//! | what nothing moves | itself |
//!
//! Uses the structures of [`symbias_geometry::structure`] and the weights of
//! [`symbias_geometry::metric::weights`], whose order of coordinates it keeps.

use crate::flow::{Leaf, unmoved};
use std::ops::Range;
use std::sync::Arc;
use symbias_geometry::factor::Factor;
use symbias_geometry::metric::{Polynomial, PredictorMap, weights};
use symbias_geometry::structure::{Listed, Structure, components, parts};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_model::space::Block;
use symbias_numerics::dense::Matrix;

/// A right inverse w → θ of the effective weights.
#[derive(Clone, Debug)]
pub struct Section {
    leaf: On,
    map: Polynomial,
    text: String,
    /// The start, which decides between branches: the sign of the outer weight of a ReLU unit.
    start: Vec<f64>,
}

#[derive(Clone, Debug)]
enum On {
    /// Structures with their entries of w, and the coordinates that nothing moves with theirs.
    Balanced(Vec<Piece>, Vec<(usize, usize)>),
    /// Products of numbers on the leaf of a start.
    Charged(Leaf),
}

/// A structure, its weights and which of w they are.
#[derive(Clone, Debug)]
struct Piece {
    structure: Arc<dyn Structure>,
    listed: Listed,
    range: Range<usize>,
}

/// Relative distance from the image up to which w counts as a point of it: a decomposition and a
/// few hundred terms.
const IMAGE: f64 = 1e-9;

impl Section {
    /// The section of the leaf of vanishing charges, on the branch of a start θ₀ (d numbers).
    ///
    /// # Errors
    /// A structure that has none, named; not d finite numbers.
    pub fn balanced(model: &Model, factors: &[Factor], start: &[f64]) -> Result<Section> {
        checked(model, start)?;
        let (mut pieces, mut first) = (Vec::new(), 0);
        for component in components(factors, |_| true) {
            let parts = parts(model, &component).ok_or_else(|| {
                unsupported(
                    model,
                    "factors that act together in a way that no structure describes",
                )
            })?;
            for part in parts {
                part.section().map_err(|why| unsupported(model, why))?;
                let listed = part
                    .weights(model)
                    .ok_or_else(|| unsupported(model, UNLISTED))?;
                let range = first..first + listed.entries.len();
                first = range.end;
                pieces.push(Piece {
                    structure: part.into(),
                    listed,
                    range,
                });
            }
        }
        let mut plain = Vec::new();
        let space = model.space();
        for tensor in unmoved(model, factors) {
            let range = space
                .block(&model.tensor(tensor).name)
                .map_or(0..0, Block::range);
            for place in range {
                plain.push((place, first));
                first += 1;
            }
        }
        Section::with(model, factors, start, On::Balanced(pieces, plain), first)
    }

    /// The section of the leaf through θ₀ (d numbers), for weights that are products of numbers.
    ///
    /// # Errors
    /// Those of [`Leaf::of`].
    pub fn charged(model: &Model, factors: &[Factor], start: &[f64]) -> Result<Section> {
        let leaf = Leaf::of(model, factors, start)?;
        let count = leaf.places().len();
        Section::with(model, factors, start, On::Charged(leaf), count)
    }

    fn with(
        model: &Model,
        factors: &[Factor],
        start: &[f64],
        leaf: On,
        count: usize,
    ) -> Result<Section> {
        let found = weights(model, factors)
            .filter(|w| w.map.entries.len() == count)
            .ok_or_else(|| unsupported(model, UNLISTED))?;
        Ok(Section {
            leaf,
            map: found.map,
            text: found.text,
            start: start.to_vec(),
        })
    }

    /// n, the number of effective weights.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.entries.len()
    }

    /// Whether there are no weights.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.entries.is_empty()
    }

    /// w as a map of θ.
    #[must_use]
    pub fn map(&self) -> &Polynomial {
        &self.map
    }

    /// What w is, ASCII: `v[h] W[h,:]; c`.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// θ₀, d numbers.
    #[must_use]
    pub fn start(&self) -> &[f64] {
        &self.start
    }

    /// Whether it is the section of the leaf of vanishing charges.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        matches!(self.leaf, On::Balanced(..))
    }

    /// w(θ), n numbers.
    ///
    /// # Errors
    /// Not d numbers.
    pub fn weights(&self, theta: &[f64]) -> Result<Vec<f64>> {
        if theta.len() != self.start.len() {
            return Err(wrong_length("parameters", theta.len(), self.start.len()));
        }
        self.map.value(theta)
    }

    /// The point of the leaf with weights w, d numbers.
    ///
    /// # Errors
    /// Not n numbers; w outside the image of the leaf, with its distance.
    pub fn lift(&self, w: &[f64]) -> Result<Vec<f64>> {
        let theta = self.nearest(w)?;
        let found = self.map.value(&theta)?;
        let column = |x: Vec<f64>| Matrix {
            rows: x.len(),
            cols: 1,
            data: x,
        };
        let error = column(found.iter().zip(w).map(|(a, b)| a - b).collect()).norm();
        let size = column(w.to_vec()).norm();
        if error.is_nan() || error > IMAGE * size {
            return Err(Error::new(
                ErrorKind::Value,
                format!(
                    "no parameters of the leaf have these weights: the nearest found are {:.1e} of their size away",
                    error / size
                ),
            )
            .remedy("give weights that some parameters have (of the right rank, positive, on the side of the start)"));
        }
        Ok(theta)
    }

    /// As [`Section::lift`]; for w outside the image the lift of a point of it near w: of the
    /// nearest matrix of the rank, of the nearest that is positive.
    ///
    /// # Errors
    /// Not n finite numbers; decompositions that do not converge; a side of 0 that a charged leaf
    /// does not reach.
    pub fn nearest(&self, w: &[f64]) -> Result<Vec<f64>> {
        if w.len() != self.len() {
            return Err(wrong_length("weights", w.len(), self.len()));
        }
        if let Some(x) = w.iter().find(|x| !x.is_finite()) {
            return Err(Error::new(ErrorKind::Value, format!("a weight is {x}"))
                .remedy("give finite weights"));
        }
        match &self.leaf {
            On::Charged(leaf) => leaf.lift(w),
            On::Balanced(pieces, plain) => {
                let mut theta = vec![0.0; self.start.len()];
                for piece in pieces {
                    let own = &w[piece.range.clone()];
                    let structure = &piece.structure;
                    structure.lift(&piece.listed, own, &self.start, &mut theta)?;
                }
                plain.iter().for_each(|(place, i)| theta[*place] = w[*i]);
                Ok(theta)
            }
        }
    }
}

/// Why there is no section.
const UNLISTED: &str = "weights that are not listed entry by entry";

fn checked(model: &Model, start: &[f64]) -> Result<()> {
    let d = model.space().dim();
    if start.len() != d {
        return Err(wrong_length("parameters", start.len(), d));
    }
    match start.iter().find(|x| !x.is_finite()) {
        None => Ok(()),
        Some(x) => Err(
            Error::new(ErrorKind::Value, format!("the start has an entry {x}"))
                .remedy("give finite parameters"),
        ),
    }
}

fn wrong_length(what: &str, found: usize, expected: usize) -> Error {
    Error::new(
        ErrorKind::Shape,
        format!("{found} {what} where {expected} are"),
    )
    .remedy("give one number for each")
}

fn unsupported(model: &Model, what: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("`{}` has {what}: no section of its quotient is known", model.name),
    )
    .remedy(
        "sections are known for blocks scaled against each other item by item, pairs, chains, real stacks under so(n), \
         a phase, translations, and what no symmetry moves",
    )
}
