//! A function in coordinates of its own: where the outputs are polynomials in θ, F(θ; x) = Σ_k p_k(θ) φ_k(x), and two parameters
//! compute one function exactly if they agree in every p_k. The fibre of the function is {θ : p_k(θ) = w_k}, whatever the spelling.
//!
//! Inputs are expanded as unknowns where the outputs are polynomials in them too. Elsewhere each random input gives a
//! polynomial in θ, and these span the p_k once further inputs add none.

use super::map::{Monomial, Polynomial};
use crate::probe::Probes;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use symbias_model::error::Result;
use symbias_model::expression::Function;
use symbias_model::scalar::Scalar;
use symbias_numerics::dense::Matrix;
use symbias_numerics::rank::RowSpace;

/// Products of terms that an expansion may take.
const WORK: i64 = 8_000_000;
/// Monomials of one number, at most: what follows visits each at every point.
const TERMS: usize = 5_000;
/// Degree of a power that is multiplied out.
const POWER: f64 = 24.0;
/// A coefficient below this share of the largest of its polynomial is rounding.
const ROUNDING: f64 = 1e-13;
/// Entries of the table of coefficients of polynomials at random inputs, at most.
const TABLE: usize = 4_000_000;

/// The polynomials p_k of the outputs; `None` where they are no polynomials in θ, or have too many terms. `given`: the probes
/// are data, and the function is known at these inputs only.
///
/// # Errors
/// Those of lowering a program.
pub fn expansion(probes: &Probes<'_>, given: bool) -> Result<Option<Polynomial>> {
    if !given && !probes.selects() {
        let (program, x) = probes.program(0)?;
        let d = probes.parameters();
        let left = Rc::new(Cell::new(WORK));
        let theta: Vec<Terms> = (0..d).map(|i| Terms::unknown(i, &left)).collect();
        let inputs: Vec<Terms> = (0..x.len()).map(|j| Terms::unknown(d + j, &left)).collect();
        if let Some(values) = (!program.is_piecewise())
            .then(|| program.value(&theta, &inputs))
            .flatten()
        {
            return Ok((left.get() >= 0).then(|| by_inputs(&values, d)));
        }
        if x.is_empty() && !program.is_piecewise() {
            return Ok(None);
        }
    }
    at_probes(probes, given)
}

/// The coefficients of the monomials in the inputs.
fn by_inputs(values: &[Terms], d: usize) -> Polynomial {
    let mut entries = Vec::new();
    for value in values {
        let mut apart: BTreeMap<Vec<u32>, Vec<Monomial>> = BTreeMap::new();
        for (places, coefficient) in value.terms.iter().flat_map(|t| t.iter()) {
            let (own, inputs): (Vec<u32>, Vec<u32>) =
                places.iter().partition(|p| (**p as usize) < d);
            apart.entry(inputs).or_default().push(Monomial {
                coefficient: *coefficient,
                places: own.iter().map(|p| *p as usize).collect(),
            });
        }
        entries.extend(apart.into_values());
    }
    rounded(entries)
}

/// Without what is rounding, and without polynomials that are constant.
fn rounded(mut entries: Vec<Vec<Monomial>>) -> Polynomial {
    for entry in &mut entries {
        let largest = entry
            .iter()
            .map(|m| m.coefficient.abs())
            .fold(0.0, f64::max);
        entry.retain(|m| m.coefficient.abs() > ROUNDING * largest);
    }
    entries.retain(|e| e.iter().any(|m| !m.places.is_empty()));
    Polynomial { entries }
}

/// The polynomials at probe after probe, until further ones are combinations of those found.
fn at_probes(probes: &Probes<'_>, given: bool) -> Result<Option<Polynomial>> {
    let d = probes.parameters();
    let left = Rc::new(Cell::new(WORK));
    let theta: Vec<Terms> = (0..d).map(|i| Terms::unknown(i, &left)).collect();
    let mut columns: BTreeMap<Rc<[u32]>, usize> = BTreeMap::new();
    let mut rows: Vec<Vec<(usize, f64)>> = Vec::new();
    let count = probes.count().unwrap_or(u64::MAX);
    let (mut rank, mut probe) = (0, 0);
    while probe < count {
        // As many inputs again: their number doubles until the span stops growing.
        let target = (probe + probe.max(2)).min(count);
        for number in probe..target {
            let (program, x) = probes.program(number)?;
            let inputs: Vec<Terms> = x.iter().map(|x| Terms::number(*x, &left)).collect();
            let Some(values) = program.value(&theta, &inputs) else {
                return Ok(None);
            };
            if left.get() < 0 {
                return Ok(None);
            }
            for value in values {
                let mut row = Vec::new();
                for (places, coefficient) in value.terms.iter().flat_map(|t| t.iter()) {
                    let next = columns.len();
                    row.push((*columns.entry(places.clone()).or_insert(next), *coefficient));
                }
                rows.push(row);
            }
        }
        probe = target;
        if rows.len() * columns.len() > TABLE {
            return Ok(None);
        }
        if given {
            continue;
        }
        let mut space = RowSpace::new(columns.len());
        let table = dense(&rows, columns.len());
        let pushed = space.push_rows(&table).map_err(crate::rank::numerical);
        let decision = pushed.and_then(|()| {
            space
                .rank("polynomials of the outputs")
                .map_err(crate::rank::numerical)
        })?;
        if decision.rank == rank || decision.rank < rows.len() / 2 {
            break;
        }
        rank = decision.rank;
    }
    let mut names: Vec<&[u32]> = vec![&[]; columns.len()];
    for (places, column) in &columns {
        names[*column] = places;
    }
    let entry = |row: &Vec<(usize, f64)>| {
        let monomial = |(column, coefficient): &(usize, f64)| Monomial {
            coefficient: *coefficient,
            places: names[*column].iter().map(|p| *p as usize).collect(),
        };
        row.iter().map(monomial).collect()
    };
    let entries: Vec<Vec<Monomial>> = rows.iter().map(entry).collect();
    Ok(Some(reduced(&rounded(entries))))
}

fn dense(rows: &[Vec<(usize, f64)>], columns: usize) -> Matrix {
    let mut table = Matrix::zeros(rows.len(), columns);
    for (i, row) in rows.iter().enumerate() {
        for (j, x) in row {
            table[(i, *j)] = *x;
        }
    }
    table
}

/// The same span by combinations with few terms: Gauss–Jordan elimination with the largest pivot of all, so that equations that
/// are mixtures of equations in few parameters come apart. Constant terms are carried along and never a pivot.
#[must_use]
pub fn reduced(map: &Polynomial) -> Polynomial {
    let mut columns: BTreeMap<&[usize], usize> = BTreeMap::new();
    for m in map.entries.iter().flatten() {
        let next = columns.len();
        columns.entry(&m.places).or_insert(next);
    }
    let (n, width) = (map.entries.len(), columns.len());
    if n.saturating_mul(width) > TABLE {
        return map.clone();
    }
    let mut table = Matrix::zeros(n, width);
    for (i, entry) in map.entries.iter().enumerate() {
        let size = entry
            .iter()
            .map(|m| m.coefficient.abs())
            .fold(0.0, f64::max);
        for m in entry {
            table[(i, columns[m.places.as_slice()])] += m.coefficient / size;
        }
    }
    let constant = columns.get(&[] as &[usize]).copied();
    let mut done: Vec<(usize, usize)> = Vec::new();
    let mut open: Vec<usize> = (0..n).collect();
    while !open.is_empty() {
        let mut best = (0.0, 0, 0);
        for (at, i) in open.iter().enumerate() {
            for (j, x) in table.row(*i).iter().enumerate() {
                if Some(j) != constant && x.abs() > best.0 {
                    best = (x.abs(), at, j);
                }
            }
        }
        if best.0 < DEPENDENT {
            break;
        }
        let row = open.swap_remove(best.1);
        let pivot = table[(row, best.2)];
        table.row_mut(row).iter_mut().for_each(|x| *x /= pivot);
        let own = table.row(row).to_vec();
        for i in (0..n).filter(|i| *i != row) {
            let factor = table[(i, best.2)];
            if factor != 0.0 {
                for (x, y) in table.row_mut(i).iter_mut().zip(&own) {
                    *x -= factor * y;
                    if x.abs() < CANCELLED {
                        *x = 0.0;
                    }
                }
            }
        }
        done.push((row, best.2));
    }
    done.sort_unstable();
    let mut names: Vec<&[usize]> = vec![&[]; width];
    columns.iter().for_each(|(places, j)| names[*j] = places);
    let entries = done
        .iter()
        .map(|(i, _)| {
            let row = table.row(*i).iter().enumerate();
            row.filter(|(_, x)| **x != 0.0)
                .map(|(j, x)| Monomial {
                    coefficient: *x,
                    places: names[j].to_vec(),
                })
                .collect()
        })
        .collect();
    rounded(entries)
}

/// A row of an elimination whose entries, of size 1 at first, are all below this depends on the others.
const DEPENDENT: f64 = 1e-9;
/// What an elimination of entries of size 1 leaves of zeros.
const CANCELLED: f64 = 1e-12;

/// Places of a monomial, ascending, and its coefficient.
type Term = (Rc<[u32]>, f64);

/// A polynomial in θ and x as a number type of scalar programs: terms by their sorted places, θ first.
#[derive(Clone)]
struct Terms {
    /// `None` where it was not multiplied out: the work is used up.
    terms: Option<Rc<Vec<Term>>>,
    left: Rc<Cell<i64>>,
}

impl Terms {
    fn of(terms: Vec<(Rc<[u32]>, f64)>, left: &Rc<Cell<i64>>) -> Terms {
        Terms {
            terms: Some(Rc::new(terms)),
            left: Rc::clone(left),
        }
    }

    fn unknown(place: usize, left: &Rc<Cell<i64>>) -> Terms {
        Terms::of(vec![(Rc::from([place as u32]), 1.0)], left)
    }

    fn number(value: f64, left: &Rc<Cell<i64>>) -> Terms {
        let terms = match value {
            0.0 => Vec::new(),
            _ => vec![(Rc::from([]), value)],
        };
        Terms::of(terms, left)
    }

    /// The work is used up, or the function is no polynomial: nothing that follows counts.
    fn failed(&self) -> Terms {
        self.left.set(-1);
        Terms {
            terms: None,
            left: Rc::clone(&self.left),
        }
    }

    /// Its value, where it has no unknown.
    fn known(&self) -> Option<f64> {
        match self.terms.as_deref()?.as_slice() {
            [] => Some(0.0),
            [(places, x)] if places.is_empty() => Some(*x),
            _ => None,
        }
    }

    fn spend(&self, work: usize) -> bool {
        let left = self.left.get() - work as i64;
        self.left.set(left.max(-1));
        left >= 0
    }
}

impl Scalar for Terms {
    fn constant(&self, value: f64) -> Terms {
        Terms::number(value, &self.left)
    }

    fn plus(&self, other: &Terms) -> Terms {
        let (Some(a), Some(b)) = (&self.terms, &other.terms) else {
            return self.failed();
        };
        if a.len() + b.len() > 2 * TERMS || !self.spend(a.len() + b.len()) {
            return self.failed();
        }
        let mut sum = Vec::with_capacity(a.len() + b.len());
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            let order = match (a.get(i), b.get(j)) {
                (Some(x), Some(y)) => x.0.cmp(&y.0),
                (Some(_), None) => std::cmp::Ordering::Less,
                _ => std::cmp::Ordering::Greater,
            };
            match order {
                std::cmp::Ordering::Less => {
                    sum.push(a[i].clone());
                    i += 1;
                }
                std::cmp::Ordering::Greater => {
                    sum.push(b[j].clone());
                    j += 1;
                }
                std::cmp::Ordering::Equal => {
                    let x = a[i].1 + b[j].1;
                    // What is left of a difference of equal numbers is rounding.
                    if x.abs() > ROUNDING * (a[i].1.abs() + b[j].1.abs()) {
                        sum.push((a[i].0.clone(), x));
                    }
                    i += 1;
                    j += 1;
                }
            }
        }
        Terms::of(sum, &self.left)
    }

    fn times(&self, other: &Terms) -> Terms {
        let (Some(a), Some(b)) = (&self.terms, &other.terms) else {
            return self.failed();
        };
        if let Some(c) = other.known().filter(|_| !b.is_empty()) {
            let scaled = a.iter().map(|(p, x)| (p.clone(), c * x)).collect();
            return match self.spend(a.len()) {
                true => Terms::of(scaled, &self.left),
                false => self.failed(),
            };
        }
        let count = a.len().saturating_mul(b.len());
        if count > TERMS || !self.spend(4 * count) {
            return self.failed();
        }
        let mut product: BTreeMap<Rc<[u32]>, (f64, f64)> = BTreeMap::new();
        for (p, x) in a.iter() {
            for (q, y) in b.iter() {
                let mut places: Vec<u32> = p.iter().chain(q.iter()).copied().collect();
                places.sort_unstable();
                let slot = product.entry(places.into()).or_default();
                slot.0 += x * y;
                slot.1 += (x * y).abs();
            }
        }
        let kept = product.into_iter();
        let kept = kept.filter(|(_, (x, size))| x.abs() > ROUNDING * size);
        Terms::of(kept.map(|(p, (x, _))| (p, x)).collect(), &self.left)
    }

    fn minus(&self) -> Terms {
        self.times(&self.constant(-1.0))
    }

    fn inverse(&self) -> Option<Terms> {
        let value = 1.0 / self.known()?;
        value.is_finite().then(|| self.constant(value))
    }

    fn apply(&self, function: Function) -> Option<Terms> {
        if let Some(x) = self.known() {
            let y = x.apply(function)?;
            return y.is_finite().then(|| self.constant(y));
        }
        let power = match function {
            Function::Square => 2.0,
            Function::Power(p) if p == p.trunc() && (0.0..=POWER).contains(&p) => p,
            _ => return None,
        };
        let one = self.constant(1.0);
        Some((0..power as u32).fold(one, |product, _| product.times(self)))
    }

    fn shadow(&self) -> f64 {
        // A comparison of unknowns has no answer: what follows is no polynomial.
        self.known().unwrap_or_else(|| {
            self.left.set(-1);
            0.0
        })
    }
}
