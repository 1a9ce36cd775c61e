//! The affine fields among which the numerical search looks: unknown coefficients, each of which
//! may stand for many entries of A that are equal.

use crate::field::AffineField;
use std::collections::{BTreeMap, HashMap};
use std::ops::{AddAssign, Mul};
use symbias_model::Model;
use symbias_model::expression::TensorId;

/// Parameters up to which translations are searched.
const TRANSLATED: usize = 500;

/// Row of A and b, column of A (`None`: the constant b), weight.
type Entry = (usize, Option<usize>, f64);

/// A linear space of affine fields, with a basis.
#[derive(Clone, Debug)]
pub(super) struct Ansatz {
    pub unknowns: Vec<Vec<Entry>>,
    /// In words.
    pub among: String,
}

/// A number of the equations: f64, or an element of a prime field.
pub(super) trait Number: Copy + Mul<Output = Self> + AddAssign {
    const ZERO: Self;
    fn of(x: f64) -> Self;
}

impl Number for f64 {
    const ZERO: f64 = 0.0;
    fn of(x: f64) -> f64 {
        x
    }
}

impl Number for super::Exact {
    const ZERO: Self = symbias_numerics::field::Fp::ZERO;
    fn of(x: f64) -> Self {
        symbias_model::scalar::Exact::of(x).residue
    }
}

impl Ansatz {
    /// All affine fields on ℝᵈ.
    pub fn everything(d: usize) -> Ansatz {
        let linear = (0..d * d).map(|k| vec![(k / d, Some(k % d), 1.0)]);
        let constant = (0..d).map(|row| vec![(row, None, 1.0)]);
        Ansatz {
            unknowns: linear.chain(constant).collect(),
            among: "all affine fields".to_owned(),
        }
    }

    /// Rescaling of each entry, translations, mixing along one axis of one tensor, one parameter
    /// entering another along their common axes; as fine as `budget` unknowns allow.
    pub fn structured(model: &Model, budget: usize) -> Option<Ansatz> {
        let d = model.space().dim();
        let mut unknowns: Vec<Vec<Entry>> = (0..d).map(|i| vec![(i, Some(i), 1.0)]).collect();
        let translations = if d <= TRANSLATED {
            unknowns.extend((0..d).map(|row| vec![(row, None, 1.0)]));
            "translations, "
        } else {
            ""
        };
        let layout = Layout::new(model);
        // i·z of a complex entry.
        for (offset, count) in layout.complex() {
            unknowns.extend((0..count).map(|i| {
                let re = offset + 2 * i;
                vec![(re, Some(re + 1), -1.0), (re + 1, Some(re), 1.0)]
            }));
        }
        let crossed = layout.crossed();
        let plain = layout.mixing(&|_| 0);
        if unknowns.len() + crossed.len() > budget {
            return None;
        }
        if unknowns.len() + plain.len() + crossed.len() > budget {
            unknowns.extend(crossed);
            let among = format!(
                "rescaling of entries, {translations}one parameter added to another, what the rules found"
            );
            return Some(Ansatz { unknowns, among });
        }
        // Mixing that may depend on one of the other axes: the finest that fits.
        let mut mixing = plain;
        let mut words = "mixing along single axes";
        let finest = layout.mixing(&|axes| axes);
        if unknowns.len() + finest.len() + crossed.len() <= budget {
            (mixing, words) = (
                finest,
                "mixing along single axes for each value of the others",
            );
        } else {
            let first = layout.mixing(&|axes| axes.min(1));
            if unknowns.len() + first.len() + crossed.len() <= budget {
                (mixing, words) = (
                    first,
                    "mixing along single axes for each value of the first other one",
                );
            }
        }
        unknowns.extend(mixing);
        unknowns.extend(crossed);
        Some(Ansatz {
            unknowns,
            among: format!(
                "rescaling of entries, {translations}{words}, one parameter added to another"
            ),
        })
    }

    /// Adds unknowns until all of these fields can be expressed. The entries of the unknowns so
    /// far do not overlap, so that what they leave of a field is a projection.
    pub fn include(&mut self, fields: &[AffineField]) {
        let mut place: HashMap<(usize, Option<usize>), (usize, f64)> = HashMap::new();
        for (u, entries) in self.unknowns.iter().enumerate() {
            place.extend(
                entries
                    .iter()
                    .map(|&(row, column, weight)| ((row, column), (u, weight))),
            );
        }
        let norms: Vec<f64> = self
            .unknowns
            .iter()
            .map(|entries| entries.iter().map(|e| e.2 * e.2).sum())
            .collect();
        let mut orthogonal: Vec<Sparse> = Vec::new();
        for field in fields {
            let mut left = merged(field);
            let size = square(&left);
            let mut along: BTreeMap<usize, f64> = BTreeMap::new();
            for (key, x) in &left {
                if let Some((u, weight)) = place.get(key) {
                    *along.entry(*u).or_insert(0.0) += x * weight / norms[*u];
                }
            }
            for (u, c) in along {
                for &(row, column, weight) in &self.unknowns[u] {
                    *left.entry((row, column)).or_insert(0.0) -= c * weight;
                }
            }
            for other in &orthogonal {
                let dot: f64 = other
                    .iter()
                    .filter_map(|(key, x)| left.get(key).map(|y| x * y))
                    .sum();
                if dot != 0.0 {
                    for (key, x) in other {
                        *left.entry(*key).or_insert(0.0) -= dot * x;
                    }
                }
            }
            let rest = square(&left);
            if rest > 1e-16 * size {
                left.values_mut().for_each(|x| *x /= rest.sqrt());
                let entries = merged(field).into_iter();
                self.unknowns
                    .push(entries.map(|((row, column), x)| (row, column, x)).collect());
                orthogonal.push(left);
            }
        }
    }

    /// The equation ⟨j, Aθ + b⟩ = 0 in the unknowns.
    pub fn equation<T: Number>(&self, j: &[T], theta: &[T], constants: bool) -> Vec<T> {
        self.unknowns
            .iter()
            .map(|entries| {
                let mut sum = T::ZERO;
                for &(row, column, weight) in entries {
                    let value = match column {
                        Some(column) => theta[column],
                        None if constants => T::of(1.0),
                        None => continue,
                    };
                    let term = j[row] * value;
                    sum += if weight == 1.0 {
                        term
                    } else {
                        term * T::of(weight)
                    };
                }
                sum
            })
            .collect()
    }

    /// The unknowns that have no constant part.
    pub fn linear_part(&self) -> Ansatz {
        let linear = |entries: &&Vec<Entry>| entries.iter().all(|e| e.1.is_some());
        Ansatz {
            unknowns: self.unknowns.iter().filter(linear).cloned().collect(),
            among: self.among.clone(),
        }
    }

    /// The field with these coefficients.
    pub fn field(&self, coefficients: &[f64]) -> AffineField {
        let mut field = AffineField::default();
        for (entries, c) in self.unknowns.iter().zip(coefficients) {
            if *c != 0.0 {
                for &(row, column, weight) in entries {
                    match column {
                        Some(column) => field.linear.push((row, column, c * weight)),
                        None => field.constant.push((row, c * weight)),
                    }
                }
            }
        }
        field
    }
}

/// A field by position in (A, b).
type Sparse = BTreeMap<(usize, Option<usize>), f64>;

fn square(x: &Sparse) -> f64 {
    x.values().map(|x| x * x).sum()
}

/// The entries of a field that are not zero, repeated positions added up.
fn merged(field: &AffineField) -> Sparse {
    let mut entries = Sparse::new();
    let linear = field
        .linear
        .iter()
        .map(|&(row, column, x)| ((row, Some(column)), x));
    let constant = field.constant.iter().map(|&(row, x)| ((row, None), x));
    for (key, x) in linear.chain(constant) {
        *entries.entry(key).or_insert(0.0) += x;
    }
    entries.retain(|_, x| *x != 0.0);
    entries
}

/// Parameters in θ.
struct Layout<'a> {
    model: &'a Model,
    tensors: Vec<(TensorId, usize, Vec<usize>, usize)>,
}

impl Layout<'_> {
    fn new(model: &Model) -> Layout<'_> {
        let space = model.space();
        let tensors = model
            .parameters()
            .zip(space.blocks())
            .map(|(id, b)| (id, b.offset, b.shape.clone(), b.field.width()))
            .collect();
        Layout { model, tensors }
    }

    fn complex(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let complex = self.tensors.iter().filter(|t| t.3 == 2);
        complex.map(|t| (t.1, t.2.iter().product()))
    }

    /// X_ij (i ≠ j) along each axis, one per value of the first `batched(other axes)` other axes.
    fn mixing(&self, batched: &dyn Fn(usize) -> usize) -> Vec<Vec<Entry>> {
        let mut found = Vec::new();
        for (_, offset, shape, width) in &self.tensors {
            for (axis, &n) in shape.iter().enumerate() {
                let others: Vec<usize> = (0..shape.len()).filter(|a| *a != axis).collect();
                let (outer, inner) = others.split_at(batched(others.len()));
                for_each(shape, outer, &mut |fixed| {
                    for i in 0..n {
                        for j in (0..n).filter(|j| *j != i) {
                            // Complex entries mix with real and imaginary coefficients.
                            for turn in 0..*width {
                                let mut entries = Vec::new();
                                for_each(shape, inner, &mut |rest| {
                                    let at = |value: usize| {
                                        let mut index = vec![0; shape.len()];
                                        index[axis] = value;
                                        outer.iter().zip(fixed).for_each(|(a, v)| index[*a] = *v);
                                        inner.iter().zip(rest).for_each(|(a, v)| index[*a] = *v);
                                        offset
                                            + width
                                                * index
                                                    .iter()
                                                    .zip(shape)
                                                    .fold(0, |f, (k, n)| f * n + k)
                                    };
                                    let (row, column) = (at(i), at(j));
                                    match (width, turn) {
                                        (1, _) => entries.push((row, Some(column), 1.0)),
                                        (_, 0) => entries.extend([
                                            (row, Some(column), 1.0),
                                            (row + 1, Some(column + 1), 1.0),
                                        ]),
                                        _ => entries.extend([
                                            (row, Some(column + 1), -1.0),
                                            (row + 1, Some(column), 1.0),
                                        ]),
                                    }
                                });
                                found.push(entries);
                            }
                        }
                    }
                });
            }
        }
        found
    }

    /// δT[i…] = c_e U[e…, i…] for parameters T whose axes are among those of U.
    fn crossed(&self) -> Vec<Vec<Entry>> {
        let mut found = Vec::new();
        for (t, t_offset, t_shape, width) in &self.tensors {
            for (u, u_offset, u_shape, other) in &self.tensors {
                let (t_axes, u_axes) = (&self.model.tensor(*t).axes, &self.model.tensor(*u).axes);
                let mut rest: Vec<usize> = (0..u_axes.len()).collect();
                let places: Option<Vec<usize>> = t_axes
                    .iter()
                    .map(|a| {
                        let found = rest.iter().position(|p| u_axes[*p] == *a)?;
                        Some(rest.remove(found))
                    })
                    .collect();
                let Some(places) = places.filter(|_| t != u && width == other) else {
                    continue;
                };
                for_each(u_shape, &rest, &mut |extra| {
                    let mut entries = Vec::new();
                    let all: Vec<usize> = (0..t_shape.len()).collect();
                    for_each(t_shape, &all, &mut |index| {
                        let mut inner = vec![0; u_shape.len()];
                        rest.iter().zip(extra).for_each(|(p, v)| inner[*p] = *v);
                        places.iter().zip(index).for_each(|(p, v)| inner[*p] = *v);
                        let flat = |shape: &[usize], index: &[usize]| {
                            index.iter().zip(shape).fold(0, |f, (k, n)| f * n + k)
                        };
                        for part in 0..*width {
                            let row = t_offset + width * flat(t_shape, index) + part;
                            let column = u_offset + width * flat(u_shape, &inner) + part;
                            entries.push((row, Some(column), 1.0));
                        }
                    });
                    found.push(entries);
                });
            }
        }
        found
    }
}

/// Visits all values of some axes of a shape.
fn for_each(shape: &[usize], axes: &[usize], visit: &mut dyn FnMut(&[usize])) {
    let count: usize = axes.iter().map(|a| shape[*a]).product();
    let mut index = vec![0; axes.len()];
    for mut flat in 0..count {
        for (slot, a) in index.iter_mut().zip(axes).rev() {
            *slot = flat % shape[*a];
            flat /= shape[*a];
        }
        visit(&index);
    }
}
