//! What a pair of stacks says of volumes, norms, weights and laws (theory §6). W = AᵀB has the singular values s; at
//! the balanced point both stacks have the spectrum s.

use super::Pair;
use crate::factor::{ActionView, Factor};
use crate::formula::{
    Fold, Formula, Index, Matrices, Range, Script, Shape, Spectrum, Symbol, Values,
};
use crate::rank::numerical;
use crate::structure::listed::{Entries, LARGEST, pair_of};
use crate::structure::torus::is_diagonal;
use crate::structure::{Branches, Integrability, Least, Listed, Shares, Structure};
use std::collections::BTreeSet;
use std::f64::consts::LN_2;
use std::sync::Arc;
use symbias_model::error::Result;
use symbias_model::expression::Model;
use symbias_numerics::dense::{Matrix, svd};

/// Singular values of W.
const S: Symbol = Symbol::new("s");
/// Squared singular values of the stacks.
const A: Symbol = Symbol::new("a");
const B: Symbol = Symbol::new("b");

impl Pair {
    pub(in crate::structure) fn recognise(
        model: &Model,
        factors: &[&Factor],
        views: &[ActionView],
    ) -> Option<Box<dyn Structure>> {
        let [view @ ActionView::Matrix { group: "gl", .. }] = views else {
            return None;
        };
        (!is_diagonal(view)).then_some(())?;
        let pair = Pair::new(model, factors[0], &BTreeSet::new())?;
        Some(Box::new(pair))
    }

    fn spectrum(
        &self,
        names: [String; 2],
        (kind, count, decided): (Values, Option<usize>, bool),
        factors: impl Fn(&Pair, usize) -> Vec<Shape> + Send + Sync + 'static,
    ) -> Arc<dyn Spectrum> {
        let own = self.clone();
        Arc::new(Matrices {
            names,
            kind,
            factors: Arc::new(move |copy| factors(&own, copy)),
            count,
            centred: false,
            twice: false,
            decided,
        })
    }

    /// That of a stack.
    fn stack(&self, side: usize, model: &Model) -> Arc<dyn Spectrum> {
        let names = [Script::Plain, Script::Latex].map(|s| self.side(side, model, s));
        let how = (Values::Squared, Some(self.size()), true);
        self.spectrum(names, how, move |pair, copy| {
            vec![signed(&pair.places(copy)[side])]
        })
    }

    /// That of AᵀB.
    fn product(&self, model: &Model, kind: Values, count: Option<usize>) -> Arc<dyn Spectrum> {
        let names = [Script::Plain, Script::Latex].map(|s| {
            let [a, b] = [0, 1].map(|side| self.side(side, model, s));
            format!("{a} {b}")
        });
        self.spectrum(names, (kind, count, false), |pair, copy| {
            let [a, b] = pair.places(copy);
            vec![signed(&transposed(&a)), signed(&b)]
        })
    }

    fn spectral(
        &self,
        fold: Fold,
        spectra: Vec<(Symbol, Arc<dyn Spectrum>)>,
        body: Formula,
    ) -> Formula {
        Formula::Spectral {
            fold,
            letters: self.letters(),
            copies: self.copies(),
            spectra,
            body: Box::new(body),
        }
    }
}

/// Entries without signs.
pub(in crate::structure) fn signed(rows: &[Vec<usize>]) -> Shape {
    let row = |row: &Vec<usize>| row.iter().map(|p| (*p, 1.0)).collect();
    rows.iter().map(row).collect()
}

fn transposed(rows: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let width = rows.first().map_or(0, Vec::len);
    (0..width)
        .map(|j| rows.iter().map(|row| row[j]).collect())
        .collect()
}

fn value(symbol: Symbol, index: Index) -> Formula {
    Formula::Variable(symbol, index)
}

impl Structure for Pair {
    /// Π_ij (a_i + b_j) over the eigenvalues of the two stacks' Gram matrices; pairs of zeros are the stabiliser.
    fn volume(&self, model: &Model) -> Option<Formula> {
        let sum = Formula::Sum(vec![value(A, Index::I), value(B, Index::J)]);
        let spectra = vec![(A, self.stack(0, model)), (B, self.stack(1, model))];
        let body = Formula::Over(Fold::Product, Range::Both(A, B), Box::new(sum));
        Some(self.spectral(Fold::Product, spectra, body))
    }

    fn weights(&self, model: &Model) -> Option<Listed> {
        let [a, b] = [0, 1].map(|side| self.side(side, model, Script::Plain));
        Some(Listed {
            entries: entries(self)?,
            name: Some(format!("{a} {b}")),
        })
    }

    /// GL(r) where r ≤ min(n, m); with r larger the stabilisers join its components.
    fn branches(&self) -> Option<Branches> {
        let (r, n, m) = self.shape()?;
        if r > n.min(m) {
            return Some(Branches::one());
        }
        let [a, b] = self.places(0);
        Some(Branches {
            doublings: self.copies(),
            flips: vec![[a.first()?.clone(), b.first()?.clone()].concat()],
        })
    }

    /// K X = X BᵀB + AᵀA X has the eigenvalues a_i + b_j, a and b the spectra of the stacks completed by zeros:
    /// Π_ij (a_i + b_j) Π a_i^{M−r} Π b_j^{N−r}.
    fn log_pdet(&self, theta: &[f64]) -> Option<f64> {
        let copy = |c: usize| {
            let [a, b] = self.eigenvalues(c, theta)?;
            let [p, q] = self.places(c);
            let r = a.len();
            let (n, m) = (p[0].len(), q[0].len());
            // Wider than tall: the stacks have full rank r and the rest of the rows are zeros of K.
            (n >= r && m >= r).then_some(())?;
            let sums: f64 = a
                .iter()
                .flat_map(|x| b.iter().map(move |y| (x + y).ln()))
                .sum();
            let left: f64 = a.iter().map(|x| (m - r) as f64 * x.ln()).sum();
            let right: f64 = b.iter().map(|x| (n - r) as f64 * x.ln()).sum();
            Some(sums + left + right)
        };
        (0..self.copies()).map(copy).sum()
    }

    /// The nuclear norm of the product.
    fn least_norm(&self, model: &Model) -> Least {
        let body = value(S, Index::I).over(Range::Each(S));
        let spectra = vec![(S, self.product(model, Values::Inline, None))];
        Least::Is(self.spectral(Fold::Sum, spectra, body))
    }

    fn law(&self, model: &Model, shares: Shares) -> Option<Formula> {
        if shares.ratios {
            return None;
        }
        let (p, k) = (shares.symmetric, shares.compact);
        let (r, n, m) = self.shape()?;
        (n >= r && m >= r).then_some(())?;
        let rest = (n + m - 2 * r) as f64;
        let each = value(S, Index::I).log((rest + 1.0 + p) / 2.0, (1.0 + p) / 2.0 * LN_2);
        let mut terms = vec![each.over(Range::Each(S))];
        if r > 1 {
            let sum = Formula::Sum(vec![value(S, Index::I), value(S, Index::J)]);
            terms.push(sum.log((2.0 + p + k) / 2.0, 0.0).over(Range::Pairs(S)));
        }
        let body = Formula::joined(terms);
        if body.constant().is_some() {
            return Some(body);
        }
        let spectra = vec![(S, self.product(model, Values::Singular, Some(r)))];
        Some(self.spectral(Fold::Sum, spectra, body))
    }

    /// Near s → 0: volume s^{N+M−2r} ds, slice density s^{−1−(N+M−2r)/2}, horizontal s^{−1/2−(N+M−2r)/2}; several
    /// that vanish together are no worse.
    fn integrable(&self, shares: Shares) -> Option<Integrability> {
        let (r, n, m) = self.shape()?;
        (n >= r && m >= r).then_some(())?;
        if shares.symmetric > 0.0 && n + m == 2 * r {
            return Some(Err("it goes like 1/s, s a singular value: the integral diverges logarithmically where the rank drops".into()));
        }
        Some(Ok(()))
    }

    fn section(&self) -> std::result::Result<(), &'static str> {
        self.shape()
            .map(|_| ())
            .ok_or("a structure whose entries are not listed")
    }

    /// W = USVᵀ, A = S^{1/2}Uᵀ, B = S^{1/2}Vᵀ: AAᵀ = BBᵀ = S. Rows beyond the rank of W are zero.
    fn lift(&self, _: &Listed, w: &[f64], _: &[f64], theta: &mut [f64]) -> Result<()> {
        let (_, n, m) = self.shape().unwrap_or_default();
        for copy in 0..self.copies() {
            let own = &w[copy * n * m..(copy + 1) * n * m];
            let found = svd(&Matrix::from_fn(n, m, |i, j| own[i * m + j])).map_err(numerical)?;
            let [a, b] = self.places(copy);
            for (k, (a, b)) in a.iter().zip(&b).enumerate().take(found.s.len()) {
                let root = found.s[k].sqrt();
                a.iter()
                    .enumerate()
                    .for_each(|(i, p)| theta[*p] = root * found.u[(i, k)]);
                b.iter()
                    .enumerate()
                    .for_each(|(j, p)| theta[*p] = root * found.v[(j, k)]);
            }
        }
        Ok(())
    }

    fn as_pair(&self) -> Option<&Pair> {
        Some(self)
    }
}

/// AᵀB for each copy; `None` where it has too many terms.
fn entries(pair: &Pair) -> Option<Entries> {
    let (r, n, m) = pair.shape()?;
    let terms = [pair.copies(), r, n, m];
    let terms = terms.iter().copied().fold(1, usize::saturating_mul);
    (terms <= LARGEST).then_some(())?;
    let mut entries = Vec::new();
    for copy in 0..pair.copies() {
        let [a, b] = pair.places(copy);
        let width = |m: &[Vec<usize>]| m.first().map_or(0, Vec::len);
        for i in 0..width(&a) {
            for j in 0..width(&b) {
                let terms = a.iter().zip(&b).map(|(a, b)| pair_of(1.0, a[i], b[j]));
                entries.push(terms.collect());
            }
        }
    }
    Some(entries)
}
