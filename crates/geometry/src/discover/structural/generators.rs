//! Generators of a factor as affine fields on the flat parameter vector.
//!
//! Bases: E_ij (and i·E_ij) for general linear groups, E_ij − E_ji over √2 for orthogonal ones,
//! indicator functions for scalings and shifts; theory §1 (Gram matrix) names the normalisation.

use super::bonds::{Bond, Group, LETTER, Shape};
use super::factor::{Action, Factor};
use super::scaling::{Scaling, Span};
use super::shift::Shift;
use super::slots::Twist;
use super::weights::Kind;
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

/// A basis of the factor's algebra, `dimension` affine fields on θ.
pub(super) fn of(factor: &Factor, model: &Model) -> Vec<AffineField> {
    let layout = Layout::new(model);
    match &factor.action {
        Action::Bond(bond) => of_bond(bond, model, &layout),
        Action::Scaling(scaling) => of_scaling(scaling, &layout),
        Action::Shift(shift) => of_shift(shift, model, &layout),
    }
}

/// A square matrix with few entries: (row, column, re, im).
type Sparse = Vec<(usize, usize, f64, f64)>;

/// Trace zero: the diagonal part in Helmert's basis, or i times it.
fn traceless(group: &Group, n: usize) -> Vec<Sparse> {
    let mut found: Vec<Sparse> = basis(group, n)
        .into_iter()
        .filter(|element| element.iter().all(|e| e.0 != e.1))
        .collect();
    let diagonal = |re: f64, im: f64| {
        (1..n).map(move |k| -> Sparse {
            helmert(n, k)
                .into_iter()
                .enumerate()
                .filter(|(_, x)| *x != 0.0)
                .map(|(i, x)| (i, i, re * x, im * x))
                .collect()
        })
    };
    match group {
        Group::GeneralLinear(Field::Real) => found.extend(diagonal(1.0, 0.0)),
        Group::GeneralLinear(Field::Complex) => {
            found.extend(diagonal(1.0, 0.0).chain(diagonal(0.0, 1.0)));
        }
        Group::Unitary => found.extend(diagonal(0.0, 1.0)),
        _ => {}
    }
    found
}

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

fn basis(group: &Group, n: usize) -> Vec<Sparse> {
    let h = FRAC_1_SQRT_2;
    let pairs = || (0..n).flat_map(move |i| (i + 1..n).map(move |j| (i, j)));
    let all = || (0..n).flat_map(move |i| (0..n).map(move |j| (i, j)));
    let turn = |i, j| vec![(i, j, h, 0.0), (j, i, -h, 0.0)];
    match group {
        Group::GeneralLinear(Field::Real) => all().map(|(i, j)| vec![(i, j, 1.0, 0.0)]).collect(),
        Group::GeneralLinear(Field::Complex) => all()
            .flat_map(|(i, j)| [vec![(i, j, 1.0, 0.0)], vec![(i, j, 0.0, 1.0)]])
            .collect(),
        Group::Orthogonal(Field::Real) => pairs().map(|(i, j)| turn(i, j)).collect(),
        Group::Orthogonal(Field::Complex) => pairs()
            .flat_map(|(i, j)| [turn(i, j), vec![(i, j, 0.0, h), (j, i, 0.0, -h)]])
            .collect(),
        Group::Unitary => {
            let diagonal = (0..n).map(|i| vec![(i, i, 0.0, 1.0)]);
            diagonal
                .chain(
                    pairs().flat_map(|(i, j)| [turn(i, j), vec![(i, j, 0.0, h), (j, i, 0.0, h)]]),
                )
                .collect()
        }
        Group::PlaneRotations(planes) => planes.iter().map(|(i, j)| turn(*i, *j)).collect(),
        Group::OrthogonalFixingOnes => {
            let mut found = Vec::new();
            for a in 1..n {
                for b in a + 1..n {
                    let (u, v) = (helmert(n, a), helmert(n, b));
                    found.push(
                        all()
                            .map(|(i, j)| (i, j, h * (u[i] * v[j] - v[i] * u[j]), 0.0))
                            .filter(|e| e.2 != 0.0)
                            .collect(),
                    );
                }
            }
            found
        }
    }
}

fn of_bond(bond: &Bond, model: &Model, layout: &Layout) -> Vec<AffineField> {
    let n = bond.size as usize;
    let counts: Vec<usize> = bond.dependences.iter().map(|d| d.size as usize).collect();
    let elements = if bond.traceless {
        traceless(&bond.group, n)
    } else {
        basis(&bond.group, n)
    };
    let mut fields = Vec::new();
    for_each_index(&counts, |copy| {
        for element in &elements {
            let mut field = AffineField::default();
            for (tensor, axes, twist) in &bond.slots {
                act(
                    &mut field,
                    bond,
                    model,
                    layout,
                    (*tensor, axes, *twist),
                    copy,
                    element,
                );
            }
            fields.push(field);
        }
    });
    fields
}

/// Adds the action of one matrix on one slot.
fn act(
    field: &mut AffineField,
    bond: &Bond,
    model: &Model,
    layout: &Layout,
    (tensor, axes, twist): (TensorId, &[usize], Twist),
    copy: &[usize],
    element: &Sparse,
) {
    let shape = &layout.shape[&tensor];
    let others: Vec<usize> = (0..shape.len()).filter(|a| !axes.contains(a)).collect();
    let other_shape: Vec<usize> = others.iter().map(|a| shape[*a]).collect();
    let complex = model.tensor(tensor).field == Field::Complex;
    for_each_index(&other_shape, |rest| {
        let mut index = vec![0; shape.len()];
        for (a, i) in others.iter().zip(rest) {
            index[*a] = *i;
        }
        let selected = bond.dependences.iter().zip(copy).all(|(d, c)| {
            let (axis, function) = &d.at[&tensor];
            value_of(function, index[*axis]) == *c
        });
        if !selected {
            return;
        }
        let mut place = |joint: usize| {
            let mut rest = joint;
            for a in axes.iter().rev() {
                index[*a] = rest % shape[*a];
                rest /= shape[*a];
            }
            layout.at(tensor, &index)
        };
        for &(i, j, re, im) in element {
            // The dual of X is −Xᵀ, the conjugate X̄.
            let (row, column, sign) = if twist.is_dual() {
                (j, i, -1.0)
            } else {
                (i, j, 1.0)
            };
            let im = if twist.is_conjugate() { -im } else { im };
            let (to, from) = (place(row), place(column));
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
    });
}

/// Functions of one item that span what `span` says, as (value → number).
fn functions(span: &Span, n: usize) -> Vec<Vec<(usize, f64)>> {
    match span {
        Span::Constant => vec![(0..n).map(|i| (i, 1.0)).collect()],
        Span::Centred => (0..n - 1).map(|i| vec![(i, 1.0), (n - 1, -1.0)]).collect(),
        Span::Coarse(shape, m) => {
            let last = *m as usize - 1;
            let value = |i: usize, v: usize| {
                f64::from(value_of(shape, i) == v) - f64::from(value_of(shape, i) == last)
            };
            (0..last)
                .map(|v| {
                    (0..n)
                        .map(|i| (i, value(i, v)))
                        .filter(|f| f.1 != 0.0)
                        .collect()
                })
                .collect()
        }
        Span::Fibre(shape) => {
            let mut found = Vec::new();
            for i in 0..n {
                let last = (0..n)
                    .rev()
                    .find(|k| value_of(shape, *k) == value_of(shape, i))
                    .unwrap_or(i);
                if last != i {
                    found.push(vec![(i, 1.0), (last, -1.0)]);
                }
            }
            found
        }
    }
}

/// Product functions over several items as (multi-index → number).
pub(crate) fn product_functions(spans: &[Span], sizes: &[usize]) -> Vec<Vec<(Vec<usize>, f64)>> {
    spans
        .iter()
        .zip(sizes)
        .fold(vec![vec![(Vec::new(), 1.0)]], |all, (span, n)| {
            let one = functions(span, *n);
            all.iter()
                .flat_map(|f| {
                    one.iter().map(move |g| {
                        f.iter()
                            .flat_map(|(index, x)| {
                                g.iter().map(move |(i, y)| {
                                    (index.iter().copied().chain([*i]).collect(), x * y)
                                })
                            })
                            .collect()
                    })
                })
                .collect()
        })
}

fn of_scaling(scaling: &Scaling, layout: &Layout) -> Vec<AffineField> {
    let sizes: Vec<usize> = scaling.sizes.iter().map(|n| *n as usize).collect();
    let mut alphas: Vec<Vec<(Vec<usize>, f64)>> = Vec::new();
    match &scaling.components {
        None => for_each_index(&sizes, |index| alphas.push(vec![(index.to_vec(), 1.0)])),
        Some(components) => components
            .iter()
            .for_each(|spans| alphas.extend(product_functions(spans, &sizes))),
    }
    let mut fields = vec![AffineField::default(); alphas.len()];
    // Which generators have a weight at a value of the items: entries are visited once, for all.
    let mut weights: HashMap<Vec<usize>, Vec<(usize, f64)>> = HashMap::new();
    for (number, alpha) in alphas.into_iter().enumerate() {
        // The last of equal indices counts, as in a map.
        let alpha: HashMap<Vec<usize>, f64> = alpha.into_iter().collect();
        for (items, weight) in alpha {
            weights.entry(items).or_default().push((number, weight));
        }
    }
    for part in &scaling.parts {
        let mut items = Vec::new();
        for_each_index(&layout.shape[&part.tensor], |index| {
            items.clear();
            let values = part.axes.iter();
            items.extend(values.map(|(a, shape)| value_of(shape, index[*a])));
            let at = layout.at(part.tensor, index);
            for (number, weight) in weights.get(&items).into_iter().flatten() {
                let (linear, weight) = (&mut fields[*number].linear, weight * part.exponent);
                match (scaling.kind, layout.width[&part.tensor]) {
                    (Kind::Scale, 1) => linear.push((at, at, weight)),
                    (Kind::Scale, _) => {
                        linear.extend([(at, at, weight), (at + 1, at + 1, weight)]);
                    }
                    (Kind::Phase, _) => {
                        linear.extend([(at, at + 1, -weight), (at + 1, at, weight)]);
                    }
                }
            }
        });
    }
    fields
}

fn of_shift(shift: &Shift, model: &Model, layout: &Layout) -> Vec<AffineField> {
    let shape = layout.shape[&shift.tensor].clone();
    let mut alphas: Vec<HashMap<Vec<usize>, f64>> = Vec::new();
    if shift.components.len() == 1 << shape.len() {
        for_each_index(&shape, |index| {
            alphas.push(HashMap::from([(index.to_vec(), 1.0)]))
        });
    } else {
        for component in &shift.components {
            let spans: Vec<Span> = (0..shape.len())
                .map(|a| {
                    if component.contains(&a) {
                        Span::Centred
                    } else {
                        Span::Constant
                    }
                })
                .collect();
            alphas.extend(
                product_functions(&spans, &shape)
                    .into_iter()
                    .map(|f| f.into_iter().collect()),
            );
        }
    }
    let mut fields = Vec::new();
    for alpha in alphas {
        for part in 0..layout.width[&shift.tensor] {
            let mut field = AffineField::default();
            let mut entries: Vec<(usize, f64)> = alpha
                .iter()
                .map(|(index, x)| (layout.at(shift.tensor, index) + part, *x))
                .collect();
            entries.sort_by_key(|e| e.0);
            field.constant.extend(entries);
            compensate(shift, model, layout, &alpha, &mut field);
            fields.push(field);
        }
    }
    fields
}

fn compensate(
    shift: &Shift,
    model: &Model,
    layout: &Layout,
    alpha: &HashMap<Vec<usize>, f64>,
    field: &mut AffineField,
) {
    let Some(c) = &shift.compensation else { return };
    let mut letters: Vec<Label> = c.letters.clone();
    letters.extend(c.summed.iter().filter(|l| !c.letters.contains(l)));
    let sizes: Vec<usize> = letters
        .iter()
        .map(|l| model.label_size(*l) as usize)
        .collect();
    for_each_index(&sizes, |values| {
        let read = |ls: &[Label]| -> Vec<usize> {
            ls.iter()
                .map(|l| letters.iter().position(|x| x == l).map_or(0, |p| values[p]))
                .collect()
        };
        let weight = alpha.get(&read(&c.source)).copied().unwrap_or(0.0);
        if weight != 0.0 {
            let row = layout.at(c.tensor, &read(&c.letters));
            match &c.through {
                Some((q, q_letters)) => {
                    field.linear.push((
                        row,
                        layout.at(*q, &read(q_letters)),
                        -c.coefficient * weight,
                    ));
                }
                None => field.constant.push((row, -c.coefficient * weight)),
            }
        }
    });
}
