//! A diffusion on a grid as a Markov chain: finite volumes with rates ≥ 0.
//!
//! In the coordinates ξ of the axes, and in cells, a = Σ λ_v v vᵀ ([`super::selling`]), and the drift is
//! shared in the same way, b = Σ β_v v with β_v = λ_v ⟨v, a⁻¹b⟩. Along each direction, with D = λ_v/2, the
//! flux between a cell and the one at v is that of Scharfetter and Gummel for J = (β_v − D′) p − D p′:
//!
//! ```text
//! J = D̄ [B(−z) p_L − B(z) p_R],    z = 2⟨v, a⁻¹b⟩ − (D_R − D_L)/D̄,    B(z) = z/(e^z − 1),
//! ```
//!
//! a and b in the middle, D̄ the mean of both cells. Σ_v ∂_v J_v is the divergence of b p − ½∇·(a p) up to the second
//! order. Drift that is outside of the range of a singular a goes upwind along the axes. Jumps that would
//! leave the box are left out: no flux through the ends.
//!
//! Source: Scharfetter, Gummel 1969; Chang, Cooper 1970, whose weights are the same; for the chain
//! Kushner, Dupuis, *Numerical methods for stochastic control problems*, §5.

use super::axis::Axis;
use super::elimination::Rates;
use super::selling::{Direction, directions};
use super::undefined;
use symbias_geometry::sde::{Ito, Sde};
use symbias_model::error::Result;

/// det a relative to (tr a)² up to which noise is one-dimensional: some roundings.
const SINGULAR: f64 = 1e-14;

/// The chain, and in which order its states are.
pub(super) struct Chain {
    pub rates: Rates,
    /// The largest share of a cross term that was given up.
    pub rounded: f64,
    order: Order,
}

/// Cells of two axes (the second of one cell in one dimension), the shorter one innermost.
#[derive(Clone, Copy)]
struct Order {
    cells: [usize; 2],
    first_is_inner: bool,
}

impl Order {
    fn state(self, [i, j]: [usize; 2]) -> usize {
        if self.first_is_inner {
            j * self.cells[0] + i
        } else {
            i * self.cells[1] + j
        }
    }

    /// The cell at a distance, if it is in the box.
    fn moved(self, at: [usize; 2], by: [i64; 2]) -> Option<[usize; 2]> {
        let along = |k: usize| {
            let to = at[k].checked_add_signed(by[k] as isize)?;
            (to < self.cells[k]).then_some(to)
        };
        Some([along(0)?, along(1)?])
    }

    fn each(self) -> impl Iterator<Item = [usize; 2]> {
        (0..self.cells[0]).flat_map(move |i| (0..self.cells[1]).map(move |j| [i, j]))
    }
}

/// b and a of a process in the coordinates of the axes, in cells.
struct Local<'a, S: ?Sized> {
    sde: &'a S,
    axes: &'a [Axis],
    drift: Vec<f64>,
    sigma: Vec<f64>,
}

impl<S: Sde<Sense = Ito> + ?Sized> Local<'_, S> {
    /// At ξ: dξ = (b/φ′ − ½ a φ″/φ′³) dt + σ/φ′ dW, times the number of cells. The drift and the matrix (11, 12, 22).
    fn at(&mut self, xi: [f64; 2]) -> Result<([f64; 2], [f64; 3])> {
        let n = self.axes.len();
        let x: Vec<f64> = self.axes.iter().zip(xi).map(|(a, xi)| a.at(xi)).collect();
        self.sde.drift(&x, &mut self.drift);
        self.sde.diffusion(&x, &mut self.sigma);
        let m = self.sde.noises();
        let (mut drift, mut a) = ([0.0; 2], [[0.0; 2]; 2]);
        let mut scale = [1.0; 2];
        for (k, axis) in self.axes.iter().enumerate() {
            let (first, second) = axis.slopes(xi[k]);
            let row = &self.sigma[k * m..(k + 1) * m];
            let own: f64 = row.iter().map(|s| s * s).sum();
            let cells = axis.cells() as f64;
            scale[k] = cells / first;
            drift[k] = cells * (self.drift[k] - own * second / (2.0 * first * first)) / first;
        }
        for i in 0..n {
            for j in 0..n {
                let terms = (0..m).map(|l| self.sigma[i * m + l] * self.sigma[j * m + l]);
                a[i][j] = scale[i] * scale[j] * terms.sum::<f64>();
            }
        }
        let found = (drift, [a[0][0], a[0][1], a[1][1]]);
        let numbers = found.0.iter().chain(&found.1);
        if numbers.into_iter().all(|x| x.is_finite()) {
            Ok(found)
        } else {
            Err(undefined(&x))
        }
    }
}

impl Chain {
    pub fn of<S: Sde<Sense = Ito> + ?Sized>(sde: &S, axes: &[Axis]) -> Result<Chain> {
        let cells = [axes[0].cells(), axes.get(1).map_or(1, Axis::cells)];
        let order = Order {
            cells,
            first_is_inner: axes.len() == 2 && cells[0] < cells[1],
        };
        let mut local = Local {
            sde,
            axes,
            drift: vec![0.0; axes.len()],
            sigma: vec![0.0; axes.len() * sde.noises()],
        };
        let middle = |k: usize, cell: usize| axes.get(k).map_or(0.0, |a| a.middle(cell));
        let (mut jumps, mut rounded) = (Vec::with_capacity(cells[0] * cells[1]), 0.0_f64);
        for [i, j] in order.each() {
            let (_, [a, b, c]) = local.at([middle(0, i), middle(1, j)])?;
            let (found, share) = directions(a, b, c);
            rounded = rounded.max(share);
            jumps.push(found);
        }
        let reach = |k: usize| {
            let used = jumps.iter().flatten().filter(|d| d.1 > 0.0);
            used.map(|d| d.0[k].unsigned_abs() as usize)
                .max()
                .unwrap_or(1)
        };
        let (inner, outer) = if order.first_is_inner { (0, 1) } else { (1, 0) };
        let band = if axes.len() == 1 {
            1
        } else {
            reach(outer).max(1) * cells[inner] + reach(inner)
        };
        let mut rates = Rates::new(cells[0] * cells[1], band)?;
        let at = |cell: [usize; 2]| &jumps[cell[0] * cells[1] + cell[1]];
        let between = |p: [usize; 2], q: [usize; 2]| {
            [0, 1].map(|k| f64::midpoint(middle(k, p[k]), middle(k, q[k])))
        };
        for cell in order.each() {
            let from = order.state(cell);
            for (v, own) in at(cell).iter().filter(|d| d.1 > 0.0) {
                for by in [*v, [-v[0], -v[1]]] {
                    let Some(next) = order.moved(cell, by) else {
                        continue;
                    };
                    let (to, other) = (order.state(next), weight(at(next), *v));
                    // Where both have the direction, the first has made the rates.
                    if other > 0.0 && to < from {
                        continue;
                    }
                    let (drift, matrix) = local.at(between(cell, next))?;
                    let dual = split(drift, matrix).0;
                    let along = by[0] as f64 * dual[0] + by[1] as f64 * dual[1];
                    let [up, down] = through(along, own / 2.0, other / 2.0);
                    rates.add(from, to, up);
                    rates.add(to, from, down);
                }
            }
            for k in 0..axes.len() {
                let mut by = [0, 0];
                by[k] = 1;
                let Some(next) = order.moved(cell, by) else {
                    continue;
                };
                let (drift, matrix) = local.at(between(cell, next))?;
                let rest = split(drift, matrix).1[k];
                let to = order.state(next);
                rates.add(from, to, rest.max(0.0));
                rates.add(to, from, (-rest).max(0.0));
            }
        }
        Ok(Chain {
            rates,
            rounded,
            order,
        })
    }

    /// Numbers of the states by cells, the last axis innermost.
    pub fn in_order(&self, states: &[f64]) -> Vec<f64> {
        let order = self.order;
        order.each().map(|cell| states[order.state(cell)]).collect()
    }
}

/// λ of a direction, either way.
fn weight(jumps: &[Direction; 3], v: [i64; 2]) -> f64 {
    let same = |d: &&Direction| d.0 == v || d.0 == [-v[0], -v[1]];
    jumps.iter().filter(same).map(|d| d.1).sum()
}

/// a⁻¹b for the a that the directions add up to, and the rest of b that is outside of its range.
fn split(b: [f64; 2], [xx, xy, yy]: [f64; 3]) -> ([f64; 2], [f64; 2]) {
    let xy = xy * (1.0 - directions(xx, xy, yy).1);
    let (trace, det) = (xx + yy, xx * yy - xy * xy);
    if det > SINGULAR * trace * trace {
        let dual = [(yy * b[0] - xy * b[1]) / det, (xx * b[1] - xy * b[0]) / det];
        return (dual, [0.0; 2]);
    }
    if trace <= 0.0 {
        return ([0.0; 2], b);
    }
    // Rank one: a⁺ = a/(tr a)².
    let along = [xx * b[0] + xy * b[1], xy * b[0] + yy * b[1]].map(|x| x / trace);
    let rest = [b[0] - along[0], b[1] - along[1]];
    (along.map(|x| x / trace), rest)
}

/// Rates through a face for ⟨v, a⁻¹b⟩, from the left cell and from the right one.
fn through(along: f64, left: f64, right: f64) -> [f64; 2] {
    let mean = f64::midpoint(left, right);
    let z = 2.0 * along - (right - left) / mean;
    [mean * bernoulli(-z), mean * bernoulli(z)]
}

/// z/(e^z − 1).
fn bernoulli(z: f64) -> f64 {
    if z.abs() < 1e-8 {
        1.0 - z / 2.0
    } else {
        z / z.exp_m1()
    }
}
