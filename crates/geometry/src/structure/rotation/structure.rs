//! What a rotated stack says of volumes, weights and laws (theory §6). M → kM leaves S = MᵀM alone, K X = 2(XS + SX).

use super::{Rotation, Turn};
use crate::factor::{ActionView, Factor};
use crate::formula::{
    Fold, Formula, Index, Matrices, Norm, Range, Script, Shape, Spectrum, Symbol, Values,
};
use crate::rank::numerical;
use crate::structure::listed::{Entries, hermitian, symmetric};
use crate::structure::pair::signed;
use crate::structure::{Branches, Integrability, Least, Listed, Shares, Structure};
use std::f64::consts::{FRAC_1_SQRT_2, LN_2};
use std::sync::Arc;
use symbias_model::error::Result;
use symbias_model::expression::Model;
use symbias_numerics::dense::{Matrix, symmetric_eigen};

/// Squared singular values of the stack.
const M: Symbol = Symbol {
    plain: "m",
    latex: "\\mu",
};
/// Eigenvalues of S.
const S: Symbol = Symbol::new("s");

fn value(symbol: Symbol, index: Index) -> Formula {
    Formula::Variable(symbol, index)
}

fn two(symbol: Symbol) -> Formula {
    Formula::Sum(vec![value(symbol, Index::I), value(symbol, Index::J)])
}

impl Rotation {
    pub(in crate::structure) fn recognise(
        model: &Model,
        factors: &[&Factor],
        views: &[ActionView],
    ) -> Option<Box<dyn Structure>> {
        matches!(views, [ActionView::Matrix { .. }]).then_some(())?;
        Some(Box::new(Rotation::new(model, factors[0])?))
    }

    fn spectrum(&self, model: &Model, kind: Values, count: Option<usize>) -> Arc<dyn Spectrum> {
        let centred = self.turn == Turn::FixingOnes;
        let names = [Script::Plain, Script::Latex].map(|script| {
            let stack = self.stack(model, script);
            match (centred, script) {
                (false, _) => stack,
                (true, Script::Plain) => format!("centred {stack}"),
                (true, Script::Latex) => format!("{stack}_\\perp"),
            }
        });
        let twice = self.is_embedded();
        let own = self.clone();
        Arc::new(Matrices {
            names,
            kind,
            factors: Arc::new(move |copy| {
                let rows = own.places(copy);
                vec![if twice {
                    embedded(&rows)
                } else {
                    signed(&rows)
                }]
            }),
            count,
            centred,
            twice,
            decided: true,
        })
    }

    /// Whether the stack is written as a real matrix of twice the size.
    fn is_embedded(&self) -> bool {
        self.turn == Turn::Unitary && self.is_complex()
    }

    fn spectral(
        &self,
        fold: Fold,
        symbol: Symbol,
        own: Arc<dyn Spectrum>,
        body: Formula,
    ) -> Formula {
        Formula::Spectral {
            fold,
            letters: Vec::new(),
            copies: self.copies(),
            spectra: vec![(symbol, own)],
            body: Box::new(body),
        }
    }

    /// How often each pair of eigenvalues of S counts; `None` for stacks whose K has no formula.
    fn times(&self) -> Option<f64> {
        match (&self.turn, self.is_complex()) {
            (Turn::Orthogonal, false) => Some(1.0),
            (Turn::Unitary, true) => Some(2.0),
            _ => None,
        }
    }
}

/// A complex matrix by the places of its real parts, as a real one.
fn embedded(rows: &[Vec<usize>]) -> Shape {
    let (n, width) = (rows.len(), rows.first().map_or(0, Vec::len));
    let entry = |i: usize, j: usize| {
        let at = rows[i % n][j % width];
        match (i < n, j < width) {
            (true, true) | (false, false) => (at, 1.0),
            (true, false) => (at + 1, -1.0),
            (false, true) => (at + 1, 1.0),
        }
    };
    (0..2 * n)
        .map(|i| (0..2 * width).map(|j| entry(i, j)).collect())
        .collect()
}

impl Structure for Rotation {
    fn volume(&self, model: &Model) -> Option<Formula> {
        let halves = |power: f64| {
            let body = two(M).times(0.5).power(power);
            Formula::Over(Fold::Product, Range::Pairs(M), Box::new(body))
        };
        if let Turn::Planes(planes) = &self.turn {
            let names = [
                format!("||plane p of {}||", self.stack(model, Script::Plain)),
                format!("\\lVert {}_p \\rVert", self.stack(model, Script::Latex)),
            ];
            let (own, planes) = (self.clone(), planes.clone());
            let count = planes.len() * self.copies();
            let norm = Norm {
                squares: names.each_ref().map(|n| format!("{n}^2")),
                names,
                places: Arc::new(move |item| {
                    let rows = own.places(item / planes.len());
                    let (i, j) = planes[item % planes.len()];
                    [&rows[i][..], &rows[j][..]].concat()
                }),
            };
            return Some(Formula::Items {
                fold: Fold::Product,
                letters: vec!["p".into()],
                count,
                body: Box::new(Formula::quantity(norm).power(2.0).times(0.5)),
            });
        }
        let rows = self.shape().map(|s| s.0);
        let (count, body) = match self.turn {
            Turn::FixingOnes => (rows.map(|n| n - 1), halves(1.0)),
            Turn::Unitary => {
                let each =
                    Formula::Over(Fold::Product, Range::Each(M), Box::new(value(M, Index::I)));
                (rows, Formula::Product(vec![each, halves(2.0)]))
            }
            _ => (rows, halves(1.0)),
        };
        let own = self.spectrum(model, Values::Squared, count);
        Some(self.spectral(Fold::Product, M, own, body))
    }

    fn weights(&self, model: &Model) -> Option<Listed> {
        Some(Listed {
            entries: entries(self)?,
            name: Some(format!("gram({})", self.stack(model, Script::Plain))),
        })
    }

    /// O(r) where r ≤ n; with r larger the stabilisers join its components.
    fn branches(&self) -> Option<Branches> {
        let (r, n) = self.shape()?;
        match (&self.turn, self.is_complex()) {
            (Turn::Unitary, true) => Some(Branches::one()),
            (Turn::Orthogonal, false) if r > n => Some(Branches::one()),
            (Turn::Orthogonal, false) => Some(Branches {
                doublings: self.copies(),
                flips: vec![self.places(0).first()?.clone()],
            }),
            _ => None,
        }
    }

    /// Π_{i ≤ j} 2(s_i + s_j), pairs of zeros left out; for M*M each pair i < j counts twice.
    fn log_pdet(&self, theta: &[f64]) -> Option<f64> {
        let times = self.times()?;
        let copy = |c: usize| {
            let values = self.eigenvalues(c, theta)?;
            let width = self.places(c)[0].len();
            let zeros = (width - values.len()) as f64;
            let mut sum = 0.0;
            for (i, x) in values.iter().enumerate() {
                sum += (4.0 * x).ln() + times * zeros * (2.0 * x).ln();
                for y in &values[i + 1..] {
                    sum += times * (2.0 * (x + y)).ln();
                }
            }
            Some(sum)
        };
        (0..self.copies()).map(copy).sum()
    }

    /// A compact group leaves the norm alone: there is nothing to minimise.
    fn least_norm(&self, _: &Model) -> Least {
        Least::Unknown
    }

    /// Every point is balanced. Pairs of non-zero eigenvalues cancel between K and the orbit, and what pairs them
    /// with zeros leaves a power of pdet S (for complex stacks pairs count twice).
    fn law(&self, model: &Model, shares: Shares) -> Option<Formula> {
        let (times, k) = (self.times()?, shares.compact);
        let (n, width) = self.shape()?;
        let rank = n.min(width);
        let (count, body) = if k == 0.0 {
            let each = value(S, Index::I).log(0.5, LN_2);
            let pairs = two(S).log(times / 2.0, times / 2.0 * LN_2);
            let terms = [each.over(Range::Each(S)), pairs.over(Range::Pairs(S))];
            (width, Formula::joined(terms))
        } else {
            let (n, width, r) = (n as f64, width as f64, rank as f64);
            let power = times * (width - n) + 2.0 - times;
            let of_zeros = times * (width + n - 2.0 * r);
            let constant = LN_2 * (1.0 + of_zeros / 2.0 + times * (r - 1.0) / 2.0);
            if power == 0.0 {
                let all = constant * r * self.copies() as f64;
                return Some(Formula::Number(0.0).log(0.0, all));
            }
            let each = value(S, Index::I).log(power / 2.0, constant);
            (rank, each.over(Range::Each(S)))
        };
        let own = self.spectrum(model, Values::Gram, Some(count));
        Some(self.spectral(Fold::Sum, S, own, body))
    }

    /// Every law is s^{−1/2} or milder against ds.
    fn integrable(&self, _: Shares) -> Option<Integrability> {
        Some(Ok(()))
    }

    fn section(&self) -> std::result::Result<(), &'static str> {
        let real = self.turn == Turn::Orthogonal && !self.is_complex();
        let listed = self.shape().is_some();
        (real && listed)
            .then_some(())
            .ok_or("a compact group other than so(n) on real stacks")
    }

    /// S = MᵀM with M (r×N): the symmetric square root where r ≥ N, else Λ^{1/2}Vᵀ of the r largest
    /// eigenvalues. Negative eigenvalues count as zero.
    fn lift(&self, _: &Listed, w: &[f64], _: &[f64], theta: &mut [f64]) -> Result<()> {
        let (r, n) = self.shape().unwrap_or_default();
        let each = n * (n + 1) / 2;
        for copy in 0..self.copies() {
            let own = &w[copy * each..(copy + 1) * each];
            let mut s = Matrix::zeros(n, n);
            let mut entries = own.iter();
            for i in 0..n {
                for j in i..n {
                    let x = entries.next().copied().unwrap_or(0.0);
                    let x = if i == j { x } else { x * FRAC_1_SQRT_2 };
                    s[(i, j)] = x;
                    s[(j, i)] = x;
                }
            }
            let eigen = symmetric_eigen(&s).map_err(numerical)?;
            let root = |k: usize| eigen.values[k].max(0.0).sqrt();
            let rows = self.places(copy);
            for (i, row) in rows.iter().enumerate().take(n) {
                for (j, p) in row.iter().enumerate() {
                    theta[*p] = if r >= n {
                        let term =
                            |k: usize| eigen.vectors[(i, k)] * root(k) * eigen.vectors[(j, k)];
                        (0..n).map(term).sum()
                    } else {
                        // Eigenvalues rise.
                        root(n - 1 - i) * eigen.vectors[(j, n - 1 - i)]
                    };
                }
            }
        }
        Ok(())
    }
}

/// MᵀM or M*M for each copy.
fn entries(rotation: &Rotation) -> Option<Entries> {
    let mut entries = Vec::new();
    for copy in 0..rotation.copies() {
        let rows = rotation.places(copy);
        match (&rotation.turn, rotation.is_complex()) {
            (Turn::Orthogonal, false) => entries.extend(symmetric(&rows)),
            (Turn::Unitary, true) => entries.extend(hermitian(&rows)),
            _ => return None,
        }
    }
    Some(entries)
}
