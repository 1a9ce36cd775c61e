//! Values of charges at a point, and the blocks of parameters that they weigh.

use super::formula::{Charge, Form, Term};
use super::places::{Places, Selection};
use crate::factor::family::product_functions;
use crate::factor::generators::{Layout, for_each_index};
use std::collections::BTreeSet;
use symbias_model::expression::{Model, TensorId};

impl Charge {
    /// Values at θ: for each free index (row-major) the value, or the upper triangle of the
    /// matrix by rows (real parts, then imaginary parts above the diagonal); combinations in the
    /// order of their basis. `count` numbers.
    #[must_use]
    pub fn values(&self, model: &Model, theta: &[f64]) -> Vec<f64> {
        let layout = Layout::new(model);
        let sizes = self.sizes();
        let of = |term: &Term| (term.clone(), Selection::new(term, &sizes, &layout));
        let terms: Vec<(Term, Selection)> = self.terms.iter().map(of).collect();
        let mut each: Vec<Vec<f64>> = Vec::new();
        for_each_index(&sizes, |copy| each.push(self.at(&terms, copy, theta)));
        let Some(combinations) = &self.combinations else {
            return each.concat();
        };
        let position =
            |index: &[usize]| index.iter().zip(&sizes).fold(0, |acc, (i, n)| acc * n + i);
        let width = each.first().map_or(0, Vec::len);
        combinations
            .iter()
            .flat_map(|spans| product_functions(spans, &sizes))
            .flat_map(|function| {
                let mut sum = vec![0.0; width];
                for (index, weight) in function {
                    let value = &each[position(&index)];
                    sum.iter_mut()
                        .zip(value)
                        .for_each(|(s, v)| *s += weight * v);
                }
                sum
            })
            .collect()
    }

    fn sizes(&self) -> Vec<usize> {
        self.letters.iter().map(|l| l.1 as usize).collect()
    }

    /// The value or the triangle at one value of the free indices.
    fn at(&self, terms: &[(Term, Selection)], copy: &[usize], theta: &[f64]) -> Vec<f64> {
        match self.form {
            Form::Squares => {
                let half = |(t, own): &(Term, Selection)| t.squares(own, copy, theta) / 2.0;
                vec![terms.iter().map(half).sum()]
            }
            Form::Affine => {
                let part = |(t, own): &(Term, Selection)| match t.square {
                    true => t.squares(own, copy, theta) / 2.0,
                    false => t.entries(own, copy, theta, 0),
                };
                vec![terms.iter().map(part).sum()]
            }
            Form::Entries => {
                let width = terms.iter().map(|t| t.1.width).max().unwrap_or(1);
                let part = |w| {
                    let entries = |(t, own): &(Term, Selection)| t.entries(own, copy, theta, w);
                    terms.iter().map(entries).sum()
                };
                (0..width).map(part).collect()
            }
            Form::Symmetric { size, .. }
            | Form::Hermitian { size, .. }
            | Form::Imaginary { size } => {
                let n = size as usize;
                let (mut re, mut im) = (vec![0.0; n * n], vec![0.0; n * n]);
                for (term, own) in terms {
                    term.products(own, copy, theta, &mut re, &mut im);
                }
                let upper = |m: &[f64], from: usize| -> Vec<f64> {
                    (0..n)
                        .flat_map(|i| (i + from..n).map(move |j| (i, j)))
                        .map(|(i, j)| m[i * n + j])
                        .collect()
                };
                // Where trace zero is all there is, differences on the diagonal.
                let real = |traceless| match traceless {
                    false => upper(&re, 0),
                    true => (0..n - 1)
                        .map(|i| re[i * n + i] - re[n * n - 1])
                        .chain(upper(&re, 1))
                        .collect(),
                };
                match self.form {
                    Form::Hermitian { traceless, .. } => [real(traceless), upper(&im, 1)].concat(),
                    Form::Imaginary { .. } => upper(&im, 1),
                    Form::Symmetric { traceless, .. } => real(traceless),
                    Form::Squares | Form::Entries | Form::Affine => Vec::new(),
                }
            }
        }
    }
}

/// A parameter's share in a family of scalings: its blocks, one for each value of the free
/// indices, are multiplied by `exp(exponent · α)`.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaledBlock {
    /// The parameter.
    pub tensor: TensorId,
    /// The exponent.
    pub exponent: f64,
    term: usize,
}

impl Charge {
    /// The blocks of a family of scalings in which α is any function of the free indices;
    /// `None` for other charges.
    #[must_use]
    pub fn scaled_blocks(&self) -> Option<Vec<ScaledBlock>> {
        let free = self.form == Form::Squares && self.combinations.is_none();
        let block = |(term, t): (usize, &Term)| ScaledBlock {
            tensor: t.tensor,
            exponent: t.coefficient,
            term,
        };
        free.then(|| self.terms.iter().enumerate().map(block).collect())
    }

    /// The coordinates of θ in a block, for each value of the free indices, row-major.
    pub(crate) fn places(&self, block: &ScaledBlock, layout: &Layout) -> Places {
        let sizes = self.sizes();
        let own = Selection::new(&self.terms[block.term], &sizes, layout);
        Places::new(sizes, own)
    }

    /// The parameters that the group acts on, and those that its dual acts on, without those that are
    /// `fixed`, with their coordinates; `None` where one side has none.
    pub(crate) fn sides(
        &self,
        fixed: &BTreeSet<TensorId>,
        layout: &Layout,
    ) -> Option<[(Vec<TensorId>, Places); 2]> {
        let sizes = self.sizes();
        let side = |dual: bool| {
            let own = self.terms.iter().filter(|t| (t.coefficient < 0.0) == dual);
            let own: Vec<&Term> = own.filter(|t| !fixed.contains(&t.tensor)).collect();
            let mut places = own
                .iter()
                .map(|t| Places::new(sizes.clone(), Selection::new(t, &sizes, layout)));
            let mut all = places.next()?;
            places.for_each(|p| all.extend(p));
            Some((own.iter().map(|t| t.tensor).collect(), all))
        };
        Some([side(false)?, side(true)?])
    }

    /// Rows of the matrix whose entries the charges are; 1 for others.
    pub(crate) fn size(&self) -> usize {
        match self.form {
            Form::Squares | Form::Entries | Form::Affine => 1,
            Form::Symmetric { size, .. }
            | Form::Hermitian { size, .. }
            | Form::Imaginary { size } => size as usize,
        }
    }

    /// Whether the charges are the entries of a symmetric matrix: those of a real general linear
    /// group.
    #[must_use]
    pub fn is_symmetric_matrix(&self) -> bool {
        matches!(
            self.form,
            Form::Symmetric {
                traceless: false,
                ..
            }
        )
    }

    /// Whether the free indices of two families select the same blocks of every parameter that
    /// both scale.
    #[must_use]
    pub fn scales_same_blocks(&self, other: &Charge) -> bool {
        let sizes = |c: &Charge| c.letters.iter().map(|l| l.1).collect::<Vec<_>>();
        sizes(self) == sizes(other)
            && self.terms.iter().all(|t| {
                other
                    .terms
                    .iter()
                    .filter(|o| o.tensor == t.tensor)
                    .all(|o| o.free == t.free)
            })
    }
}

impl Term {
    fn squares(&self, own: &Selection, copy: &[usize], theta: &[f64]) -> f64 {
        let mut sum = 0.0;
        // A matrix of size 1 has one place.
        own.visit(copy, |places| {
            sum += places
                .iter()
                .flat_map(|p| &theta[*p..*p + own.width])
                .map(|x| x * x)
                .sum::<f64>();
        });
        self.coefficient * sum
    }

    fn entries(&self, own: &Selection, copy: &[usize], theta: &[f64], part: usize) -> f64 {
        let mut sum = 0.0;
        if part < own.width {
            own.visit(copy, |places| {
                sum += places.iter().map(|p| theta[p + part]).sum::<f64>()
            });
        }
        self.coefficient * sum
    }

    /// Adds c Σ conj(T_i) T_j.
    fn products(
        &self,
        own: &Selection,
        copy: &[usize],
        theta: &[f64],
        re: &mut [f64],
        im: &mut [f64],
    ) {
        let sign = if self.conjugate { -1.0 } else { 1.0 };
        own.visit(copy, |places| {
            let n = places.len();
            for i in 0..n {
                for j in 0..n {
                    let (p, q) = (places[i], places[j]);
                    re[i * n + j] += self.coefficient * theta[p] * theta[q];
                    if own.width == 2 {
                        re[i * n + j] += self.coefficient * theta[p + 1] * theta[q + 1];
                        im[i * n + j] += self.coefficient
                            * sign
                            * (theta[p] * theta[q + 1] - theta[p + 1] * theta[q]);
                    }
                }
            }
        });
    }
}
