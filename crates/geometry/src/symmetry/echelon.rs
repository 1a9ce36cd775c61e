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
    /// Of the span of `rows`, with complete pivoting. All rows are measured on one scale, so that a row of rounding is none.
    #[must_use]
    pub fn of(rows: Vec<Vec<f64>>) -> Echelon {
        Echelon::reduced(&mut scaled(rows))
    }

    fn reduced(open: &mut Vec<Vec<f64>>) -> Echelon {
        let width = open.first().map_or(0, Vec::len);
        let mut found = eliminate(open, width, NOTHING);
        found.substitute();
        found
    }

    fn reduce(&self, row: &mut [f64]) {
        for (basis, pivot) in self.rows.iter().zip(&self.pivots) {
            subtract(row, basis, row[*pivot], *pivot);
        }
    }

    /// Makes the entries at the pivots of later rows 0. Among rows that are, only the columns without pivot differ.
    fn substitute(&mut self) {
        let width = self.rows.first().map_or(0, Vec::len);
        let mut free = vec![true; width];
        self.pivots.iter().for_each(|p| free[*p] = false);
        let free: Vec<usize> = (0..width).filter(|i| free[*i]).collect();
        let entries = |row: &Vec<f64>| free.iter().map(|i| row[*i]).collect::<Vec<f64>>();
        let mut short: Vec<Vec<f64>> = self.rows.iter().map(entries).collect();
        for i in (0..self.rows.len()).rev() {
            let (head, tail) = short.split_at_mut(i + 1);
            for (later, pivot) in tail.iter().zip(&self.pivots[i + 1..]) {
                let factor = std::mem::take(&mut self.rows[i][*pivot]);
                if factor != 0.0 {
                    minus(&mut head[i], later, factor);
                }
            }
            for (column, x) in free.iter().zip(&head[i]) {
                self.rows[i][*column] = *x;
            }
        }
    }

    /// Adds a row if it is not in the span; says whether it was not. The rows before are not reduced by it.
    pub(super) fn add(&mut self, mut row: Vec<f64>) -> bool {
        let all = size(&row);
        if all == 0.0 {
            return false;
        }
        row.iter_mut().for_each(|x| *x /= all);
        self.reduce(&mut row);
        let top = size(&row);
        let Some(pivot) = row
            .iter()
            .position(|x| x.abs() == top)
            .filter(|_| top > NOTHING)
        else {
            return false;
        };
        let scale = 1.0 / row[pivot];
        row.iter_mut().for_each(|x| *x *= scale);
        row[pivot] = 1.0;
        self.rows.push(row);
        self.pivots.push(pivot);
        true
    }

    /// Entries that are rounded zeros or small fractions as those.
    #[must_use]
    pub fn cleaned(mut self) -> Echelon {
        for row in &mut self.rows {
            let size = size(row);
            for x in row.iter_mut() {
                *x = clean(*x, DUST * size.max(1.0));
            }
        }
        self
    }
}

/// Gaussian elimination with complete pivoting among the first `width` columns, down to pivots of size `least`: rows that are
/// 1 at their pivot and 0 at those of the rows before. What is left of the others stays in `open`.
pub(super) fn eliminate(open: &mut Vec<Vec<f64>>, width: usize, least: f64) -> Echelon {
    let mut found = Echelon::default();
    let mut sizes: Vec<f64> = open.iter().map(|row| size(&row[..width])).collect();
    loop {
        let best = sizes.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        let Some((k, top)) = best.map(|(k, top)| (k, *top)).filter(|b| b.1 > least) else {
            return found;
        };
        let mut row = open.swap_remove(k);
        sizes.swap_remove(k);
        let Some(pivot) = row[..width].iter().rposition(|x| x.abs() == top) else {
            return found;
        };
        let scale = 1.0 / row[pivot];
        row.iter_mut().for_each(|x| *x *= scale);
        row[pivot] = 1.0;
        for (other, size_of) in open.iter_mut().zip(&mut sizes) {
            let factor = other[pivot];
            if factor != 0.0 {
                *size_of = reduced(other, &row, factor, pivot, width);
            }
        }
        found.rows.push(row);
        found.pivots.push(pivot);
    }
}

/// The rows with the largest entry of all made 1.
fn scaled(mut rows: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let size = rows.iter().map(|v| size(v)).fold(0.0, f64::max);
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
        minus(from, basis, factor);
        from[pivot] = 0.0;
    }
}

/// Subtracts, and says how large the first `width` entries are: both in one pass over memory.
fn reduced(from: &mut [f64], basis: &[f64], factor: f64, pivot: usize, width: usize) -> f64 {
    let (head, tail) = from.split_at_mut(width);
    let (of_head, of_tail) = basis.split_at(width);
    minus(tail, of_tail, factor);
    // The pivot's own entry is 1 there: what is left of it is rounding.
    head[pivot] = 0.0;
    let before = &of_head[..pivot];
    let (left, right) = head.split_at_mut(pivot);
    let top = minus_measured(left, before, factor);
    top.max(minus_measured(
        &mut right[1..],
        &of_head[pivot + 1..],
        factor,
    ))
}

/// x ← x − c y; the largest absolute value of the difference, in lanes that do not wait for each other.
fn minus_measured(x: &mut [f64], y: &[f64], c: f64) -> f64 {
    let larger = |a: f64, b: f64| if b > a { b } else { a };
    let (lanes, rest) = x.as_chunks_mut::<8>();
    let (of_lanes, of_rest) = y.as_chunks::<8>();
    let mut top = [0.0_f64; 8];
    for (x, y) in lanes.iter_mut().zip(of_lanes) {
        for ((top, x), y) in top.iter_mut().zip(x).zip(y) {
            *x -= c * y;
            *top = larger(*top, x.abs());
        }
    }
    minus(rest, of_rest, c);
    let rest = rest.iter().map(|x| x.abs());
    top.into_iter().chain(rest).fold(0.0, larger)
}

/// x ← x − c y.
fn minus(x: &mut [f64], y: &[f64], c: f64) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x -= c * y);
}

/// The largest absolute value, in lanes that do not wait for each other.
fn size(row: &[f64]) -> f64 {
    let larger = |a: f64, b: f64| if b > a { b } else { a };
    let (lanes, rest) = row.as_chunks::<8>();
    let mut top = [0.0_f64; 8];
    for lane in lanes {
        for (top, x) in top.iter_mut().zip(lane) {
            *top = larger(*top, x.abs());
        }
    }
    let rest = rest.iter().map(|x| x.abs());
    top.into_iter().chain(rest).fold(0.0, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_added() {
        let mut known = Echelon::of(vec![vec![1.0, 1.0, 0.0]]);
        assert_eq!(known.rows.len(), 1);
        assert!(!known.add(vec![2.0, 2.0, 0.0]));
        assert!(!known.add(vec![2.0, 2.0 + 1e-12, 0.0]));
        assert!(known.add(vec![1.0, 1.0, 3.0]));
        assert!(!known.add(vec![5.0, 5.0, -2.0]));
        assert!(known.add(vec![0.0, 1.0, 0.0]));
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
