//! Connected components: fields that share coordinates, and their entries in local places.
//!
//! ½ Σ_k ‖e^X v_k‖² is a sum over components, each with unknowns of its own.

use crate::connected::Connected;
use crate::field::AffineField;

/// The fields of one component and the coordinates that they move.
#[derive(Clone, Debug)]
pub(super) struct Local {
    /// Coordinates of θ, ascending.
    pub coords: Vec<usize>,
    /// Numbers of the fields.
    pub fields: Vec<usize>,
    /// Whether every field is diagonal: a torus.
    pub diagonal: bool,
    /// Entries of field a: `start[a]..start[a + 1]`.
    start: Vec<usize>,
    /// Place of each entry in the pattern.
    slot: Vec<u32>,
    value: Vec<f64>,
    /// (row, column) of all fields together, by rows.
    pattern: Vec<(u32, u32)>,
}

/// A sparse symmetric matrix on the coordinates of a component.
pub(super) struct Sparse<'a> {
    pattern: &'a [(u32, u32)],
    value: Vec<f64>,
}

/// The components of the linear parts of `fields` on ℝᵈ, those without entries left out.
pub(super) fn components(fields: &[AffineField], d: usize) -> Vec<Local> {
    let mut connected = Connected::new(d);
    for field in fields {
        connected.join_all(field.linear.iter().flat_map(|e| [e.0, e.1]));
    }
    let mut members: std::collections::BTreeMap<usize, Vec<usize>> = Default::default();
    for (number, field) in fields.iter().enumerate() {
        if let Some(&(i, ..)) = field.linear.first() {
            let at = connected.root(i);
            members.entry(at).or_default().push(number);
        }
    }
    let mut place = vec![u32::MAX; d];
    members
        .into_values()
        .map(|members| Local::new(fields, members, &mut place))
        .collect()
}

impl Local {
    /// `place` is scratch of length d.
    fn new(all: &[AffineField], fields: Vec<usize>, place: &mut [u32]) -> Local {
        let mut coords = Vec::new();
        for &(i, j, _) in fields.iter().flat_map(|f| &all[*f].linear) {
            for k in [i, j] {
                if place[k] == u32::MAX {
                    place[k] = 0;
                    coords.push(k);
                }
            }
        }
        coords.sort_unstable();
        for (at, coord) in coords.iter().enumerate() {
            place[*coord] = at as u32;
        }
        let (mut start, mut position, mut value) = (vec![0], Vec::new(), Vec::new());
        for number in &fields {
            let mut entries: Vec<((u32, u32), f64)> = all[*number]
                .linear
                .iter()
                .map(|(i, j, x)| ((place[*i], place[*j]), *x))
                .collect();
            entries.sort_by_key(|e| e.0);
            for (at, x) in entries {
                if position.len() > start[start.len() - 1] && position.last() == Some(&at) {
                    if let Some(last) = value.last_mut() {
                        *last += x;
                    }
                } else {
                    position.push(at);
                    value.push(x);
                }
            }
            start.push(position.len());
        }
        let diagonal = position.iter().all(|(i, j)| i == j);
        let (pattern, slot) = if diagonal {
            let all = (0..coords.len() as u32).map(|i| (i, i)).collect();
            (all, position.iter().map(|p| p.0).collect())
        } else {
            let mut pattern = position.clone();
            pattern.sort_unstable();
            pattern.dedup();
            let slot = |p| pattern.binary_search(p).unwrap_or(0) as u32;
            let slots = position.iter().map(slot).collect();
            (pattern, slots)
        };
        for coord in &coords {
            place[*coord] = u32::MAX;
        }
        Local {
            coords,
            fields,
            diagonal,
            start,
            slot,
            value,
            pattern,
        }
    }

    /// Entries (row, column, value) of the a-th field.
    pub fn entries(&self, a: usize) -> impl Iterator<Item = (usize, usize, f64)> + '_ {
        let range = self.start[a]..self.start[a + 1];
        self.slot[range.clone()]
            .iter()
            .zip(&self.value[range])
            .map(|(s, x)| {
                let (i, j) = self.pattern[*s as usize];
                (i as usize, j as usize, *x)
            })
    }

    /// Number of entries of all fields.
    pub fn len(&self) -> usize {
        self.value.len()
    }

    /// X = Σ_a x_a A_a.
    pub fn combination(&self, x: &[f64]) -> Sparse<'_> {
        let mut value = vec![0.0; self.pattern.len()];
        for (a, c) in x.iter().enumerate().filter(|(_, c)| **c != 0.0) {
            for at in self.start[a]..self.start[a + 1] {
                value[self.slot[at] as usize] += c * self.value[at];
            }
        }
        Sparse {
            pattern: &self.pattern,
            value,
        }
    }

    /// The coordinates of the component out of a whole vector.
    pub fn gather(&self, whole: &[f64]) -> Vec<f64> {
        self.coords.iter().map(|i| whole[*i]).collect()
    }

    /// Writes them back.
    pub fn scatter(&self, part: &[f64], whole: &mut [f64]) {
        for (i, x) in self.coords.iter().zip(part) {
            whole[*i] = *x;
        }
    }

    /// The component with some of its fields only (numbers within it).
    pub fn restricted(&self, keep: &[usize]) -> Local {
        let mut part = Local {
            coords: self.coords.clone(),
            fields: keep.iter().map(|a| self.fields[*a]).collect(),
            diagonal: self.diagonal,
            start: vec![0],
            slot: Vec::new(),
            value: Vec::new(),
            pattern: self.pattern.clone(),
        };
        for a in keep {
            let range = self.start[*a]..self.start[a + 1];
            part.slot.extend(&self.slot[range.clone()]);
            part.value.extend(&self.value[range]);
            part.start.push(part.slot.len());
        }
        part
    }

    /// θᵀA_aθ and Σ_ij |A_ij| (θ_i² + θ_j²)/2, summed over the vectors: twice a charge, and the
    /// squared norms that the field moves, weighed by its entries.
    pub fn charge(&self, a: usize, vectors: &[Vec<f64>]) -> (f64, f64) {
        let (mut charge, mut moved) = (0.0, 0.0);
        for (i, j, x) in self.entries(a) {
            for v in vectors {
                charge += x * v[i] * v[j];
                moved += x.abs() * (v[i] * v[i] + v[j] * v[j]) / 2.0;
            }
        }
        (charge, moved)
    }

    /// The charge of a field relative to what it moves; 0 if it moves nothing. Where squares leave
    /// the range of numbers, of the vectors in a unit of their own.
    pub fn relative_charge(&self, a: usize, vectors: &[Vec<f64>]) -> f64 {
        let found = self.charge(a, vectors);
        if SQUARES.contains(&found.1) {
            return relative(found);
        }
        let places = self.entries(a).filter(|e| e.2 != 0.0);
        let largest = places
            .flat_map(|(i, j, _)| vectors.iter().map(move |v| v[i].abs().max(v[j].abs())))
            .fold(0.0, f64::max);
        if largest == 0.0 {
            return 0.0;
        }
        let (mut charge, mut moved) = (0.0, 0.0);
        for (i, j, x) in self.entries(a) {
            for v in vectors {
                let (p, q) = (v[i] / largest, v[j] / largest);
                charge += x * p * q;
                moved += x.abs() * (p * p + q * q) / 2.0;
            }
        }
        relative((charge, moved))
    }

    /// The largest |charge| of the component relative to what its field moves.
    pub fn residual(&self, vectors: &[Vec<f64>]) -> f64 {
        (0..self.fields.len())
            .map(|a| self.relative_charge(a, vectors))
            .fold(0.0, f64::max)
    }
}

/// Sums of squares that are far from the ends of the range of numbers, so that no term was lost.
const SQUARES: std::ops::Range<f64> = 1e-250..1e250;

/// A charge over what its field moves; a field that moves nothing has none.
pub(super) fn relative((charge, moved): (f64, f64)) -> f64 {
    if moved > 0.0 {
        charge.abs() / moved
    } else {
        0.0
    }
}

/// Smallest length of a step of Taylor's series: terms fall at once.
const UNIT: f64 = 1.0;
/// Terms are added until they are below this part of the first: under the rounding of a sum.
const NEGLIGIBLE: f64 = 1e-18;

impl Sparse<'_> {
    /// The largest row sum of magnitudes, a bound on the operator norm.
    pub fn norm(&self) -> f64 {
        let (mut largest, mut sum, mut row) = (0.0_f64, 0.0, u32::MAX);
        for ((i, _), x) in self.pattern.iter().zip(&self.value) {
            if *i != row {
                (row, sum) = (*i, 0.0);
            }
            sum += x.abs();
            largest = largest.max(sum);
        }
        largest
    }

    /// The places (row, column) that some field has.
    pub fn positions(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.pattern.iter().map(|(i, j)| (*i as usize, *j as usize))
    }

    /// X v.
    pub fn apply(&self, v: &[f64], into: &mut [f64]) {
        into.fill(0.0);
        for ((i, j), x) in self.pattern.iter().zip(&self.value) {
            into[*i as usize] += x * v[*j as usize];
        }
    }

    /// v ← e^{sign·X} v by Taylor's series in steps of norm at most 1, with as many terms as the
    /// norm asks for: the relative error is that of some roundings in every connected block.
    pub fn exponential(&self, sign: f64, v: &mut [f64]) {
        let norm = self.norm();
        let steps = (norm / UNIT).ceil().max(1.0);
        let (step, mut terms, mut size) = (sign / steps, 1, norm / steps);
        while size > NEGLIGIBLE {
            terms += 1;
            size *= norm / steps / f64::from(terms);
        }
        let mut term = vec![0.0; v.len()];
        let mut next = vec![0.0; v.len()];
        for _ in 0..steps as usize {
            term.copy_from_slice(v);
            for k in 1..=terms {
                self.apply(&term, &mut next);
                let factor = step / f64::from(k);
                for ((t, n), v) in term.iter_mut().zip(&next).zip(v.iter_mut()) {
                    *t = factor * n;
                    *v += *t;
                }
            }
        }
    }
}
