//! The law of F(θ) for θ ~ N(0, τI) (theory §5.1): with weight decay λ and isotropic noise of temperature T = λτ the
//! stationary law is exactly e^{−ℓ/T} times it, whatever the fibre is.
//!
//! For homogeneous quadratic F the characteristic function is det(1 − 2iτ H_s)^{−1/2}, H_s = Σ_k s_k H_k, so that the
//! spectra of H_s decide. Where they are ±|s|/2, r times each, for all s ∈ ℝᵐ in some inner product (u·v, p·q, s·v, Pq, turned
//! as one likes), it is (1 + τ²|s|²)^{−r/2} and the density ‖w‖^{(r−m)/2} K_{(r−m)/2}(‖w‖/τ); where one H has a single
//! eigenvalue, r times, a Gamma law of shape r/2. Linear F is Gaussian.

use std::sync::Arc;
use symbias_geometry::formula::{Formula, Function, Index, Logarithm, Symbol};
use symbias_geometry::metric::{Monomial, Polynomial, PredictorMap};
use symbias_geometry::rank::numerical;
use symbias_model::error::Result;
use symbias_numerics::dense::{Matrix, solve_positive, symmetric_eigen};
use symbias_numerics::random::Stream;

/// Relative difference of eigenvalues that are one.
const EQUAL: f64 = 1e-9;
/// Directions s at which the spectrum is compared.
const DIRECTIONS: u64 = 6;
/// Parameters of one part, at most.
const LARGEST: usize = 200;
/// Stream of the directions.
const STREAM: u64 = 95;

/// A law that is known in closed form.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// ‖w‖^{(r−m)/2} K_{(r−m)/2}(‖w‖/τ), of m weights.
    Bessel { m: usize, r: usize },
    /// w^{r/2−1} e^{−w/τ}.
    Gamma { r: usize },
    /// e^{−‖w‖²/2τ}.
    Gaussian { m: usize },
}

/// One part: its law, and the size t of its weights in the inner product of the law.
struct Part {
    kind: Kind,
    size: Size,
    /// t = ‖w‖ over this; `None` in an inner product that is no multiple of the usual one.
    unit: Option<f64>,
}

/// t as a function of the part's parameters.
#[derive(Clone, Debug)]
enum Size {
    /// θᵀHθ times this.
    Form(Matrix, f64),
    /// √(wᵀG⁻¹w), w = Jθ.
    Linear(Matrix, Matrix),
    /// √(wᵀG⁻¹w), w_k = θᵀH_kθ.
    Quadratic(Vec<Matrix>, Matrix),
}

impl Size {
    fn at(&self, theta: &[f64]) -> Option<f64> {
        let norm = |w: Vec<f64>, gram: &Matrix| {
            let solved = solve_positive(gram, &w).ok()??;
            let square: f64 = solved.iter().zip(&w).map(|(a, b)| a * b).sum();
            Some(square.sqrt())
        };
        match self {
            Size::Form(h, scale) => Some(scale * form(h, theta)?),
            Size::Linear(jacobian, gram) => norm(jacobian.apply(theta).ok()?, gram),
            Size::Quadratic(forms, gram) => {
                let w: Option<Vec<f64>> = forms.iter().map(|h| form(h, theta)).collect();
                norm(w?, gram)
            }
        }
    }
}

/// θᵀHθ.
fn form(h: &Matrix, theta: &[f64]) -> Option<f64> {
    let moved = h.apply(theta).ok()?;
    Some(moved.iter().zip(theta).map(|(a, b)| a * b).sum())
}

/// The size of a weight.
const T: Symbol = Symbol::new("t");

/// R = −log π up to a constant; `None` where the law of some part is not known.
///
/// # Errors
/// Floating linear algebra that does not converge.
pub(super) fn push_forward(map: &Polynomial, theta: &[f64], tau: f64) -> Result<Option<Formula>> {
    type Alike = (Kind, Option<f64>, Vec<(Vec<usize>, Size)>);
    let mut kinds: Vec<Alike> = Vec::new();
    for rows in map.blocks(theta)? {
        let (columns, own) = map.part(&rows);
        let local: Vec<f64> = columns.iter().map(|i| theta[*i]).collect();
        let Some(part) = of_part(&own, &local)? else {
            return Ok(None);
        };
        match kinds
            .iter_mut()
            .find(|k| (k.0, k.1) == (part.kind, part.unit))
        {
            Some(known) => known.2.push((columns, part.size)),
            None => kinds.push((part.kind, part.unit, vec![(columns, part.size)])),
        }
    }
    if kinds.is_empty() {
        return Ok(None);
    }
    let terms = kinds.into_iter().map(|(kind, unit, sizes)| {
        let names = match unit {
            Some(1.0) => ["|w|".to_owned(), "\\lVert w \\rVert".to_owned()],
            Some(c) => [format!("|w|/{c}"), format!("\\lVert w \\rVert/{c}")],
            None => [
                "sqrt(w' G^-1 w)".to_owned(),
                "\\sqrt{w^\\top G^{-1} w}".to_owned(),
            ],
        };
        let count = sizes.len();
        let log = move |theta: &[f64], item: usize| {
            let (columns, size) = sizes.get(item)?;
            let local: Vec<f64> = columns.iter().map(|i| theta[*i]).collect();
            Some(size.at(&local)?.ln())
        };
        let t = Logarithm {
            names,
            log: Arc::new(log),
        };
        let body = Formula::Let {
            symbol: T,
            value: Box::new(Formula::quantity(t)),
            held: false,
            body: Box::new(kind.potential(tau)),
        };
        let letters = if count > 1 {
            vec!["w".into()]
        } else {
            Vec::new()
        };
        body.items(letters, count)
    });
    let found = Formula::joined(terms);
    Ok(Some(found).filter(|f| f.value(theta).is_some_and(f64::is_finite)))
}

impl Kind {
    /// As a function of t.
    fn potential(self, tau: f64) -> Formula {
        let t = || Formula::Variable(T, Index::None);
        match self {
            Kind::Bessel { m, r } => {
                let order = (r as f64 - m as f64) / 2.0;
                let bessel = Function::LogBesselK(order.abs());
                let tail = t().times(1.0 / tau).apply(bessel).times(-1.0);
                Formula::joined([t().log(-order, 0.0), tail])
            }
            Kind::Gamma { r } => {
                let power = 1.0 - r as f64 / 2.0;
                Formula::joined([t().log(power, 0.0), t().times(1.0 / tau)])
            }
            Kind::Gaussian { .. } => t().power(2.0).times(1.0 / (2.0 * tau)),
        }
    }
}

fn of_part(map: &Polynomial, theta: &[f64]) -> Result<Option<Part>> {
    let (entries, d) = (&map.entries, theta.len());
    if d > LARGEST {
        return Ok(None);
    }
    let degree = |n: usize| entries.iter().flatten().all(|m| m.places.len() == n);
    if degree(1) {
        let mut jacobian = Matrix::zeros(entries.len(), d);
        for (k, entry) in entries.iter().enumerate() {
            for m in entry {
                jacobian[(k, m.places[0])] += m.coefficient;
            }
        }
        let gram = jacobian.matmul(&jacobian.transpose()).map_err(numerical)?;
        let unit = unit_of(&gram);
        let kind = Kind::Gaussian { m: entries.len() };
        return Ok(sized(kind, Size::Linear(jacobian, gram), unit, theta));
    }
    if !degree(2) {
        return Ok(None);
    }
    let hessian = |entry: &Vec<Monomial>| {
        let mut h = Matrix::zeros(d, d);
        for m in entry {
            let (i, j) = (m.places[0], m.places[1]);
            h[(i, j)] += m.coefficient / 2.0;
            h[(j, i)] += m.coefficient / 2.0;
        }
        h
    };
    of_forms(&independent(entries.iter().map(hessian).collect()), theta)
}

/// A basis of the span: one polynomial may stand at several monomials of the inputs.
fn independent(forms: Vec<Matrix>) -> Vec<Matrix> {
    let dot =
        |a: &Matrix, b: &Matrix| -> f64 { a.data.iter().zip(&b.data).map(|(x, y)| x * y).sum() };
    let (mut kept, mut basis): (Vec<Matrix>, Vec<Matrix>) = (Vec::new(), Vec::new());
    for form in forms {
        let (size, mut rest) = (dot(&form, &form).sqrt(), form.clone());
        for _ in 0..2 {
            for q in &basis {
                let along = dot(&rest, q);
                rest.data
                    .iter_mut()
                    .zip(&q.data)
                    .for_each(|(r, q)| *r -= along * q);
            }
        }
        let left = dot(&rest, &rest).sqrt();
        if left > EQUAL * size {
            basis.push(rest.scaled(1.0 / left));
            kept.push(form);
        }
    }
    kept
}

fn of_forms(forms: &[Matrix], theta: &[f64]) -> Result<Option<Part>> {
    let m = forms.len();
    let product =
        |a: &Matrix, b: &Matrix| -> f64 { a.data.iter().zip(&b.data).map(|(x, y)| x * y).sum() };
    if m == 1 {
        let values = symmetric_eigen(&forms[0]).map_err(numerical)?.values;
        let top = values.iter().fold(0.0_f64, |t, x| t.max(x.abs()));
        let live: Vec<f64> = values
            .into_iter()
            .filter(|x| x.abs() > EQUAL * top)
            .collect();
        let one = live[0];
        if live.iter().all(|x| (x - one).abs() <= EQUAL * top) {
            // w = 2c · ½‖z‖².
            let size = Size::Form(forms[0].clone(), 1.0 / (2.0 * one));
            let kind = Kind::Gamma { r: live.len() };
            return Ok(sized(kind, size, Some(2.0 * one), theta));
        }
    }
    // tr(H_s²) = r|s|²/2 where the spectrum is ±|s|/2, r times each.
    let mut rank = None;
    let gram = Matrix::from_fn(m, m, |i, j| product(&forms[i], &forms[j]));
    for number in 0..DIRECTIONS {
        let mut stream = Stream::new(number, m as u64, STREAM);
        let mut h = Matrix::zeros(theta.len(), theta.len());
        for own in forms {
            h = h.add_scaled(stream.next_normal(), own).map_err(numerical)?;
        }
        let values = symmetric_eigen(&h).map_err(numerical)?.values;
        let top = values.iter().fold(0.0_f64, |t, x| t.max(x.abs()));
        let zero = |x: &&f64| x.abs() <= EQUAL * top;
        let near = |x: &f64, y: f64| (x - y).abs() <= EQUAL * top;
        let up = values.iter().filter(|x| near(x, top)).count();
        let down = values.iter().filter(|x| near(x, -top)).count();
        let zeros = values.iter().filter(zero).count();
        if up != down || up + down + zeros != values.len() || rank.is_some_and(|r| r != up) {
            return Ok(None);
        }
        rank = Some(up);
    }
    let Some(r) = rank else { return Ok(None) };
    let inner = gram.scaled(2.0 / r as f64);
    let unit = unit_of(&inner);
    let size = Size::Quadratic(forms.to_vec(), inner);
    Ok(sized(Kind::Bessel { m, r }, size, unit, theta))
}

/// `None` where weights are no coordinates, or vanish.
fn sized(kind: Kind, size: Size, unit: Option<f64>, theta: &[f64]) -> Option<Part> {
    let found = size.at(theta)?;
    (found > 0.0).then_some(Part { kind, size, unit })
}

/// c where √(wᵀG⁻¹w), the norm of w that is dual to that of s, is ‖w‖/c.
fn unit_of(gram: &Matrix) -> Option<f64> {
    let unit = gram[(0, 0)].sqrt();
    let usual = |i: usize, j: usize| if i == j { unit * unit } else { 0.0 };
    let m = gram.rows;
    let mut entries = (0..m).flat_map(|i| (0..m).map(move |j| (i, j)));
    let is_usual = entries.all(|(i, j)| (gram[(i, j)] - usual(i, j)).abs() <= EQUAL * unit * unit);
    // Entries of H are halves and the like: their root is printed as it is meant.
    is_usual.then_some((unit * 1e9).round() / 1e9)
}
