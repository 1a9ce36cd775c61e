//! The law of F(θ) for θ ~ N(0, τI) (theory §5.1): with weight decay λ and isotropic noise of temperature T = λτ the
//! stationary law is exactly e^{−ℓ/T} times it, whatever the fibre is.
//!
//! For homogeneous quadratic F the characteristic function is det(1 − 2iτ H_s)^{−1/2}, H_s = Σ_k s_k H_k, so that the
//! spectra of H_s decide. Where they are ±|s|/2, r times each, for all s ∈ ℝᵐ in some inner product (u·v, p·q, s·v, Pq, turned
//! as one likes), it is (1 + τ²|s|²)^{−r/2} and the density ‖w‖^{(r−m)/2} K_{(r−m)/2}(‖w‖/τ); where one H has a single
//! eigenvalue, r times, a Gamma law of shape r/2. Linear F is Gaussian.

use crate::bessel::log_bessel_k;
use crate::potential::Term;
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

/// One part: its law, and the size of its weights in the inner product of the law.
struct Part {
    kind: Kind,
    size: f64,
    /// t = ‖w‖ over this; `None` in an inner product that is no multiple of the usual one.
    unit: Option<f64>,
}

/// R = −log π at θ, up to a constant, with its formula; `None` where the law of some part is not known.
///
/// # Errors
/// Floating linear algebra that does not converge.
pub(super) fn push_forward(map: &Polynomial, theta: &[f64], tau: f64) -> Result<Option<Term>> {
    type Alike = (Kind, Option<f64>, Vec<f64>);
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
            Some(known) => known.2.push(part.size),
            None => kinds.push((part.kind, part.unit, vec![part.size])),
        }
    }
    let (mut text, mut latex, mut value) = (Vec::new(), Vec::new(), 0.0);
    for (kind, unit, sizes) in &kinds {
        value += sizes.iter().map(|t| kind.potential(*t, tau)).sum::<f64>();
        let (plain, tex) = kind.formula(tau);
        let (t, tex_t) = match unit {
            Some(1.0) => ("|w|".to_owned(), "\\lVert w\\rVert".to_owned()),
            Some(c) => (format!("|w|/{c}"), format!("\\lVert w\\rVert/{c}")),
            None => (
                "sqrt(w' G^-1 w)".to_owned(),
                "\\sqrt{w^\\top G^{-1} w}".to_owned(),
            ),
        };
        let many = if sizes.len() > 1 {
            ("sum_w ", "\\sum_w ")
        } else {
            ("", "")
        };
        text.push(format!("{}[{plain}, t = {t}]", many.0));
        latex.push(format!("{}\\bigl[{tex},\\ t = {tex_t}\\bigr]", many.1));
    }
    if kinds.is_empty() || !value.is_finite() {
        return Ok(None);
    }
    Ok(Some(Term {
        text: text.join(" + "),
        latex: latex.join(" + "),
        value: Some(value),
    }))
}

impl Kind {
    fn potential(self, t: f64, tau: f64) -> f64 {
        match self {
            Kind::Bessel { m, r } => {
                let order = (r as f64 - m as f64) / 2.0;
                -order * t.ln() - log_bessel_k(order.abs(), t / tau)
            }
            Kind::Gamma { r } => (1.0 - r as f64 / 2.0) * t.ln() + t / tau,
            Kind::Gaussian { .. } => t * t / (2.0 * tau),
        }
    }

    /// As text and in LaTeX.
    fn formula(self, tau: f64) -> (String, String) {
        match self {
            Kind::Bessel { m, r } => {
                let twice = r as i64 - m as i64;
                let order = half(twice.abs());
                let (front, tex) = match twice {
                    0 => (String::new(), String::new()),
                    n => {
                        let sign = if n > 0 { "-" } else { "" };
                        (
                            format!("{sign}({}) log t ", half(n.abs())),
                            format!("{sign}{}\\log t ", half(n.abs())),
                        )
                    }
                };
                (
                    format!("{front}-log K_{{{order}}}(t/{tau})"),
                    format!("{tex}-\\log K_{{{order}}}(t/{tau})"),
                )
            }
            Kind::Gamma { r } => {
                let power = half(2 - r as i64);
                (
                    format!("({power}) log t + t/{tau}"),
                    format!("({power})\\log t + t/{tau}"),
                )
            }
            Kind::Gaussian { .. } => (format!("t^2/(2*{tau})"), format!("t^2/(2\\cdot {tau})")),
        }
    }
}

/// n/2.
fn half(n: i64) -> String {
    match n % 2 {
        0 => format!("{}", n / 2),
        _ => format!("{n}/2"),
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
        let w = jacobian.apply(theta).map_err(numerical)?;
        let gram = jacobian.matmul(&jacobian.transpose()).map_err(numerical)?;
        return Ok(sized(Kind::Gaussian { m: entries.len() }, &gram, &w));
    }
    if !degree(2) {
        return Ok(None);
    }
    let form = |entry: &Vec<Monomial>| {
        let mut h = Matrix::zeros(d, d);
        for m in entry {
            let (i, j) = (m.places[0], m.places[1]);
            h[(i, j)] += m.coefficient / 2.0;
            h[(j, i)] += m.coefficient / 2.0;
        }
        h
    };
    of_forms(&independent(entries.iter().map(form).collect()), theta)
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
    let form = |h: &Matrix| -> Result<f64> {
        let moved = h.apply(theta).map_err(numerical)?;
        Ok(moved.iter().zip(theta).map(|(a, b)| a * b).sum())
    };
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
            let size = form(&forms[0])? / (2.0 * one);
            return Ok((size > 0.0).then_some(Part {
                kind: Kind::Gamma { r: live.len() },
                size,
                unit: Some(2.0 * one),
            }));
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
    let w = forms.iter().map(form).collect::<Result<Vec<f64>>>()?;
    Ok(sized(Kind::Bessel { m, r }, &inner, &w))
}

/// With √(wᵀG⁻¹w), the norm of w that is dual to that of s; `None` where weights are no coordinates.
fn sized(kind: Kind, gram: &Matrix, w: &[f64]) -> Option<Part> {
    let solved = solve_positive(gram, w).ok()??;
    let square: f64 = solved.iter().zip(w).map(|(a, b)| a * b).sum();
    let unit = gram[(0, 0)].sqrt();
    let usual = |i: usize, j: usize| if i == j { unit * unit } else { 0.0 };
    let m = gram.rows;
    let mut entries = (0..m).flat_map(|i| (0..m).map(move |j| (i, j)));
    let is_usual = entries.all(|(i, j)| (gram[(i, j)] - usual(i, j)).abs() <= EQUAL * unit * unit);
    // Entries of H are halves and the like: their root is printed as it is meant.
    let unit = (unit * 1e9).round() / 1e9;
    (square > 0.0).then(|| Part {
        kind,
        size: square.sqrt(),
        unit: is_usual.then_some(unit),
    })
}
