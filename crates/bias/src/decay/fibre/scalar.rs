//! The largest value of one number F(θ) on the unit sphere, by a calculus on the function and not on its spelling: sums and
//! products of parts with parameters of their own are read off second derivatives at random points (∂_i∂_jF = 0,
//! F ∂_i∂_jF = ∂_iF ∂_jF), down to parts whose largest value is known. With F homogeneous of degree D and σ = max ±F,
//! the least ½‖θ‖² at F = w is ½(|w|/σ)^{2/D} (theory §7.1).

use super::metered::Metered;
use super::system::{dot, norm};
use symbias_geometry::metric::PredictorMap;
use symbias_geometry::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, symmetric_eigen};
use symbias_numerics::random::Stream;

/// The largest values of F and −F on the unit sphere, where they are taken.
#[derive(Clone, Debug)]
pub(super) struct Peak {
    pub degree: f64,
    /// max F and max −F, at least 0, bounded from above.
    pub sizes: [f64; 2],
    /// Unit vectors.
    pub at: [Vec<f64>; 2],
}

/// factor · (F − offset) as a function of some coordinates, the others fixed.
#[derive(Clone)]
struct Part<'a> {
    map: &'a Metered<'a>,
    /// Whether F is a polynomial.
    polynomial: bool,
    base: Vec<f64>,
    places: Vec<usize>,
    offset: f64,
    factor: f64,
}

/// Random points at which identities are tested.
const POINTS: u64 = 3;
/// An identity between derivatives holds up to this share of its terms.
const SAME: f64 = 1e-9;
/// Points of the circle; the value between two of them is bounded by the degree (Bernstein).
const CIRCLE: usize = 1 << 15;
/// Stream of the random points.
const TESTED: u64 = 71;

/// The least ½‖θ‖² at F = w for a map with one value, bounded from below, and where it is about attained; `None` where the calculus
/// does not reach. A sum of parts of any degrees D ≥ 2 is concave in how w is shared: one part takes all.
pub(super) fn least(
    map: &Metered<'_>,
    polynomial: bool,
    d: usize,
    w: f64,
) -> Result<Option<(f64, Vec<f64>)>> {
    let zero = vec![0.0; d];
    let offset = map.value(&zero)?[0];
    if !offset.is_finite() {
        return Ok(None);
    }
    let whole = Part {
        map,
        polynomial,
        base: zero.clone(),
        places: (0..d).collect(),
        offset,
        factor: 1.0,
    };
    let w = w - offset;
    if let Some(peak) = whole.peak()? {
        return Ok(peak.least(w));
    }
    let Some(points) = whole.points()? else {
        return Ok(None);
    };
    let mut best: Option<(f64, Vec<f64>)> = None;
    for own in additive(&points) {
        let Some(peak) = whole.restricted(&own, &zero, 0.0, 1.0).peak()? else {
            return Ok(None);
        };
        if peak.degree < 2.0 - SAME {
            return Ok(None);
        }
        if let Some((value, at)) = peak.least(w)
            && best.as_ref().is_none_or(|b| value < b.0)
        {
            let mut theta = zero.clone();
            own.iter().zip(&at).for_each(|(i, x)| theta[*i] = *x);
            best = Some((value, theta));
        }
    }
    Ok(best)
}

impl Peak {
    /// ½(|w|/σ)^{2/D}, and where; `None` where no parameter reaches w.
    fn least(&self, w: f64) -> Option<(f64, Vec<f64>)> {
        let side = usize::from(w < 0.0);
        let length = (w.abs() / self.sizes[side]).powf(1.0 / self.degree);
        let at = self.at[side].iter().map(|x| length * x).collect();
        length.is_finite().then_some((length * length / 2.0, at))
    }
}

/// x, f, ∇f and ∇²f.
type Point = (Vec<f64>, f64, Vec<f64>, Matrix);

/// Coordinates that a sum keeps together: ∂_i∂_jf ≠ 0.
fn additive(points: &[Point]) -> Vec<Vec<usize>> {
    let least: Vec<f64> = points.iter().map(|p| SAME * p.3.max_abs()).collect();
    groups(points[0].0.len(), |i, j| {
        let mut of = points.iter().zip(&least);
        of.any(|((_, _, _, h), least)| h[(i, j)].abs() > *least)
    })
}

impl Part<'_> {
    fn full(&self, x: &[f64]) -> Vec<f64> {
        let mut theta = self.base.clone();
        self.places.iter().zip(x).for_each(|(p, x)| theta[*p] = *x);
        theta
    }

    fn value(&self, x: &[f64]) -> Result<f64> {
        Ok(self.factor * (self.map.value(&self.full(x))?[0] - self.offset))
    }

    fn gradient(&self, x: &[f64]) -> Result<Vec<f64>> {
        let rows = self.map.jacobian(&self.full(x))?;
        let own = self.places.iter().map(|p| self.factor * rows[0][*p]);
        Ok(own.collect())
    }

    fn hessian(&self, x: &[f64]) -> Result<Matrix> {
        let theta = self.full(x);
        let n = self.places.len();
        let mut hessian = Matrix::zeros(n, n);
        for (i, p) in self.places.iter().enumerate() {
            let mut unit = vec![0.0; theta.len()];
            unit[*p] = 1.0;
            let rows = self.map.jacobian_along(&theta, &unit)?;
            for (j, q) in self.places.iter().enumerate() {
                hessian[(i, j)] = self.factor * rows[0][*q];
            }
        }
        Ok(hessian)
    }

    /// The same function of fewer coordinates, the others as in x.
    fn restricted(&self, own: &[usize], x: &[f64], offset: f64, factor: f64) -> Part<'_> {
        Part {
            map: self.map,
            polynomial: self.polynomial,
            base: self.full(x),
            places: own.iter().map(|i| self.places[*i]).collect(),
            // factor·(f − offset) for f = self.factor·(F − self.offset).
            offset: self.offset + offset / self.factor,
            factor: self.factor * factor,
        }
    }

    /// f and its derivatives at random points; `None` where one is not finite, or they cost too much.
    fn points(&self) -> Result<Option<Vec<Point>>> {
        let costs = self.map.costs();
        let each = costs.value + costs.jacobian + self.places.len() as f64 * costs.second;
        if !self.map.affords(POINTS as f64 * each) {
            return Ok(None);
        }
        let mut points = Vec::new();
        for number in 0..POINTS {
            let mut stream = Stream::new(5, number, TESTED);
            let x: Vec<f64> = self.places.iter().map(|_| stream.next_normal()).collect();
            let (f, g, h) = (self.value(&x)?, self.gradient(&x)?, self.hessian(&x)?);
            if !(f.is_finite() && norm(&g).is_finite() && h.max_abs().is_finite()) {
                return Ok(None);
            }
            points.push((x, f, g, h));
        }
        Ok(Some(points))
    }

    fn peak(&self) -> Result<Option<Peak>> {
        let n = self.places.len();
        if n == 1 {
            return self.single();
        }
        let Some(points) = self.points()? else {
            return Ok(None);
        };
        let sum = additive(&points);
        if sum.len() > 1 {
            return self.of_sum(&sum);
        }
        let size = |(_, f, g, h): &Point| SAME * (f.abs() * h.max_abs() + dot(g, g));
        let least: Vec<f64> = points.iter().map(size).collect();
        let product = groups(n, |i, j| {
            let mut of = points.iter().zip(&least);
            of.any(|((_, f, g, h), least)| (f * h[(i, j)] - g[i] * g[j]).abs() > *least)
        });
        if product.len() > 1 {
            return self.of_product(&product, &points[0].0, points[0].1);
        }
        // Euler: ⟨x, ∇f⟩ = D f.
        let degree = dot(&points[0].0, &points[0].2) / points[0].1;
        let euler = |(x, f, g, _): &Point| {
            (dot(x, g) - degree * f).abs() <= SAME * (norm(x) * norm(g) + f.abs())
        };
        if !degree.is_finite() || degree <= 0.0 || !points.iter().all(euler) {
            return Ok(None);
        }
        let radial = |(x, _, g, _): &Point| {
            let along = dot(x, g) / dot(x, x);
            let off: Vec<f64> = x.iter().zip(g).map(|(x, g)| g - along * x).collect();
            norm(&off) <= SAME * norm(g)
        };
        let unit = |x: &[f64]| -> Vec<f64> { x.iter().map(|y| y / norm(x)).collect() };
        if points.iter().all(radial) {
            let at = unit(&points[0].0);
            let size = self.value(&at)?;
            return Ok(Some(Peak {
                degree,
                sizes: [size.max(0.0), (-size).max(0.0)],
                at: [at.clone(), at],
            }));
        }
        let first = &points[0].3;
        let constant = |h: &Matrix| {
            h.add_scaled(-1.0, first)
                .is_ok_and(|e| e.max_abs() <= SAME * first.max_abs())
        };
        if (degree - 2.0).abs() < SAME && points.iter().all(|p| constant(&p.3)) {
            let eigen = symmetric_eigen(first).map_err(numerical)?;
            let [low, high] = [eigen.values[0], eigen.values[n - 1]];
            return Ok(Some(Peak {
                degree: 2.0,
                sizes: [(high / 2.0).max(0.0), (-low / 2.0).max(0.0)],
                at: [eigen.vectors.column(n - 1), eigen.vectors.column(0)],
            }));
        }
        let circle = CIRCLE as f64 * self.map.costs().value;
        if n == 2 && self.polynomial && self.map.affords(circle) {
            return self.on_circle(degree).map(Some);
        }
        Ok(None)
    }

    /// One coordinate: f(1) and f(−1) times a power.
    fn single(&self) -> Result<Option<Peak>> {
        let [right, left] = [self.value(&[1.0])?, self.value(&[-1.0])?];
        let reference = if right != 0.0 { 1.0 } else { -1.0 };
        let degree = (self.value(&[2.0 * reference])? / self.value(&[reference])?).log2();
        let mut same = degree > 0.0 && degree.is_finite();
        for t in [0.37_f64, 1.7, 3.1] {
            for (sign, size) in [(1.0, right), (-1.0, left)] {
                let expected = size * t.powf(degree);
                same &=
                    (self.value(&[sign * t])? - expected).abs() <= SAME * expected.abs().max(SAME);
            }
        }
        if !same {
            return Ok(None);
        }
        let place = |wanted: bool| vec![if wanted { 1.0 } else { -1.0 }];
        Ok(Some(Peak {
            degree,
            sizes: [right.max(left).max(0.0), (-right).max(-left).max(0.0)],
            at: [place(right >= left), place(right <= left)],
        }))
    }

    /// Parts of one degree D: all weight on the best one for D ≥ 2; below, Hölder's share.
    fn of_sum(&self, parts: &[Vec<usize>]) -> Result<Option<Peak>> {
        let n = self.places.len();
        let zero = vec![0.0; n];
        let origin = self.value(&zero)?;
        if origin.abs() > SAME {
            return Ok(None);
        }
        let mut peaks = Vec::new();
        for own in parts {
            let part = self.restricted(own, &zero, 0.0, 1.0);
            match part.peak()? {
                Some(peak) => peaks.push(peak),
                None => return Ok(None),
            }
        }
        let degree = peaks[0].degree;
        if peaks.iter().any(|p| (p.degree - degree).abs() > SAME) {
            return Ok(None);
        }
        let side = |side: usize| -> (f64, Vec<f64>) {
            let sizes: Vec<f64> = peaks.iter().map(|p| p.sizes[side]).collect();
            let mut shares = vec![0.0; sizes.len()];
            if degree >= 2.0 - SAME {
                let best = (0..sizes.len()).fold(0, |b, i| if sizes[i] > sizes[b] { i } else { b });
                shares[best] = 1.0;
            } else {
                // max Σσ t^{D/2}, Σt = 1: t ∝ σ^{2/(2−D)}.
                let power = 2.0 / (2.0 - degree);
                let all: f64 = sizes.iter().map(|s| s.powf(power)).sum();
                if all > 0.0 {
                    (0..sizes.len()).for_each(|i| shares[i] = sizes[i].powf(power) / all);
                } else {
                    shares[0] = 1.0;
                }
            }
            let size = (0..sizes.len())
                .map(|i| sizes[i] * shares[i].powf(degree / 2.0))
                .sum();
            let mut at = vec![0.0; n];
            for ((own, peak), share) in parts.iter().zip(&peaks).zip(&shares) {
                for (i, x) in own.iter().zip(&peak.at[side]) {
                    at[*i] = share.sqrt() * x;
                }
            }
            (size, at)
        };
        let [(up, plus), (down, minus)] = [side(0), side(1)];
        Ok(Some(Peak {
            degree,
            sizes: [up, down],
            at: [plus, minus],
        }))
    }

    /// Parts f_g with f = f(x) Π f_g: Π‖θ_g‖^{D_g} is largest at ‖θ_g‖² = D_g/D.
    fn of_product(&self, parts: &[Vec<usize>], x: &[f64], f: f64) -> Result<Option<Peak>> {
        if f == 0.0 {
            return Ok(None);
        }
        let mut peaks = Vec::new();
        for own in parts {
            match self.restricted(own, x, 0.0, 1.0 / f).peak()? {
                Some(peak) => peaks.push(peak),
                None => return Ok(None),
            }
        }
        let degree: f64 = peaks.iter().map(|p| p.degree).sum();
        // The best positive and the best negative product so far.
        let mut sizes = [f.max(0.0), (-f).max(0.0)];
        let mut at = [vec![0.0; x.len()], vec![0.0; x.len()]];
        for (own, peak) in parts.iter().zip(&peaks) {
            let share = peak.degree / degree;
            let (mut next, mut places) = ([0.0; 2], at.clone());
            for (side, (size, place)) in next.iter_mut().zip(&mut places).enumerate() {
                for sign in 0..2 {
                    let product = sizes[side ^ sign] * peak.sizes[sign];
                    if product > *size {
                        *size = product;
                        place.clone_from(&at[side ^ sign]);
                        for (i, x) in own.iter().zip(&peak.at[sign]) {
                            place[*i] = share.sqrt() * x;
                        }
                    }
                }
                *size *= share.powf(peak.degree / 2.0);
            }
            (sizes, at) = (next, places);
        }
        Ok(Some(Peak { degree, sizes, at }))
    }

    /// A form of degree D in two coordinates is a trigonometric polynomial on the circle, |f″| ≤ D² max|f|: between points at a
    /// distance h it exceeds its values there by at most D²h²/8 · max|f|.
    fn on_circle(&self, degree: f64) -> Result<Peak> {
        let point = |k: usize| {
            let angle = std::f64::consts::TAU * k as f64 / CIRCLE as f64;
            vec![angle.cos(), angle.sin()]
        };
        let (mut sizes, mut at) = ([0.0_f64; 2], [point(0), point(0)]);
        for k in 0..CIRCLE {
            let f = self.value(&point(k))?;
            for (side, value) in [f, -f].into_iter().enumerate() {
                if value > sizes[side] {
                    (sizes[side], at[side]) = (value, point(k));
                }
            }
        }
        let step = std::f64::consts::TAU / CIRCLE as f64;
        let excess = degree * degree * step * step / 8.0;
        let largest = sizes[0].max(sizes[1]) / (1.0 - excess);
        Ok(Peak {
            degree,
            sizes: sizes.map(|s| s + excess * largest),
            at,
        })
    }
}

/// Coordinates that are joined, directly or by others.
fn groups(n: usize, joined: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut of: Vec<usize> = (0..n).collect();
    for i in 0..n {
        for j in 0..i {
            if of[i] != of[j] && joined(i, j) {
                let (from, to) = (of[i].max(of[j]), of[i].min(of[j]));
                of.iter_mut().filter(|o| **o == from).for_each(|o| *o = to);
            }
        }
    }
    let mut found: Vec<Vec<usize>> = vec![Vec::new(); n];
    of.iter().enumerate().for_each(|(i, o)| found[*o].push(i));
    found.retain(|g| !g.is_empty());
    found
}
