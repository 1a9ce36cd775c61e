//! Whether a function determines the effective weights of its structure: then its fibre is theirs, and the least norm over the
//! whole fibre is what the calculus says of them (theory §7.1).

use super::map::{Monomial, Polynomial};
use std::collections::{BTreeMap, HashMap};
use symbias_numerics::dense::Matrix;
use symbias_numerics::rank::rank;

/// Entries of a table of coefficients, at most.
const TABLE: usize = 400_000;
/// Coefficients that are equal to this share are one number with rounding.
const SAME: f64 = 1e-12;

type Terms = BTreeMap<Vec<usize>, f64>;

fn terms(entry: &[Monomial]) -> Terms {
    let mut terms = Terms::new();
    for m in entry {
        let mut places = m.places.clone();
        places.sort_unstable();
        if !places.is_empty() {
            *terms.entry(places).or_default() += m.coefficient;
        }
    }
    terms.retain(|_, c| *c != 0.0);
    terms
}

fn proportional(a: &Terms, b: &Terms) -> bool {
    let Some(factor) = a.values().next().zip(b.values().next()).map(|(x, y)| x / y) else {
        return false;
    };
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|((p, x), (q, y))| p == q && (x - factor * y).abs() <= SAME * x.abs())
}

/// Whether each entry of `weights` is a linear combination of the entries of `map` and 1; `false` too where their table would
/// have more than 400 000 coefficients, or its rank is not clear.
#[must_use]
pub fn determines(map: &Polynomial, weights: &Polynomial) -> bool {
    let known: Vec<Terms> = map.entries.iter().map(|e| terms(e)).collect();
    let mut by_first: HashMap<&Vec<usize>, Vec<usize>> = HashMap::new();
    for (k, t) in known.iter().enumerate() {
        if let Some(first) = t.keys().next() {
            by_first.entry(first).or_default().push(k);
        }
    }
    let asked: Vec<Terms> = weights.entries.iter().map(|e| terms(e)).collect();
    let is_open = |t: &&Terms| {
        let Some(first) = t.keys().next() else {
            return false;
        };
        let same = by_first.get(first).into_iter().flatten();
        !same.clone().any(|k| proportional(t, &known[*k]))
    };
    let open: Vec<&Terms> = asked.iter().filter(is_open).collect();
    if open.is_empty() {
        return true;
    }
    let mut columns: BTreeMap<&Vec<usize>, usize> = BTreeMap::new();
    for key in known
        .iter()
        .chain(open.iter().copied())
        .flat_map(|t| t.keys())
    {
        let next = columns.len();
        columns.entry(key).or_insert(next);
    }
    let all = known.len() + open.len();
    if all * columns.len() > TABLE {
        return false;
    }
    let table = |rows: &mut dyn Iterator<Item = &Terms>, count: usize| {
        let mut table = Matrix::zeros(count, columns.len());
        for (i, row) in rows.enumerate() {
            let size = row.values().map(|c| c.abs()).fold(0.0, f64::max);
            row.iter()
                .for_each(|(places, c)| table[(i, columns[places])] = c / size);
        }
        table
    };
    let of_map = rank("entries of F", &table(&mut known.iter(), known.len()));
    let with = rank(
        "entries of F and effective weights",
        &table(&mut known.iter().chain(open.iter().copied()), all),
    );
    match (of_map, with) {
        (Ok(a), Ok(b)) => a.rank == b.rank && a.is_certain() && b.is_certain(),
        _ => false,
    }
}
