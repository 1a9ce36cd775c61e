//! Generators of a factor as affine fields on the flat parameter vector.
//!
//! Bases: orthonormal in each group's defining matrices, E_ii and (E_ij ± E_ji)/√2 (times i), the
//! symmetric ones first; indicator functions for scalings and shifts (theory §1, Gram matrix).

use super::action::{BOUND, Bond, Group, How, Kind, LETTER, Scaling, Shape, Shift, Twist};
use super::family::family;
use super::places::of_slot;
use super::{Action, Factor};
use crate::field::AffineField;
use std::collections::HashMap;
use std::f64::consts::FRAC_1_SQRT_2;
use symbias_model::expression::{Field, IndexExpr, Label, Model, TensorId};

/// Where the entries of each parameter lie in θ.
pub(crate) struct Layout {
    offset: HashMap<TensorId, usize>,
    pub(crate) shape: HashMap<TensorId, Vec<usize>>,
    pub(crate) width: HashMap<TensorId, usize>,
}

impl Layout {
    pub(crate) fn new(model: &Model) -> Layout {
        let space = model.space();
        let mut layout = Layout {
            offset: HashMap::new(),
            shape: HashMap::new(),
            width: HashMap::new(),
        };
        for (id, block) in model.parameters().zip(space.blocks()) {
            layout.offset.insert(id, block.offset);
            layout.shape.insert(id, block.shape.clone());
            layout.width.insert(id, block.field.width());
        }
        layout
    }

    pub(crate) fn at(&self, tensor: TensorId, index: &[usize]) -> usize {
        let flat = index
            .iter()
            .zip(&self.shape[&tensor])
            .fold(0, |acc, (i, n)| acc * n + i);
        self.offset[&tensor] + flat * self.width[&tensor]
    }
}

/// Visits all multi-indices of a shape in row-major order.
pub(crate) fn for_each_index(shape: &[usize], mut visit: impl FnMut(&[usize])) {
    let mut index = vec![0; shape.len()];
    if shape.contains(&0) {
        return;
    }
    loop {
        visit(&index);
        let mut axis = shape.len();
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
}

/// The value of an index function.
pub(crate) fn value_of(shape: &Shape, index: usize) -> usize {
    let evaluate = |e: &IndexExpr| {
        usize::try_from(e.evaluate(&|_| index as i64, &|_, _| 0)).unwrap_or(usize::MAX)
    };
    debug_assert!(shape.as_ref().is_none_or(|e| {
        let mut only = true;
        e.for_each_label(&mut |l| only &= l == LETTER);
        only
    }));
    shape.as_ref().map_or(index, evaluate)
}

/// A basis of a factor's algebra, sorted by the symmetry of the generators' matrices.
#[derive(Clone, Debug, Default)]
pub struct Split {
    /// Symmetric, translations among them: 𝔭, the generators that have charges.
    pub symmetric: Vec<AffineField>,
    /// Antisymmetric: 𝔨.
    pub antisymmetric: Vec<AffineField>,
    /// Neither: their algebra is not closed under transposition.
    pub neither: Vec<AffineField>,
}

impl Split {
    /// All of them: symmetric, antisymmetric, neither.
    #[must_use]
    pub fn all(&self) -> Vec<AffineField> {
        [
            self.symmetric.clone(),
            self.antisymmetric.clone(),
            self.neither.clone(),
        ]
        .concat()
    }
}

/// A basis of the factor's algebra, `dimension` affine fields on θ.
pub(super) fn of(factor: &Factor, model: &Model) -> Split {
    let layout = Layout::new(model);
    let mut split = Split::default();
    match &factor.action {
        Action::Bond(bond) => {
            [split.symmetric, split.antisymmetric] = of_bond(bond, &layout);
        }
        Action::Scaling(scaling) => {
            let fields = of_scaling(scaling, &layout);
            match scaling.kind {
                Kind::Scale => split.symmetric = fields,
                Kind::Phase => split.antisymmetric = fields,
            }
        }
        Action::Shift(shift) => {
            let fields = of_shift(shift, model, &layout);
            if shift.parts.iter().any(|p| matches!(p.how, How::Along(..))) {
                split.neither = fields;
            } else {
                split.symmetric = fields;
            }
        }
    }
    split
}

/// A square matrix with few entries: (row, column, re, im).
type Sparse = Vec<(usize, usize, f64, f64)>;

/// The k-th vector of Helmert's orthonormal basis of the complement of the ones, 1 ≤ k < n.
fn helmert(n: usize, k: usize) -> Vec<f64> {
    let norm = ((k * (k + 1)) as f64).sqrt();
    let entry = |i: usize| match i.cmp(&k) {
        std::cmp::Ordering::Less => 1.0 / norm,
        std::cmp::Ordering::Equal => -(k as f64) / norm,
        std::cmp::Ordering::Greater => 0.0,
    };
    (0..n).map(entry).collect()
}

/// Symmetric (Hermitian) and antisymmetric (anti-Hermitian) matrices of a group, each orthonormal:
/// 𝔭 and 𝔨 in the defining matrices (theory §1). Of trace zero: the diagonal in Helmert's basis.
fn basis(group: &Group, n: usize, traceless: bool) -> [Vec<Sparse>; 2] {
    let h = FRAC_1_SQRT_2;
    let pairs: Vec<(usize, usize)> = (0..n)
        .flat_map(|i| (i + 1..n).map(move |j| (i, j)))
        .collect();
    let each = |f: &dyn Fn(usize, usize) -> Sparse| -> Vec<Sparse> {
        pairs.iter().map(|(i, j)| f(*i, *j)).collect()
    };
    let turns = || each(&|i, j| vec![(i, j, h, 0.0), (j, i, -h, 0.0)]);
    let swaps = || each(&|i, j| vec![(i, j, h, 0.0), (j, i, h, 0.0)]);
    let imaginary_turns = || each(&|i, j| vec![(i, j, 0.0, h), (j, i, 0.0, -h)]);
    let imaginary_swaps = || each(&|i, j| vec![(i, j, 0.0, h), (j, i, 0.0, h)]);
    let diagonal = |re: f64, im: f64| -> Vec<Sparse> {
        if !traceless {
            return (0..n).map(|i| vec![(i, i, re, im)]).collect();
        }
        (1..n)
            .map(|k| {
                let entries = helmert(n, k).into_iter().enumerate();
                entries
                    .filter(|(_, x)| *x != 0.0)
                    .map(|(i, x)| (i, i, re * x, im * x))
                    .collect()
            })
            .collect()
    };
    match group {
        Group::GeneralLinear(Field::Real) => [[diagonal(1.0, 0.0), swaps()].concat(), turns()],
        Group::GeneralLinear(Field::Complex) => [
            [diagonal(1.0, 0.0), swaps(), imaginary_turns()].concat(),
            [diagonal(0.0, 1.0), turns(), imaginary_swaps()].concat(),
        ],
        Group::Orthogonal(Field::Real) => [Vec::new(), turns()],
        Group::Orthogonal(Field::Complex) => [imaginary_turns(), turns()],
        Group::Unitary => [
            Vec::new(),
            [diagonal(0.0, 1.0), turns(), imaginary_swaps()].concat(),
        ],
        Group::PlaneRotations(planes) => {
            let turn = |(i, j): &(usize, usize)| vec![(*i, *j, h, 0.0), (*j, *i, -h, 0.0)];
            [Vec::new(), planes.iter().map(turn).collect()]
        }
        Group::OrthogonalFixingOnes => [Vec::new(), fixing_ones(n)],
    }
}

/// Turns in the planes of Helmert's basis.
fn fixing_ones(n: usize) -> Vec<Sparse> {
    let mut found = Vec::new();
    for a in 1..n {
        for b in a + 1..n {
            let (u, v) = (helmert(n, a), helmert(n, b));
            let all = (0..n).flat_map(|i| (0..n).map(move |j| (i, j)));
            let entry =
                |(i, j): (usize, usize)| (i, j, FRAC_1_SQRT_2 * (u[i] * v[j] - v[i] * u[j]), 0.0);
            found.push(all.map(entry).filter(|e| e.2 != 0.0).collect());
        }
    }
    found
}

/// Symmetric and antisymmetric generators of a bond.
fn of_bond(bond: &Bond, layout: &Layout) -> [Vec<AffineField>; 2] {
    let halves = basis(&bond.group, bond.size as usize, bond.traceless);
    let slots: Vec<_> = bond
        .slots
        .iter()
        .map(|(tensor, axes, twist)| {
            let places = of_slot(bond, layout, *tensor, axes);
            (places, *twist, layout.width[tensor] == 2)
        })
        .collect();
    halves.map(|elements| {
        let mut fields = Vec::new();
        for copy in 0..bond.copies() as usize {
            for element in &elements {
                let mut field = AffineField::default();
                for (places, twist, complex) in &slots {
                    act(&mut field, &places[copy], *twist, *complex, element);
                }
                fields.push(field);
            }
        }
        fields
    })
}

/// Adds the action of one matrix on the entries of one slot.
fn act(
    field: &mut AffineField,
    places: &[Vec<usize>],
    twist: Twist,
    complex: bool,
    element: &Sparse,
) {
    let columns = places.first().map_or(0, Vec::len);
    let entries = (0..columns).flat_map(|c| element.iter().map(move |e| (c, e)));
    for (column, &(i, j, re, im)) in entries {
        // The dual of X is −Xᵀ, the conjugate X̄.
        let (row, from, sign) = if twist.is_dual() {
            (j, i, -1.0)
        } else {
            (i, j, 1.0)
        };
        let im = if twist.is_conjugate() { -im } else { im };
        let (to, from) = (places[row][column], places[from][column]);
        if re != 0.0 {
            field.linear.push((to, from, sign * re));
            if complex {
                field.linear.push((to + 1, from + 1, sign * re));
            }
        }
        if im != 0.0 && complex {
            field.linear.push((to, from + 1, -sign * im));
            field.linear.push((to + 1, from, sign * im));
        }
    }
}

fn of_scaling(scaling: &Scaling, layout: &Layout) -> Vec<AffineField> {
    let (count, weights) = family(&scaling.sizes, scaling.components.as_deref());
    let mut fields = vec![AffineField::default(); count];
    for part in &scaling.parts {
        let (mut items, mut at) = (Vec::new(), layout.offset[&part.tensor]);
        let width = layout.width[&part.tensor];
        for_each_index(&layout.shape[&part.tensor], |index| {
            items.clear();
            let values = part.axes.iter();
            items.extend(values.map(|(a, shape)| value_of(shape, index[*a])));
            weights.at(&items, &mut |number, weight| {
                let (linear, weight) = (&mut fields[number].linear, weight * part.exponent);
                match (scaling.kind, width) {
                    (Kind::Scale, 1) => linear.push((at, at, weight)),
                    (Kind::Scale, _) => {
                        linear.extend([(at, at, weight), (at + 1, at + 1, weight)]);
                    }
                    (Kind::Phase, _) => {
                        linear.extend([(at, at + 1, -weight), (at + 1, at, weight)]);
                    }
                }
            });
            // Entries are visited in the order in which they lie.
            at += width;
        });
    }
    fields
}

/// One field for each function of the family and each real coordinate of its values.
fn of_shift(shift: &Shift, model: &Model, layout: &Layout) -> Vec<AffineField> {
    let (count, weights) = family(&shift.sizes, shift.components.as_deref());
    let mut fields = vec![AffineField::default(); count * shift.width];
    for part in &shift.parts {
        let rank = layout.shape[&part.tensor].len();
        let mut shape = layout.shape[&part.tensor].clone();
        shape.extend(part.bound.iter().map(|a| model.axis_size(*a) as usize));
        let mut items = Vec::new();
        for_each_index(&shape, |index| {
            let value = |l: Label| match l.0 {
                BOUND.. => index[rank + (l.0 - BOUND) as usize] as i64,
                p => index[p as usize] as i64,
            };
            let read = |e: &IndexExpr| {
                usize::try_from(e.evaluate(&value, &|_, _| 0)).unwrap_or(usize::MAX)
            };
            items.clear();
            items.extend(
                part.items
                    .iter()
                    .map(|(at, shape)| value_of(shape, read(at))),
            );
            let row = layout.at(part.tensor, &index[..rank]);
            weights.at(&items, &mut |number, weight| {
                let weight = weight * part.coefficient;
                for w in 0..shift.width {
                    let field = &mut fields[number * shift.width + w];
                    match &part.how {
                        How::Constant => field.constant.push((row + w, weight)),
                        How::Scale => field.linear.push((row, row, weight)),
                        How::Along(other, at) => {
                            let at: Vec<usize> = at.iter().map(read).collect();
                            let column = layout.at(*other, &at);
                            field.linear.push((row + w, column, weight));
                            if layout.width[other] == 2 {
                                // i(a + ib) = −b + ia.
                                let sign = if w == 0 { 1.0 } else { -1.0 };
                                field.linear.push((row + 1 - w, column + 1, sign * weight));
                            }
                        }
                    }
                }
            });
        });
    }
    fields
}
