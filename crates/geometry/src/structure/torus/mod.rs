//! Scalings per item: block a_k of an item is multiplied by e^{⟨q_k, α⟩}, k = 1 … K, for α in the
//! families' ℝ^F (or turned by these angles). Blocks that scale alike are one group.

mod structure;
mod weights;

pub(super) use structure::is_diagonal;

use crate::charge::{Charge, Places, ScaledBlock, diagonal};
use crate::factor::Factor;
use crate::factor::generators::Layout;
use crate::formula::Script;
use symbias_model::expression::Model;
use symbias_numerics::dense::Matrix;
use symbias_numerics::rank::nullspace;

/// Blocks that scale alike in every family.
#[derive(Clone, Debug)]
pub struct Group {
    /// q_k: the exponent in each family.
    pub weights: Vec<f64>,
    /// Coordinates of θ for each item.
    pub places: Places,
    blocks: Vec<(usize, ScaledBlock)>,
}

/// Families of scalings that act on the same items.
#[derive(Clone, Debug)]
pub struct Torus {
    families: Vec<Charge>,
    /// The groups, in the order of their first parameters.
    pub groups: Vec<Group>,
    /// Phases instead of scales.
    pub phase: bool,
    unit: f64,
}

/// Whether norms of the blocks can be balanced against each other.
#[derive(Clone, Debug, PartialEq)]
pub enum Balance {
    /// Σ_k m_k q_k = 0 has one solution up to a factor, and it is positive: Π ‖a_k‖^{m_k} is all
    /// that is left of the norms, and ‖a_k‖² ∝ m_k at the point of least norm.
    Unique(Vec<f64>),
    /// Some element shrinks blocks and grows none.
    Shrinks(&'static str),
    /// More than one function of the norms is left.
    Several,
}

/// Weights whose smallest is 1 and that are fractions come out of a null space with roundings.
const FRACTION: f64 = 1e6;

impl Torus {
    pub(super) fn new(model: &Model, factors: &[&Factor]) -> Option<Torus> {
        let families: Option<Vec<Charge>> = factors.iter().map(|f| diagonal(model, f)).collect();
        let families = families?;
        let phases = factors.iter().filter(|f| f.is_compact()).count();
        let first = families.first()?;
        if phases > 0 && phases < factors.len()
            || families.iter().any(|c| {
                c.letters.len() != first.letters.len()
                    || !families.iter().all(|o| c.scales_same_blocks(o))
            })
        {
            return None;
        }
        let groups = groups(model, &families)?;
        Some(Torus {
            families,
            groups,
            phase: phases > 0,
            unit: 1.0,
        })
    }

    /// The squared length of each generator as named, in units of one that is orthonormal: 1, or
    /// 1/2 per plane where the scaling is the identity of the planes that a rotary embedding turns.
    #[must_use]
    pub fn unit(&self) -> f64 {
        self.unit
    }

    pub(super) fn of_planes(self) -> Torus {
        Torus {
            unit: super::components::PLANE_SQUARED,
            ..self
        }
    }

    /// Number of items.
    #[must_use]
    pub fn items(&self) -> usize {
        self.groups.first().map_or(0, |g| g.places.len())
    }

    /// Number of families: the dimension of the torus for each item.
    #[must_use]
    pub fn families(&self) -> usize {
        self.families.len()
    }

    /// Names of the items' indices.
    #[must_use]
    pub fn letters(&self) -> Vec<String> {
        self.families[0]
            .letters
            .iter()
            .map(|l| l.0.clone())
            .collect()
    }

    /// A_k = ‖a_k‖² for each group of an item.
    #[must_use]
    pub fn squares(&self, item: usize, theta: &[f64]) -> Vec<f64> {
        let square = |g: &Group| {
            g.places
                .of(item)
                .iter()
                .map(|p| theta[*p] * theta[*p])
                .sum()
        };
        self.groups.iter().map(square).collect()
    }

    /// The exponents m_k of theory §6 (all 1 for products), where there are such.
    #[must_use]
    pub fn balance(&self) -> Balance {
        let weights = Matrix::from_fn(self.families(), self.groups.len(), |f, k| {
            self.groups[k].weights[f]
        });
        let null = match nullspace("weights of the scaled blocks", &weights) {
            Ok((_, null)) => null,
            Err(_) => return Balance::Several,
        };
        match null.cols {
            0 => return Balance::Shrinks("the scaling shrinks every parameter it moves"),
            1 => {}
            _ => return Balance::Several,
        }
        let mut m = null.column(0);
        if m.iter().sum::<f64>() < 0.0 {
            m.iter_mut().for_each(|x| *x = -*x);
        }
        let least = m.iter().copied().fold(f64::INFINITY, f64::min);
        if least <= 1e-9 {
            return Balance::Shrinks("a scaling shrinks some parameters and grows none");
        }
        m.iter_mut()
            .for_each(|x| *x = (*x / least * FRACTION).round() / FRACTION);
        Balance::Unique(m)
    }

    /// Subsets of F groups with (det Q_S)², by the Cauchy–Binet formula
    /// det Σ_k A_k q_k q_kᵀ = Σ_S (det Q_S)² Π_{k ∈ S} A_k.
    #[must_use]
    pub fn minors(&self) -> Vec<(f64, Vec<usize>)> {
        let (f, k) = (self.families(), self.groups.len());
        let mut found = Vec::new();
        for subset in 0_u64..1 << k.min(20) {
            let chosen: Vec<usize> = (0..k).filter(|i| subset >> i & 1 == 1).collect();
            if chosen.len() == f {
                let minor = determinant(
                    chosen
                        .iter()
                        .map(|i| self.groups[*i].weights.clone())
                        .collect(),
                );
                if minor.abs() > 1e-12 {
                    found.push((minor * minor, chosen));
                }
            }
        }
        found.sort_by(|a, b| a.1.cmp(&b.1));
        found
    }

    /// Norm of a group, `||W[h,:]||`; several blocks `||(W[h,:], b[h])||`.
    #[must_use]
    pub fn norm(&self, group: usize, model: &Model, script: Script) -> String {
        let norms: Vec<String> = self.groups[group]
            .blocks
            .iter()
            .map(|(f, b)| self.families[*f].norm(b.tensor, model, script))
            .collect();
        match (norms.as_slice(), script) {
            ([one], _) => one.clone(),
            (_, Script::Plain) => format!("||({})||", norms.join(", ").replace('|', "")),
            (_, Script::Latex) => {
                let squares: Vec<String> = norms.iter().map(|n| format!("{n}^2")).collect();
                format!("\\sqrt{{{}}}", squares.join(" + "))
            }
        }
    }

    /// Square of a norm: `v[h]^2` for `|v[h]|`.
    #[must_use]
    pub fn squared_norm(&self, group: usize, model: &Model, script: Script) -> String {
        squared(&self.norm(group, model, script))
    }
}

/// `v[h]^2` of `|v[h]|`, `||W||^2` of `||W||`.
pub(super) fn squared(norm: &str) -> String {
    if norm.starts_with("\\lvert") {
        return format!(
            "{}^2",
            norm.trim_start_matches("\\lvert ")
                .trim_end_matches(" \\rvert")
        );
    }
    if let Some(inside) = norm.strip_prefix("\\sqrt{") {
        return format!("({})", inside.trim_end_matches('}'));
    }
    match norm.strip_prefix('|') {
        Some(rest) if !rest.starts_with('|') => format!("{}^2", rest.trim_end_matches('|')),
        _ => format!("{norm}^2"),
    }
}

/// By Gaussian elimination with pivots; a few rows.
fn determinant(mut a: Vec<Vec<f64>>) -> f64 {
    let n = a.len();
    let mut product = 1.0;
    for k in 0..n {
        let Some(pivot) = (k..n).max_by(|i, j| a[*i][k].abs().total_cmp(&a[*j][k].abs())) else {
            return product;
        };
        if a[pivot][k] == 0.0 {
            return 0.0;
        }
        if pivot != k {
            a.swap(pivot, k);
            product = -product;
        }
        product *= a[k][k];
        for i in k + 1..n {
            let (above, below) = a.split_at_mut(i);
            let (pivot, row) = (&above[k], &mut below[0]);
            let ratio = row[k] / pivot[k];
            row.iter_mut().zip(pivot).for_each(|(x, p)| *x -= ratio * p);
        }
    }
    product
}

/// Blocks by their weights in all families.
fn groups(model: &Model, families: &[Charge]) -> Option<Vec<Group>> {
    let layout = Layout::new(model);
    let mut groups: Vec<Group> = Vec::new();
    for (f, charge) in families.iter().enumerate() {
        for block in charge.scaled_blocks()? {
            if groups
                .iter()
                .any(|g| g.blocks.iter().any(|b| b.1.tensor == block.tensor))
            {
                continue;
            }
            let weights: Option<Vec<f64>> = families
                .iter()
                .map(|c| {
                    let blocks = c.scaled_blocks()?;
                    let mut mine = blocks.iter().filter(|b| b.tensor == block.tensor);
                    let exponent = mine.next().map_or(0.0, |b| b.exponent);
                    mine.next().is_none().then_some(exponent)
                })
                .collect();
            let weights = weights?;
            let places = charge.places(&block, &layout);
            match groups.iter_mut().find(|g| g.weights == weights) {
                Some(group) => {
                    group.blocks.push((f, block));
                    group.places.extend(places);
                }
                None => groups.push(Group {
                    weights,
                    places,
                    blocks: vec![(f, block)],
                }),
            }
        }
    }
    groups
        .iter_mut()
        .for_each(|g| g.blocks.sort_by_key(|b| b.1.tensor));
    groups.sort_by_key(|g| g.blocks.first().map(|b| b.1.tensor));
    Some(groups)
}
