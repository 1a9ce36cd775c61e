//! The bracket of affine fields: the commutator of the affine matrices,
//! `[(A, b), (C, e)] = (AC − CA, Ae − Cb)`.
//!
//! This is minus the Lie bracket of the vector fields ξ = Aθ + b and η = Cθ + e, which is
//! `Dη·ξ − Dξ·η`; the sign changes no dimension, no form and no name.

use crate::field::AffineField;
use std::collections::BTreeMap;

/// Position (row, column) of an entry of (A, b); the column of b is [`CONSTANT`].
pub(crate) type Key = (usize, usize);

/// The column that stands for b.
pub(crate) const CONSTANT: usize = usize::MAX;

/// The entries of (A, b) sorted by position, without repeats or zeros.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Entries(pub Vec<(Key, f64)>);

impl Entries {
    pub(crate) fn of(field: &AffineField) -> Entries {
        let linear = field.linear.iter().map(|&(r, c, v)| ((r, c), v));
        let constant = field.constant.iter().map(|&(r, v)| ((r, CONSTANT), v));
        Entries::collect(linear.chain(constant))
    }

    /// Adds up repeated positions and drops exact zeros.
    pub(crate) fn collect(entries: impl IntoIterator<Item = (Key, f64)>) -> Entries {
        let mut all: Vec<(Key, f64)> = entries.into_iter().collect();
        all.sort_unstable_by_key(|e| e.0);
        all.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        all.retain(|e| e.1 != 0.0);
        Entries(all)
    }

    pub(crate) fn field(&self) -> AffineField {
        let mut field = AffineField::default();
        for &((row, column), value) in &self.0 {
            if column == CONSTANT {
                field.constant.push((row, value));
            } else {
                field.linear.push((row, column, value));
            }
        }
        field
    }

    pub(crate) fn get(&self, key: Key) -> f64 {
        self.0
            .binary_search_by_key(&key, |e| e.0)
            .map_or(0.0, |at| self.0[at].1)
    }

    pub(crate) fn max_abs(&self) -> f64 {
        self.0.iter().fold(0.0, |top, e| top.max(e.1.abs()))
    }

    pub(crate) fn norm(&self) -> f64 {
        self.0.iter().map(|e| e.1 * e.1).sum::<f64>().sqrt()
    }

    pub(crate) fn scale(&mut self, by: f64) {
        self.0.iter_mut().for_each(|e| e.1 *= by);
    }

    /// self + scale · other, entries of magnitude ≤ `drop` left out.
    pub(crate) fn plus(&self, scale: f64, other: &Entries, drop: f64) -> Entries {
        let (mut a, mut b) = (
            self.0.iter().copied().peekable(),
            other.0.iter().copied().peekable(),
        );
        let mut out = Vec::with_capacity(self.0.len() + other.0.len());
        loop {
            let next = match (a.peek(), b.peek()) {
                (None, None) => return Entries(out),
                (Some(x), Some(y)) if x.0 == y.0 => (x.0, x.1 + scale * y.1),
                (Some(x), Some(y)) if x.0 < y.0 => *x,
                (Some(x), None) => *x,
                (_, Some(y)) => (y.0, scale * y.1),
            };
            a.next_if(|x| x.0 == next.0);
            b.next_if(|y| y.0 == next.0);
            if next.1.abs() > drop {
                out.push(next);
            }
        }
    }
}

/// Entries with an index by row, for repeated brackets.
pub(crate) struct Indexed<'a> {
    entries: &'a Entries,
    rows: BTreeMap<usize, std::ops::Range<usize>>,
}

impl<'a> Indexed<'a> {
    pub(crate) fn new(entries: &'a Entries) -> Indexed<'a> {
        let mut rows: BTreeMap<usize, std::ops::Range<usize>> = BTreeMap::new();
        for (at, e) in entries.0.iter().enumerate() {
            rows.entry(e.0.0).or_insert(at..at).end = at + 1;
        }
        Indexed { entries, rows }
    }

    /// scale · A (C | e), appended to `out`.
    fn times(&self, other: &Indexed, scale: f64, out: &mut Vec<(Key, f64)>) {
        for &((row, column), value) in &self.entries.0 {
            if let Some(range) = other.rows.get(&column) {
                for &((_, last), w) in &other.entries.0[range.clone()] {
                    out.push(((row, last), scale * value * w));
                }
            }
        }
    }

    /// The bracket of two fields.
    pub(crate) fn bracket(&self, other: &Indexed) -> Entries {
        let mut out = Vec::new();
        self.times(other, 1.0, &mut out);
        other.times(self, -1.0, &mut out);
        Entries::collect(out)
    }
}

/// `[ξ, η] = (AC − CA, Ae − Cb)` for ξ = Aθ + b and η = Cθ + e.
#[must_use]
pub fn bracket(xi: &AffineField, eta: &AffineField) -> AffineField {
    let (a, c) = (Entries::of(xi), Entries::of(eta));
    Indexed::new(&a).bracket(&Indexed::new(&c)).field()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bracket is minus `Dη·ξ − Dξ·η`, by its definition at a point.
    #[test]
    fn is_minus_the_bracket_of_vector_fields() {
        let xi = AffineField {
            linear: vec![(0, 1, 2.0), (1, 1, -1.0), (0, 1, 1.0)],
            constant: vec![(1, 0.5)],
        };
        let eta = AffineField {
            linear: vec![(1, 0, 3.0), (0, 0, 4.0)],
            constant: vec![(0, -2.0), (1, 1.0)],
        };
        let theta = [0.3, -1.7];
        let linear = |field: &AffineField, v: &[f64]| {
            let mut out = vec![0.0; 2];
            for &(r, c, x) in &field.linear {
                out[r] += x * v[c];
            }
            out
        };
        let (forward, backward) = (linear(&eta, &xi.at(&theta)), linear(&xi, &eta.at(&theta)));
        let found = bracket(&xi, &eta).at(&theta);
        for i in 0..2 {
            assert!((found[i] + forward[i] - backward[i]).abs() < 1e-14);
        }
    }

    #[test]
    fn sums_merge_positions() {
        let a = Entries::collect([((0, 1), 1.0), ((0, 0), 2.0), ((0, 1), -1.0)]);
        assert_eq!(a.0, vec![((0, 0), 2.0)]);
        let b = Entries::collect([((0, 0), 1.0), ((2, CONSTANT), 5.0)]);
        assert_eq!(a.plus(-2.0, &b, 1e-12).0, vec![((2, CONSTANT), -10.0)]);
    }
}
