//! The span of a list of affine fields as a reduced echelon basis, and its closure under brackets.
//!
//! In a reduced echelon basis the coordinates of a member are its entries at the pivots, so
//! structure constants need no linear solve, and sparse generators stay sparse.

use super::bracket::{Entries, Indexed, Key};
use super::decision::{self, RankDecision};
use crate::field::AffineField;
use std::collections::HashMap;

/// Entries below this, beside pivots of 1, are rounding.
const DUST: f64 = 1e-12;

/// A reduced echelon basis: 1 at its own pivot, 0 at the pivots of the others.
pub(crate) struct Span {
    pub(crate) rows: Vec<Entries>,
    index: HashMap<Key, usize>,
    pub(crate) decision: RankDecision,
}

impl Span {
    /// Gauss–Jordan elimination with complete pivoting; each vector is scaled to largest entry 1.
    pub(crate) fn of(vectors: Vec<Entries>) -> Span {
        let total = vectors.len();
        let mut open: Vec<Entries> = vectors
            .into_iter()
            .filter(|v| v.max_abs() > 0.0)
            .map(|mut v| {
                v.scale(1.0 / v.max_abs());
                v
            })
            .collect();
        let mut rows: Vec<Entries> = Vec::new();
        let mut pivots: Vec<Key> = Vec::new();
        let mut magnitudes: Vec<f64> = Vec::new();
        while let Some((at, key, top)) = largest(&open) {
            magnitudes.push(top);
            if top < decision::PIVOT {
                break;
            }
            let mut row = open.swap_remove(at);
            row.scale(1.0 / row.get(key));
            for other in rows.iter_mut().chain(open.iter_mut()) {
                let factor = other.get(key);
                if factor != 0.0 {
                    *other = other.plus(-factor, &row, DUST);
                    other.0.retain(|e| e.0 != key);
                }
            }
            rows.push(row);
            pivots.push(key);
        }
        let decision = decision::pivots("span of the generators", rows.len(), total, &magnitudes);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|&i| pivots[i]);
        let rows = order
            .iter()
            .map(|&i| std::mem::take(&mut rows[i]))
            .collect();
        let index = order
            .iter()
            .enumerate()
            .map(|(new, &old)| (pivots[old], new))
            .collect();
        Span {
            rows,
            index,
            decision,
        }
    }

    /// Coordinates of a vector, and what is left of it outside the span.
    pub(crate) fn coordinates(&self, vector: &Entries) -> (Vec<(usize, f64)>, Entries) {
        let mut coordinates = Vec::new();
        let mut rest = vector.clone();
        for &(key, value) in &vector.0 {
            if let Some(&i) = self.index.get(&key) {
                coordinates.push((i, value));
                rest = rest.plus(-value, &self.rows[i], 0.0);
            }
        }
        coordinates.sort_unstable_by_key(|c| c.0);
        (coordinates, rest)
    }

    pub(crate) fn dim(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn fields(&self) -> Vec<AffineField> {
        self.rows.iter().map(Entries::field).collect()
    }

    /// All brackets [e_a, e_b], a < b, in coordinates, and the parts outside the span; none further once there are so many
    /// of these: they are as large as the square of the dimension.
    pub(crate) fn brackets(&self, most: usize) -> (Brackets, Vec<Entries>) {
        let indexed: Vec<Indexed> = self.rows.iter().map(Indexed::new).collect();
        let mut constants = Vec::new();
        let mut outside = Vec::new();
        for a in 0..self.dim() {
            for b in a + 1..self.dim() {
                let value = indexed[a].bracket(&indexed[b]);
                if value.0.is_empty() {
                    continue;
                }
                let scale = self.rows[a].norm() * self.rows[b].norm();
                let (coordinates, rest) = self.coordinates(&value);
                if rest.norm() > decision::BRACKET * scale {
                    outside.push(rest);
                    if outside.len() >= most {
                        return (constants, outside);
                    }
                }
                for (c, x) in coordinates {
                    if x.abs() > DUST * scale {
                        constants.push((a, b, c, x));
                    }
                }
            }
        }
        (constants, outside)
    }
}

/// Entries (a, b, c, x): [e_a, e_b] has coordinate x along e_c, a < b.
pub(crate) type Brackets = Vec<(usize, usize, usize, f64)>;

fn largest(rows: &[Entries]) -> Option<(usize, Key, f64)> {
    let mut best: Option<(usize, Key, f64)> = None;
    for (at, row) in rows.iter().enumerate() {
        for &(key, value) in &row.0 {
            // A tie, to rounding, goes to the first row: sparse input stays as it is.
            if best.is_none_or(|(_, _, top)| value.abs() > top * (1.0 + 1e-9)) {
                best = Some((at, key, value.abs()));
            }
        }
    }
    best
}

/// The smallest Lie algebra that contains the fields.
#[derive(Clone, Debug)]
pub struct Closure {
    /// A reduced echelon basis of it.
    pub fields: Vec<AffineField>,
    /// Whether brackets led out of the span of the fields given.
    pub grew: bool,
    /// Whether it is closed; false if the limit on the dimension was reached first.
    pub closed: bool,
    /// The dimension of the span of the fields given.
    pub span: RankDecision,
}

/// Closes the span of the fields under brackets, up to dimension `limit`.
#[must_use]
pub fn closure(fields: &[AffineField], limit: usize) -> Closure {
    let (span, first, closed, _) = close(fields, limit);
    Closure {
        fields: span.fields(),
        grew: span.dim() > first.rank,
        closed,
        span: first,
    }
}

/// The closed span, the rank of the start, whether it closed, and its brackets, which are all of them only then.
pub(crate) fn close(fields: &[AffineField], limit: usize) -> (Span, RankDecision, bool, Brackets) {
    let mut span = Span::of(fields.iter().map(Entries::of).collect());
    let first = span.decision.clone();
    loop {
        // A few brackets at a time: their number is quadratic in the dimension.
        let full = span.dim() >= limit;
        let room = if full { 1 } else { (2 * span.dim()).max(8) };
        let (constants, outside) = span.brackets(room);
        if outside.is_empty() {
            return (span, first, true, constants);
        }
        if full {
            return (span, first, false, constants);
        }
        let mut rows = span.rows.clone();
        rows.extend(outside);
        let next = Span::of(rows);
        if next.dim() == span.dim() {
            return (next, first, false, constants);
        }
        span = next;
    }
}

/// How many of the fields are independent.
pub(crate) fn span_dimension(fields: &[AffineField]) -> usize {
    Span::of(fields.iter().map(Entries::of).collect())
        .rows
        .len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(row: usize, column: usize) -> AffineField {
        AffineField {
            linear: vec![(row, column, 1.0)],
            constant: vec![],
        }
    }

    #[test]
    fn two_nilpotents_generate_sl2() {
        let found = closure(&[unit(0, 1), unit(1, 0)], 10);
        assert!(found.grew && found.closed);
        assert_eq!(found.fields.len(), 3);
    }

    #[test]
    fn the_limit_is_reported() {
        let found = closure(&[unit(0, 1), unit(1, 2), unit(2, 3), unit(3, 0)], 5);
        assert!(!found.closed);
    }

    #[test]
    fn dependent_fields_are_counted_once() {
        let mut twice = unit(0, 1);
        twice.linear[0].2 = 2.0;
        twice.constant.push((2, 1e-14));
        let found = closure(&[unit(0, 1), twice, unit(2, 2)], 10);
        assert_eq!((found.fields.len(), found.grew), (2, false));
    }
}
