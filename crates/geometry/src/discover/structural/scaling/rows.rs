//! A row space of vectors with few entries each.

use super::Exact;
use std::collections::BTreeMap;

/// Entries by column.
pub(super) type Row = BTreeMap<usize, Exact>;

/// Rows in echelon form, by their first column, in which they have 1.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows(BTreeMap<usize, Row>);

impl Rows {
    /// The vector without what the rows have of it: none of their first columns.
    pub fn reduce(&self, mut row: Row) -> Row {
        let mut from = 0;
        while let Some((&column, &c)) = row.range(from..).next() {
            if let Some(own) = self.0.get(&column) {
                for (at, x) in own {
                    let entry = row.entry(*at).or_insert(Exact::ZERO);
                    *entry -= c * *x;
                    if *entry == Exact::ZERO {
                        row.remove(at);
                    }
                }
            }
            from = column + 1;
        }
        row
    }

    /// Whether the vector was none of the space; it is now.
    pub fn insert(&mut self, row: Row) -> bool {
        let mut row = self.reduce(row);
        row.retain(|_, x| *x != Exact::ZERO);
        let Some((&column, first)) = row.first_key_value() else {
            return false;
        };
        let Some(inverse) = first.inverse() else {
            return false;
        };
        row.values_mut().for_each(|x| *x *= inverse);
        self.0.insert(column, row);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{Exact, Row, Rows};

    fn row(entries: &[(usize, i64)]) -> Row {
        let each = entries.iter().map(|(i, x)| (*i, Exact::from_i64(*x)));
        each.collect()
    }

    #[test]
    fn sums_of_rows_are_none_new() {
        let mut rows = Rows::default();
        assert!(rows.insert(row(&[(1, 2), (4, -1)])));
        assert!(rows.insert(row(&[(1, 1), (2, 3)])));
        assert!(!rows.insert(row(&[(1, 3), (2, 3), (4, -1)])));
        assert!(rows.insert(row(&[(1, 3), (2, 3), (4, -2)])));
        assert!(!rows.insert(row(&[(2, 7), (4, 5)])));
        assert!(rows.insert(row(&[(0, 1), (7, 1)])));
        assert!(!rows.insert(row(&[])));
    }
}
