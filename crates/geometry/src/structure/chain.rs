//! Matrices in a row with a general linear group between neighbours: W = T_1 T_2 … T_D,
//! T_k → T_k g, T_{k+1} → g⁻¹ T_{k+1}.

use super::listed::{Entries, single};
use super::pair::signed;
use super::torus::is_diagonal;
use super::{Branches, Integrability, Least, Listed, Shares, Structure};
use crate::factor::{ActionView, Factor};
use crate::formula::{
    Fold, Formula, Index, Logarithm, Matrices, Range, Script, Symbol, Values, spelled_tensor,
};
use crate::metric::Monomial;
use crate::rank::numerical;
use std::collections::BTreeSet;
use std::sync::Arc;
use symbias_model::error::Result;
use symbias_model::expression::{Model, TensorId};
use symbias_numerics::dense::{Matrix, svd};

/// An axis of a tensor.
type End = (TensorId, usize);

/// A chain of D ≥ 2 matrices.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The tensors from left to right, each with the axis that is its row.
    pub order: Vec<End>,
    /// Offset and shape of each in θ.
    blocks: Vec<(usize, [usize; 2])>,
}

impl Chain {
    pub(super) fn new(model: &Model, views: &[ActionView]) -> Option<Chain> {
        let links: Option<Vec<(End, End)>> = views.iter().map(|v| link(model, v)).collect();
        let order = ordered(&links?)?;
        let space = model.space();
        let block = |(tensor, _): &End| {
            let block = space.block(&model.tensor(*tensor).name)?;
            Some((block.offset, [block.shape[0], block.shape[1]]))
        };
        let blocks: Option<Vec<_>> = order.iter().map(block).collect();
        Some(Chain {
            blocks: blocks?,
            order,
        })
    }

    /// D.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.order.len()
    }

    /// Coordinates of θ in T_k, rows first.
    #[must_use]
    pub fn places(&self, k: usize) -> Vec<Vec<usize>> {
        let (offset, [rows, cols]) = self.blocks[k];
        let at = |i: usize, j: usize| offset + i * cols + j;
        match self.order[k].1 {
            0 => (0..rows)
                .map(|i| (0..cols).map(|j| at(i, j)).collect())
                .collect(),
            _ => (0..cols)
                .map(|j| (0..rows).map(|i| at(i, j)).collect())
                .collect(),
        }
    }

    /// T_1, …, T_D at θ.
    #[must_use]
    pub fn matrices(&self, theta: &[f64]) -> Vec<Matrix> {
        (0..self.depth())
            .map(|k| {
                let places = self.places(k);
                Matrix::from_fn(places.len(), places[0].len(), |i, j| theta[places[i][j]])
            })
            .collect()
    }

    /// W = T_1 ⋯ T_D.
    #[must_use]
    pub fn product(&self, theta: &[f64]) -> Option<Matrix> {
        let mut all = self.matrices(theta).into_iter();
        let first = all.next()?;
        all.try_fold(first, |w, t| w.matmul(&t).ok())
    }

    /// Γ in the basis E_ij of each group, groups one after another: on the diagonal
    /// ⟨X, T_kᵀT_k Y + Y T_{k+1}T_{k+1}ᵀ⟩, between neighbours −⟨X, T_{k+1} Y T_{k+1}ᵀ⟩.
    #[must_use]
    pub fn gram(&self, theta: &[f64]) -> Option<Matrix> {
        let t = self.matrices(theta);
        let sizes: Vec<usize> = t[..t.len() - 1].iter().map(|m| m.cols).collect();
        let starts: Vec<usize> = sizes
            .iter()
            .scan(0, |sum, n| Some(std::mem::replace(sum, *sum + n * n)))
            .collect();
        let whole = sizes.iter().map(|n| n * n).sum();
        let mut gram = Matrix::zeros(whole, whole);
        for (k, n) in sizes.iter().enumerate() {
            let left = t[k].transpose_matmul(&t[k]).ok()?;
            let right = t[k + 1].matmul(&t[k + 1].transpose()).ok()?;
            for i in 0..*n {
                for j in 0..*n {
                    let row = gram.row_mut(starts[k] + i * n + j);
                    (0..*n).for_each(|l| row[starts[k] + l * n + j] += left.row(i)[l]);
                    (0..*n).for_each(|l| row[starts[k] + i * n + l] += right.row(j)[l]);
                }
            }
            let Some(m) = sizes.get(k + 1) else { continue };
            let middle = &t[k + 1];
            for (i, j) in (0..*n).flat_map(|i| (0..*n).map(move |j| (i, j))) {
                for (a, b) in (0..*m).flat_map(|a| (0..*m).map(move |b| (a, b))) {
                    // ⟨E_ij T, T E_ab⟩ = T_ia T_jb.
                    let entry = -middle.row(i)[a] * middle.row(j)[b];
                    let (p, q) = (starts[k] + i * n + j, starts[k + 1] + a * m + b);
                    gram.row_mut(p)[q] = entry;
                    gram.row_mut(q)[p] = entry;
                }
            }
        }
        Some(gram)
    }

    /// `C B A`.
    #[must_use]
    pub fn name(&self, model: &Model, script: Script) -> String {
        let names: Vec<String> = self
            .order
            .iter()
            .map(|(t, row)| {
                let name = spelled_tensor(&model.tensor(*t).name, script);
                match (row, script) {
                    (0, _) => name,
                    (_, Script::Plain) => format!("{name}'"),
                    (_, Script::Latex) => format!("{name}^\\top"),
                }
            })
            .collect();
        names.join(" ")
    }
}

/// Singular values of W.
const S: Symbol = Symbol::new("s");

impl Chain {
    pub(super) fn recognise(
        model: &Model,
        _: &[&Factor],
        views: &[ActionView],
    ) -> Option<Box<dyn Structure>> {
        (!views.iter().all(is_diagonal)).then_some(())?;
        Some(Box::new(Chain::new(model, views)?))
    }
}

impl Structure for Chain {
    fn volume(&self, model: &Model) -> Option<Formula> {
        let [plain, latex] = [Script::Plain, Script::Latex].map(|s| self.name(model, s));
        let own = self.clone();
        let names = [
            format!(
                "det G, block tridiagonal over the links of {plain}: G_k = T_k'T_k x 1 + 1 x T_(k+1)T_(k+1)', \
                     between neighbours -T x T"
            ),
            format!(
                "\\det \\Gamma,\\ \\text{{block tridiagonal over the links of }} {latex}:\\ \
                     \\Gamma_k = T_k^\\top T_k \\otimes 1 + 1 \\otimes T_{{k+1}} T_{{k+1}}^\\top,\\ \
                     \\Gamma_{{k,k+1}} = -T_{{k+1}} \\otimes T_{{k+1}}"
            ),
        ];
        let gram = move |theta: &[f64]| own.gram(theta);
        Some(Formula::quantity(Logarithm::determinant(names, gram)))
    }

    fn weights(&self, model: &Model) -> Option<Listed> {
        Some(Listed {
            entries: entries(self),
            name: Some(self.name(model, Script::Plain)),
        })
    }

    /// T_1⋯T_D with square inner sizes that are all the same, which the ends are at least as large as.
    fn branches(&self) -> Option<Branches> {
        let factors: Vec<Vec<Vec<usize>>> = (0..self.depth()).map(|k| self.places(k)).collect();
        let inner = factors.get(1)?.len();
        let ends = [factors.first()?.len(), factors.last()?.first()?.len()];
        if factors[1..].iter().any(|t| t.len() != inner) || ends.iter().any(|n| *n < inner) {
            return None;
        }
        let column = |t: &[Vec<usize>]| t.iter().map(|row| row[0]).collect::<Vec<_>>();
        let flips = factors
            .windows(2)
            .map(|two| [column(&two[0]), two[1][0].clone()].concat());
        Some(Branches {
            doublings: self.depth() - 1,
            flips: flips.collect(),
        })
    }

    fn log_pdet(&self, _: &[f64]) -> Option<f64> {
        None
    }

    /// (D/2) Σ σ_i(T_1⋯T_D)^{2/D}.
    fn least_norm(&self, model: &Model) -> Least {
        let d = self.depth() as f64;
        let names = [Script::Plain, Script::Latex].map(|s| self.name(model, s));
        let own = self.clone();
        // Beyond the narrowest matrix σ vanishes; rounding would count under the root.
        let widths = self.blocks.iter().flat_map(|b| b.1);
        let spectrum = Matrices {
            names,
            kind: Values::Inline,
            factors: Arc::new(move |_| (0..own.depth()).map(|k| signed(&own.places(k))).collect()),
            count: widths.min(),
            centred: false,
            twice: false,
            decided: false,
        };
        let each = Formula::Variable(S, Index::I).power(2.0 / d);
        let body = each.over(Range::Each(S)).times(d / 2.0);
        Least::Is(Formula::Spectral {
            fold: Fold::Sum,
            letters: Vec::new(),
            copies: 1,
            spectra: vec![(S, Arc::new(spectrum))],
            body: Box::new(body),
        })
    }

    fn law(&self, _: &Model, _: Shares) -> Option<Formula> {
        None
    }

    fn integrable(&self, _: Shares) -> Option<Integrability> {
        None
    }

    fn section(&self) -> std::result::Result<(), &'static str> {
        Ok(())
    }

    /// W = USVᵀ, T_1 = US^{1/D}, T_k = S^{1/D}, T_D = S^{1/D}Vᵀ, in the first rows and columns where an inner
    /// width is larger than the rank: T_kᵀT_k = T_{k+1}T_{k+1}ᵀ = S^{2/D}.
    fn lift(&self, _: &Listed, w: &[f64], _: &[f64], theta: &mut [f64]) -> Result<()> {
        let depth = self.depth();
        let places: Vec<Vec<Vec<usize>>> = (0..depth).map(|k| self.places(k)).collect();
        let (n, m) = (places[0].len(), places[depth - 1][0].len());
        let found = svd(&Matrix::from_fn(n, m, |i, j| w[i * m + j])).map_err(numerical)?;
        let inner = places[1..].iter().map(Vec::len).min().unwrap_or(0);
        for k in 0..found.s.len().min(inner) {
            let root = found.s[k].powf(1.0 / depth as f64);
            for (level, rows) in places.iter().enumerate() {
                if level == 0 {
                    (0..n).for_each(|i| theta[rows[i][k]] = root * found.u[(i, k)]);
                } else if level == depth - 1 {
                    (0..m).for_each(|j| theta[rows[k][j]] = root * found.v[(j, k)]);
                } else {
                    theta[rows[k][k]] = root;
                }
            }
        }
        Ok(())
    }
}

/// T_1⋯T_D.
fn entries(chain: &Chain) -> Entries {
    let first = chain.places(0);
    let mut product: Vec<Vec<Vec<Monomial>>> = first
        .iter()
        .map(|row| row.iter().map(|p| vec![single(*p)]).collect())
        .collect();
    for k in 1..chain.depth() {
        let next = chain.places(k);
        product = product
            .iter()
            .map(|row| {
                (0..next[0].len())
                    .map(|j| {
                        let terms = row.iter().zip(&next).flat_map(|(entry, t)| {
                            entry.iter().map(move |m| Monomial {
                                coefficient: m.coefficient,
                                places: m.places.iter().copied().chain([t[j]]).collect(),
                            })
                        });
                        terms.collect()
                    })
                    .collect()
            })
            .collect();
    }
    product.into_iter().flatten().collect()
}

/// The two axes that one group joins.
fn link(model: &Model, view: &ActionView) -> Option<(End, End)> {
    let ActionView::Matrix {
        slots,
        copies: 1,
        complex: false,
        group: "gl",
        ..
    } = view
    else {
        return None;
    };
    let [a, b] = slots.as_slice() else {
        return None;
    };
    let ([p], [d]) = (a.axes.as_slice(), b.axes.as_slice()) else {
        return None;
    };
    let is_matrix = |t: TensorId| model.tensor(t).axes.len() == 2;
    (a.dual != b.dual && is_matrix(a.tensor) && is_matrix(b.tensor))
        .then_some(((a.tensor, *p), (b.tensor, *d)))
}

/// The tensors from one end of the chain to the other; `None` if the links are no chain.
fn ordered(links: &[(End, End)]) -> Option<Vec<End>> {
    let ends = |t: TensorId| links.iter().filter(|l| l.0.0 == t || l.1.0 == t).count();
    let start = links
        .iter()
        .flat_map(|l| [l.1, l.0])
        .find(|e| ends(e.0) == 1)?;
    let mut order = vec![(start.0, 1 - start.1)];
    let mut used = vec![false; links.len()];
    loop {
        let (tensor, incoming) = *order.last()?;
        let next = links.iter().enumerate().find_map(|(i, (a, b))| {
            let other = match (*a == (tensor, 1 - incoming), *b == (tensor, 1 - incoming)) {
                (true, false) => *b,
                (false, true) => *a,
                _ => return None,
            };
            (!used[i]).then_some((i, other))
        });
        let Some((link, other)) = next else { break };
        used[link] = true;
        order.push(other);
    }
    let distinct: BTreeSet<TensorId> = order.iter().map(|o| o.0).collect();
    (used.iter().all(|u| *u) && distinct.len() == order.len()).then_some(order)
}
