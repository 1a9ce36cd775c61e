//! Scalings: min over α of ½ Σ_k A_k e^{2⟨q_k, α⟩}, A_k the squared norms of the blocks that scale
//! alike. If Σ m_k q_k = 0 has one solution up to a factor and it is positive, the inequality of
//! the arithmetic and the geometric mean gives (M/2) Π (A_k/m_k)^{m_k/M}, M = Σ m_k; if none is
//! positive, the infimum is not attained.

use super::Found;
use crate::potential::Term;
use symbias_geometry::charge::render::{Script, number, total};
use symbias_geometry::component::{Balance, Torus};
use symbias_model::expression::Model;

pub(super) fn closed_form(model: &Model, torus: &Torus, theta: Option<&[f64]>) -> Found {
    match torus.balance() {
        Balance::Shrinks(reason) => Found::NotAttained(reason.into()),
        Balance::Several => Found::Unknown,
        Balance::Unique(m) => Found::Term(term(model, torus, &m, theta)),
    }
}

fn term(model: &Model, torus: &Torus, m: &[f64], theta: Option<&[f64]>) -> Term {
    let whole: f64 = m.iter().sum();
    let coefficient = whole / 2.0 * m.iter().map(|m| m.powf(-m / whole)).product::<f64>();
    let value = theta.map(|theta| {
        let item = |i: usize| {
            let a = torus.squares(i, theta);
            let powers = a.iter().zip(m).map(|(a, m)| a.powf(m / whole));
            powers.product::<f64>()
        };
        coefficient * (0..torus.items()).map(item).sum::<f64>()
    });
    let render = |script: Script| {
        let factors: Vec<String> = m
            .iter()
            .enumerate()
            .map(|(k, m)| power(&torus.norm(k, model, script), 2.0 * m, whole, script))
            .collect();
        let front = if (coefficient - 1.0).abs() < 1e-12 {
            String::new()
        } else {
            format!("{} ", short(coefficient))
        };
        format!(
            "{front}{}{}",
            total(&torus.letters(), script),
            factors.join(" ")
        )
    };
    Term {
        text: render(Script::Plain),
        latex: render(Script::Latex),
        value,
    }
}

/// `x^(p/q)`, without the exponent 1.
pub(crate) fn power(x: &str, p: f64, q: f64, script: Script) -> String {
    if (p - q).abs() < 1e-12 {
        return x.to_owned();
    }
    let exponent = fraction(p, q);
    match script {
        Script::Plain => format!("{x}^({exponent})"),
        Script::Latex => format!("{x}^{{{exponent}}}"),
    }
}

/// `p/q` in lowest terms, as far as small integers divide both.
pub(crate) fn fraction(p: f64, q: f64) -> String {
    let divisor = (1..=12)
        .rev()
        .map(f64::from)
        .find(|k| (p / k).fract() == 0.0 && (q / k).fract() == 0.0);
    let (p, q) = divisor.map_or((p, q), |k| (p / k, q / k));
    if (p / q).fract() == 0.0 {
        number(p / q)
    } else {
        format!("{}/{}", number(p), number(q))
    }
}

/// A coefficient in a few digits: halves as they are.
fn short(x: f64) -> String {
    if (2.0 * x).fract().abs() < 1e-12 {
        number(x)
    } else {
        format!("{x:.6}")
    }
}
