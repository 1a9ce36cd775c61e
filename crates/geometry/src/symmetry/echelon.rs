//! Reduced echelon bases of measured vectors: 1 at the own pivot, 0 at those of the others, so that a
//! sparse basis comes out where there is one.

/// Entries below this, beside the pivot of their row, are rounding.
const DUST: f64 = 1e-9;
/// Entries below this share of the largest of all rows at first are rounding.
const NOTHING: f64 = 1e-8;
/// Denominators of fractions that rounded entries are taken for.
const DENOMINATORS: i32 = 12;

/// A reduced echelon basis.
#[derive(Clone, Debug, Default)]
pub struct Echelon {
    /// The vectors.
    pub rows: Vec<Vec<f64>>,
    /// Column of the 1 of each.
    pub pivots: Vec<usize>,
}

impl Echelon {
    /// Of the span of `rows`, with complete pivoting.
    #[must_use]
    pub fn of(rows: Vec<Vec<f64>>) -> Echelon {
        Echelon::beyond(rows, &[])
    }

    /// Of the span of `rows` modulo the rows of `known` (which are reduced too), whose pivots come
    /// first: only what is new is returned. All rows are measured on one scale, so that a row of
    /// rounding is none.
    #[must_use]
    pub fn beyond(rows: Vec<Vec<f64>>, known: &[Vec<f64>]) -> Echelon {
        let mut found = Echelon::default();
        found.eliminate(&mut scaled(known.to_vec()));
        let first = found.rows.len();
        let mut open = scaled(rows);
        for row in &mut open {
            found.reduce(row);
        }
        found.eliminate(&mut open);
        found.rows.drain(..first);
        found.pivots.drain(..first);
        found
    }

    fn reduce(&self, row: &mut [f64]) {
        for (basis, pivot) in self.rows.iter().zip(&self.pivots) {
            subtract(row, basis, row[*pivot], *pivot);
        }
    }

    fn eliminate(&mut self, open: &mut Vec<Vec<f64>>) {
        loop {
            let best = open
                .iter()
                .enumerate()
                .filter_map(|(k, row)| largest(row).map(|(column, x)| (k, column, x)))
                .max_by(|a, b| a.2.total_cmp(&b.2));
            let Some((k, pivot, size)) = best else { return };
            if size <= NOTHING {
                return;
            }
            let mut row = open.swap_remove(k);
            let scale = 1.0 / row[pivot];
            row.iter_mut().for_each(|x| *x *= scale);
            row[pivot] = 1.0;
            for other in self.rows.iter_mut().chain(open.iter_mut()) {
                let factor = other[pivot];
                subtract(other, &row, factor, pivot);
            }
            self.rows.push(row);
            self.pivots.push(pivot);
        }
    }

    /// Entries that are rounded zeros or small fractions as those.
    #[must_use]
    pub fn cleaned(mut self) -> Echelon {
        for row in &mut self.rows {
            let size = largest(row).map_or(0.0, |l| l.1);
            for x in row.iter_mut() {
                *x = clean(*x, DUST * size.max(1.0));
            }
        }
        self
    }
}

/// The rows with the largest entry of all made 1.
fn scaled(mut rows: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let sizes = rows.iter().filter_map(|v| largest(v).map(|l| l.1));
    let size = sizes.fold(0.0, f64::max);
    if size > 0.0 {
        rows.iter_mut().flatten().for_each(|x| *x /= size);
    }
    rows
}

/// The nearest small fraction, if it is nearer than `error`.
fn clean(x: f64, error: f64) -> f64 {
    for q in 1..=DENOMINATORS {
        let q = f64::from(q);
        let p = (x * q).round();
        if (x - p / q).abs() <= error {
            return p / q;
        }
    }
    x
}

fn subtract(from: &mut [f64], basis: &[f64], factor: f64, pivot: usize) {
    if factor != 0.0 {
        for (x, b) in from.iter_mut().zip(basis) {
            if *b != 0.0 {
                *x -= factor * b;
            }
        }
        from[pivot] = 0.0;
    }
}

fn largest(row: &[f64]) -> Option<(usize, f64)> {
    row.iter()
        .enumerate()
        .map(|(k, x)| (k, x.abs()))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .filter(|l| l.1 > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_returned() {
        let known = vec![vec![1.0, 1.0, 0.0]];
        let rows = vec![vec![2.0, 2.0, 0.0], vec![1.0, 1.0, 3.0]];
        let found = Echelon::beyond(rows, &known);
        assert_eq!(found.rows, vec![vec![0.0, 0.0, 1.0]]);
        assert_eq!(Echelon::of(known.clone()).rows.len(), 1);
        assert!(Echelon::beyond(known.clone(), &known).rows.is_empty());
    }

    #[test]
    fn a_row_of_rounding_is_none() {
        let rows = vec![vec![1.0, 2.0], vec![1e-17, -3e-16]];
        assert_eq!(Echelon::of(rows).rows.len(), 1);
    }

    #[test]
    fn a_dependent_row_is_none() {
        let rows = vec![vec![1.0, 2.0], vec![0.5, 1.0 + 1e-13]];
        assert_eq!(Echelon::of(rows).rows.len(), 1);
        let twin = vec![vec![1.0, 2.0], vec![0.5, 1.0 + 1e-5]];
        assert_eq!(Echelon::of(twin).rows.len(), 2);
    }
}
