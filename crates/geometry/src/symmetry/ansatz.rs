//! Affine fields that mix axes: a space with far fewer unknowns than all affine fields, for blocks that
//! are too large to be searched whole.
//!
//! δT[i, r] = Σ_j X_ij U[j, r]: an axis of one parameter is mixed with an axis of the same or another one
//! whose other axes agree, in any order; a parameter enters another whole where one has no such axis.
//! X is the same for all values of the other axes, or one for each, as finely as the budget allows.
//! Beside it every entry may be rescaled and translated.

use super::search::{Ansatz, Number};
use crate::field::AffineField;
use std::collections::BTreeMap;
use symbias_model::Model;
use symbias_model::expression::AxisId;

/// Row of A and b, column of A (`None`: the constant b), weight.
type Entry = (usize, Option<usize>, f64);

/// A linear space of affine fields by a spanning list: unknown coefficients, each of which stands for
/// many entries of A that are equal.
#[derive(Clone, Debug)]
pub(super) struct Mixing {
    unknowns: Vec<Vec<Entry>>,
}

/// A parameter in θ.
struct Tensor {
    offset: usize,
    shape: Vec<usize>,
    axes: Vec<AxisId>,
    width: usize,
}

impl Tensor {
    fn place(&self, index: &[usize]) -> usize {
        let flat = index
            .iter()
            .zip(&self.shape)
            .fold(0, |flat, (i, n)| flat * n + i);
        self.offset + flat * self.width
    }
}

/// An axis of a parameter, or none: then the parameter is mixed as a whole.
#[derive(Clone, Copy)]
struct Slot<'a> {
    tensor: &'a Tensor,
    number: usize,
    axis: Option<usize>,
}

impl Slot<'_> {
    fn size(&self) -> usize {
        self.axis.map_or(1, |a| self.tensor.shape[a])
    }

    fn others(&self) -> Vec<usize> {
        (0..self.tensor.shape.len())
            .filter(|a| Some(*a) != self.axis)
            .collect()
    }

    /// The place of an entry, by its value along the slot's axis and the other axes' values.
    fn place(&self, along: usize, others: &[usize], rest: &[usize]) -> usize {
        let mut index = vec![0; self.tensor.shape.len()];
        if let Some(axis) = self.axis {
            index[axis] = along;
        }
        others.iter().zip(rest).for_each(|(a, v)| index[*a] = *v);
        self.tensor.place(&index)
    }
}

impl Mixing {
    /// The finest such space with at most `budget` unknowns whose rows are among `moves`; `None` if even
    /// the coarsest has more.
    pub fn new(model: &Model, moves: &[bool], budget: usize) -> Option<Mixing> {
        let tensors = tensors(model);
        let slots = slots(&tensors);
        let mut best = None;
        for batched in 0..=3 {
            let mut unknowns = single(&tensors);
            for to in &slots {
                for from in &slots {
                    mix(to, from, batched, &mut unknowns);
                    if unknowns.len() > 64 * budget {
                        return best;
                    }
                }
            }
            for entries in &mut unknowns {
                entries.retain(|e| moves[e.0]);
            }
            unknowns.retain(|entries| !entries.is_empty());
            if unknowns.len() > budget {
                break;
            }
            best = Some(Mixing { unknowns });
        }
        best
    }
}

fn tensors(model: &Model) -> Vec<Tensor> {
    model
        .parameters()
        .zip(model.space().blocks())
        .map(|(id, block)| Tensor {
            offset: block.offset,
            shape: block.shape.clone(),
            axes: model.tensor(id).axes.clone(),
            width: block.field.width(),
        })
        .collect()
}

fn slots(tensors: &[Tensor]) -> Vec<Slot<'_>> {
    let of = |(number, tensor)| {
        let axes = (0..tensor_axes(tensor)).map(Some).chain([None]);
        axes.map(move |axis| Slot {
            tensor,
            number,
            axis,
        })
    };
    tensors.iter().enumerate().flat_map(of).collect()
}

fn tensor_axes(tensor: &Tensor) -> usize {
    tensor.shape.len()
}

/// Rescaling, translation and, of complex entries, turning of every entry by itself.
fn single(tensors: &[Tensor]) -> Vec<Vec<Entry>> {
    let mut found = Vec::new();
    for tensor in tensors {
        let count: usize = tensor.shape.iter().product();
        for place in tensor.offset..tensor.offset + count * tensor.width {
            found.push(vec![(place, Some(place), 1.0)]);
            found.push(vec![(place, None, 1.0)]);
        }
        for i in (0..count).filter(|_| tensor.width == 2) {
            let re = tensor.offset + 2 * i;
            found.push(vec![(re, Some(re + 1), -1.0), (re + 1, Some(re), 1.0)]);
        }
    }
    found
}

/// How the other axes of one slot can be those of another: for each of the first the second's.
fn matchings(to: &Slot<'_>, from: &Slot<'_>) -> Vec<Vec<usize>> {
    let (a, b) = (to.others(), from.others());
    if a.len() != b.len() {
        return Vec::new();
    }
    let same = |x: usize, y: usize| to.tensor.axes[x] == from.tensor.axes[y];
    let equal = |x: usize, y: usize| to.tensor.shape[x] == from.tensor.shape[y];
    let by_axis = bijections(&a, &b, &same);
    if by_axis.is_empty() {
        bijections(&a, &b, &equal)
    } else {
        by_axis
    }
}

fn bijections(a: &[usize], b: &[usize], fits: &dyn Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let Some((first, rest)) = a.split_first() else {
        return vec![Vec::new()];
    };
    let mut found = Vec::new();
    for (k, y) in b.iter().enumerate().filter(|(_, y)| fits(*first, **y)) {
        let left: Vec<usize> = b
            .iter()
            .copied()
            .enumerate()
            .filter(|e| e.0 != k)
            .map(|e| e.1)
            .collect();
        for mut tail in bijections(rest, &left, fits) {
            tail.insert(0, *y);
            found.push(tail);
        }
    }
    found
}

/// X_ij between two slots, one for each value of the first `batched` common axes.
fn mix(to: &Slot<'_>, from: &Slot<'_>, batched: usize, found: &mut Vec<Vec<Entry>>) {
    let own = to.number == from.number;
    if to.tensor.width != from.tensor.width || own && to.axis != from.axis {
        return;
    }
    let others = to.others();
    for matched in matchings(to, from) {
        // Along its own axis a parameter is mixed with itself in one way.
        if own && matched != others {
            continue;
        }
        let sizes: Vec<usize> = others.iter().map(|a| to.tensor.shape[*a]).collect();
        let (outer, inner) = sizes.split_at(batched.min(sizes.len()));
        for_each(outer, &mut |fixed| {
            for i in 0..to.size() {
                for j in (0..from.size()).filter(|j| !own || *j != i) {
                    for turn in 0..to.tensor.width {
                        let mut entries = Vec::new();
                        for_each(inner, &mut |rest| {
                            let at = [fixed, rest].concat();
                            let row = to.place(i, &others, &at);
                            let column = from.place(j, &matched, &at);
                            coupled(row, column, to.tensor.width, turn, &mut entries);
                        });
                        found.push(entries);
                    }
                }
            }
        });
    }
}

/// Entries mix with real, complex ones also with imaginary coefficients.
fn coupled(row: usize, column: usize, width: usize, turn: usize, entries: &mut Vec<Entry>) {
    match (width, turn) {
        (1, _) => entries.push((row, Some(column), 1.0)),
        (_, 0) => entries.extend([(row, Some(column), 1.0), (row + 1, Some(column + 1), 1.0)]),
        _ => entries.extend([(row, Some(column + 1), -1.0), (row + 1, Some(column), 1.0)]),
    }
}

/// Visits all multi-indices of a shape.
fn for_each(shape: &[usize], visit: &mut dyn FnMut(&[usize])) {
    let mut index = vec![0; shape.len()];
    for mut flat in 0..shape.iter().product::<usize>() {
        for (slot, n) in index.iter_mut().zip(shape).rev() {
            *slot = flat % n;
            flat /= n;
        }
        visit(&index);
    }
}

impl Ansatz for Mixing {
    fn unknowns(&self) -> usize {
        self.unknowns.len()
    }

    fn equation<T: Number>(&self, j: &[T], theta: &[T]) -> Vec<T> {
        let value = |&(row, column, weight): &Entry| {
            let term = match column {
                Some(column) => j[row] * theta[column],
                None => j[row],
            };
            if weight == 1.0 {
                term
            } else {
                term * T::of(weight)
            }
        };
        let sum = |entries: &Vec<Entry>| {
            let mut sum = T::of(0.0);
            entries.iter().for_each(|e| sum += value(e));
            sum
        };
        self.unknowns.iter().map(sum).collect()
    }

    fn errors(&self, errors: &[f64], theta: &[f64]) -> Vec<f64> {
        let value = |&(row, column, _): &Entry| match column {
            Some(column) => errors[row] * theta[column].abs(),
            None => errors[row],
        };
        let sum = |entries: &Vec<Entry>| entries.iter().map(value).sum();
        self.unknowns.iter().map(sum).collect()
    }

    fn field(&self, coefficients: &[f64]) -> AffineField {
        let mut entries: BTreeMap<(usize, Option<usize>), f64> = BTreeMap::new();
        for (list, c) in self
            .unknowns
            .iter()
            .zip(coefficients)
            .filter(|(_, c)| **c != 0.0)
        {
            for &(row, column, weight) in list {
                *entries.entry((row, column)).or_default() += c * weight;
            }
        }
        let size = entries.values().fold(0.0_f64, |m, x| m.max(x.abs()));
        let mut field = AffineField::default();
        for ((row, column), x) in entries {
            match column {
                _ if x.abs() <= 1e-10 * size => {}
                Some(column) => field.linear.push((row, column, x)),
                None => field.constant.push((row, x)),
            }
        }
        field
    }
}
