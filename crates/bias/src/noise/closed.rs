//! Formulas of the laws, part by part, in functions that the group leaves alone.
//!
//! For z = ⊗ a_k^{⊗m_k} with n real dimensions of the image, F families, M = Σ m_k, t = ‖z‖: at the
//! balanced point A_k = m_k c, c^M Π m_k^{m_k} = t², det Γ_𝔭 ∝ c^F and pdet K = M (t²/c)^n. For
//! W = AᵀB with singular values s, both stacks have the spectrum s.

use super::isotropic::Temper;
use crate::bessel::log_bessel_k;
use crate::decay::diagonal::fraction;
use crate::potential::Term;
use symbias_geometry::charge::render::{Script, number, total};
use symbias_geometry::component::{Balance, Pair, Rotation, Structure, Torus};
use symbias_geometry::discover::structural::Factor;
use symbias_geometry::metric::closed_form_of;
use symbias_geometry::orbit::formula;
use symbias_model::expression::Model;
use symbias_model::space::Block;
use symbias_numerics::dense::singular_values;

/// R = ½ log pdet K + p ½ log det Γ_𝔭 + k ½ log pdet Γ_𝔨.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Law {
    Isotropic,
    Slice,
    LogRatios,
    Surface,
    Horizontal,
}

impl Law {
    /// p and k.
    pub(super) fn shares(self) -> (f64, f64) {
        match self {
            Law::Isotropic | Law::Surface => (0.0, -1.0),
            Law::Slice => (1.0, -1.0),
            Law::LogRatios => (-1.0, -1.0),
            Law::Horizontal => (0.0, 0.0),
        }
    }
}

/// The formula of one part; `None` where none is known.
pub(super) fn of_part(
    model: &Model,
    law: Law,
    part: &Structure,
    theta: Option<&[f64]>,
) -> Option<Term> {
    match part {
        Structure::Torus(torus) if !torus.phase => of_torus(model, law, torus, theta),
        Structure::Pair(pair) => of_pair(model, law, pair, theta),
        Structure::Torus(_) | Structure::Rotation(_) => of_compact(model, law, part, theta),
        _ => None,
    }
}

/// n, the real dimension of the image of an item, where all items have the same.
pub(super) fn dimension(torus: &Torus) -> Option<f64> {
    let counts = torus.groups.iter().map(|g| g.places.common_count());
    counts
        .map(|n| Some(n? as f64 - 1.0))
        .sum::<Option<f64>>()
        .map(|n| n + 1.0)
}

/// `3`, `(3/2)`.
fn factor(over: f64, under: f64) -> String {
    let text = fraction(over, under);
    if text.contains('/') || text.starts_with('-') {
        format!("({text})")
    } else {
        text
    }
}

/// A factor in LaTeX, with the space behind it; nothing for 1.
fn tex_factor(over: f64, under: f64) -> String {
    let text = fraction(over, under);
    match text.split_once('/') {
        Some((a, b)) => format!("\\tfrac{{{a}}}{{{b}}} "),
        None if text == "1" => String::new(),
        None => format!("{text} "),
    }
}

/// t of an item as a product of norms.
fn norms(model: &Model, torus: &Torus, m: &[f64], script: Script) -> String {
    let factors = m.iter().enumerate().map(|(k, m)| {
        let norm = torus.norm(k, model, script);
        match (*m == 1.0, script) {
            (true, _) => norm,
            (false, Script::Plain) => format!("{norm}^{}", number(*m)),
            (false, Script::Latex) => format!("{norm}^{{{}}}", number(*m)),
        }
    });
    factors.collect::<Vec<_>>().join(" ")
}

/// log t of an item.
fn log_size(torus: &Torus, m: &[f64], item: usize, theta: &[f64]) -> f64 {
    let squares = torus.squares(item, theta);
    let logs = squares.iter().zip(m).map(|(a, m)| m * a.ln());
    logs.sum::<f64>() / 2.0
}

fn of_torus(model: &Model, law: Law, torus: &Torus, theta: Option<&[f64]>) -> Option<Term> {
    let Balance::Unique(m) = torus.balance() else {
        return None;
    };
    let (p, _) = law.shares();
    let whole: f64 = m.iter().sum();
    let (n, families) = (dimension(torus)?, torus.families() as f64);
    let (over, under) = (n * (whole - 1.0) + p * families, whole);
    let value = theta.map(|theta| {
        let minors = torus.minors();
        let weight = |(d, s): &(f64, Vec<usize>)| d * s.iter().map(|k| m[*k]).product::<f64>();
        let gram = (torus.unit() * minors.iter().map(weight).sum::<f64>()).ln();
        let weights: f64 = m.iter().map(|m| m * m.ln()).sum();
        let item = |i: usize| {
            let log_t = log_size(torus, &m, i, theta);
            let log_c = (2.0 * log_t - weights) / whole;
            let metric = whole.ln() + n * (2.0 * log_t - log_c);
            let mut value = (metric + p * (gram + families * log_c)) / 2.0;
            if law == Law::LogRatios {
                // ∇χ = 2 ξ/|ξ|², one for each family.
                value += families * 2.0_f64.ln();
            }
            value
        };
        (0..torus.items()).map(item).sum()
    });
    let render = |script: Script| {
        let sum = total(&torus.letters(), script);
        let t = norms(model, torus, &m, script);
        match (over == 0.0, over == under, script) {
            (true, _, _) => "0".to_owned(),
            (_, true, Script::Plain) => format!("{sum}log({t})"),
            (_, true, Script::Latex) => format!("{sum}\\log({t})"),
            (_, _, Script::Plain) => format!("{} {sum}log({t})", factor(over, under)),
            (_, _, Script::Latex) => format!("{}{sum}\\log({t})", tex_factor(over, under)),
        }
    };
    Some(Term {
        text: render(Script::Plain),
        latex: render(Script::Latex),
        value,
    })
}

fn of_pair(model: &Model, law: Law, pair: &Pair, theta: Option<&[f64]>) -> Option<Term> {
    if law == Law::LogRatios {
        return None;
    }
    let (p, k) = law.shares();
    let (r, n, m) = pair.shape()?;
    (n >= r && m >= r).then_some(())?;
    let rest = (n + m - 2 * r) as f64;
    let value = theta.and_then(|theta| {
        let copy = |c: usize| {
            let [a, b] = pair.stacks(c, theta);
            let s = singular_values(&a.transpose_matmul(&b).ok()?).ok()?;
            let mut sum = 0.0;
            for (i, x) in s[..r].iter().enumerate() {
                sum += (rest * x.ln() + (1.0 + p) * (2.0 * x).ln()) / 2.0;
                for y in &s[i + 1..r] {
                    sum += (2.0 + p + k) / 2.0 * (x + y).ln();
                }
            }
            Some(sum)
        };
        (0..pair.copies()).map(copy).sum()
    });
    let render = |script: Script| {
        let [a, b] = [0, 1].map(|side| pair.side(side, model, script));
        let latex = script == Script::Latex;
        let term = |weight: f64, body: &str, body_latex: &str| match (weight == 0.0, latex) {
            (true, _) => None,
            (_, false) if weight == 2.0 => Some(body.to_owned()),
            (_, false) => Some(format!("{} {body}", factor(weight, 2.0))),
            (_, true) => Some(format!("{}{body_latex}", tex_factor(weight, 2.0))),
        };
        let terms: Vec<String> = [
            term(1.0 + p + rest, "sum_i log s_i", "\\sum_i \\log s_i"),
            term(
                2.0 + p + k,
                "sum_(i<j) log(s_i + s_j)",
                "\\sum_{i<j} \\log(s_i + s_j)",
            ),
        ]
        .into_iter()
        .take(if r == 1 { 1 } else { 2 })
        .flatten()
        .collect();
        let sum = terms.join(" + ");
        let front = pair.total(script);
        let inner = if front.is_empty() || terms.len() == 1 {
            format!("{front}{sum}")
        } else {
            format!("{front}({sum})")
        };
        match script {
            Script::Plain => format!("[{inner}, s = singular values of {a} {b}]"),
            Script::Latex => format!("{inner},\\ s = \\sigma({a} {b})"),
        }
    };
    Some(Term {
        text: render(Script::Plain),
        latex: render(Script::Latex),
        value,
    })
}

/// Compact groups: every point is balanced, and both determinants have their formulas.
fn of_compact(model: &Model, law: Law, part: &Structure, theta: Option<&[f64]>) -> Option<Term> {
    let (_, k) = law.shares();
    let gram = formula::of_part(model, part, theta)?;
    let value = match theta {
        Some(theta) => Some((closed_form_of(part, theta)? + k * gram.log_det?) / 2.0),
        None => None,
    };
    let (text, latex) = match part {
        Structure::Rotation(rotation) => of_rotation(model, rotation, k)?,
        Structure::Torus(torus) => {
            let n = torus.groups[0].places.count(0) as f64;
            let weight = n - 1.0 + k;
            let t = torus.norm(0, model, Script::Plain);
            let tex = torus.norm(0, model, Script::Latex);
            (
                format!("{weight} {}log {t}", total(&torus.letters(), Script::Plain)),
                format!(
                    "{weight} {}\\log {tex}",
                    total(&torus.letters(), Script::Latex)
                ),
            )
        }
        _ => return None,
    };
    Some(Term { text, latex, value })
}

/// On S = MᵀM, M n×N: pairs of non-zero eigenvalues cancel between K and the orbit, and what pairs them
/// with zeros leaves a power of pdet S (for complex stacks pairs count twice).
fn of_rotation(model: &Model, rotation: &Rotation, k: f64) -> Option<(String, String)> {
    let (n, width) = rotation.shape().map(|(n, m)| (n as f64, m as f64))?;
    let [stack, tex] = [Script::Plain, Script::Latex].map(|s| rotation.stack(model, s));
    let complex = rotation.is_complex();
    if k == 0.0 {
        let (half, tex_half) = if complex {
            ("", "")
        } else {
            ("(1/2) ", "\\tfrac12 ")
        };
        return Some((
            format!(
                "[(1/2) sum_i log s_i + {half}sum_(i<j) log(s_i + s_j), s = eigenvalues of gram({stack}), pairs of zeros left out]"
            ),
            format!(
                "\\tfrac12 \\sum_i \\log s_i + {tex_half}\\sum_{{i<j}} \\log(s_i + s_j),\\ s = \\lambda(\\operatorname{{gram}} {tex})"
            ),
        ));
    }
    let power = if complex {
        2.0 * (width - n)
    } else {
        width - n + 1.0
    };
    if power == 0.0 {
        return Some(("0".into(), "0".into()));
    }
    Some((
        format!("{} log pdet gram({stack})", factor(power, 2.0)),
        format!(
            "{}\\log\\operatorname{{pdet}}(\\operatorname{{gram}} {tex})",
            tex_factor(power, 2.0)
        ),
    ))
}

/// −log of the orbit integral of e^{−λ‖θ‖²/2T} over the volume of the image, for rank-one weights of
/// two blocks.
pub(super) fn decayed(
    model: &Model,
    part: &Structure,
    theta: Option<&[f64]>,
    temper: Temper,
) -> Option<Term> {
    let Structure::Torus(torus) = part else {
        return None;
    };
    let two = torus.groups.len() == 2 && torus.balance() == Balance::Unique(vec![1.0, 1.0]);
    (two && !torus.phase).then_some(())?;
    dimension(torus)?;
    let [a, b] = [0, 1].map(|k| torus.groups[k].places.count(0) as f64);
    let (order, power) = ((a - b).abs() / 2.0, 1.0 - (a + b) / 2.0);
    let ratio = temper.decay / temper.temperature;
    let value = theta.map(|theta| {
        let item = |i: usize| {
            let t = log_size(torus, &[1.0, 1.0], i, theta);
            -power * t - log_bessel_k(order, ratio * t.exp())
        };
        (0..torus.items()).map(item).sum()
    });
    let (sum, t) = (
        total(&torus.letters(), Script::Plain),
        norms(model, torus, &[1.0, 1.0], Script::Plain),
    );
    let front = if power == 0.0 {
        String::new()
    } else {
        match factor(-2.0 * power, 2.0).as_str() {
            "1" => "log t".to_owned(),
            c => format!("{c} log t"),
        }
    };
    let order_text = fraction(2.0 * order, 2.0);
    Some(Term {
        text: format!("{sum}[{front} - log K_{{{order_text}}}({ratio} t)], t = {t}")
            .replace("[ - ", "[-"),
        latex: format!(
            "{}\\bigl[{} - \\log K_{{{order_text}}}({ratio} t)\\bigr],\\ t = {}",
            total(&torus.letters(), Script::Latex),
            front.replace("log", "\\log"),
            norms(model, torus, &[1.0, 1.0], Script::Latex)
        ),
        value,
    })
}

/// λ‖·‖²/2T of the parameters that no factor moves.
pub(super) fn unmoved(
    model: &Model,
    factors: &[Factor],
    theta: Option<&[f64]>,
    temper: Temper,
) -> Option<Term> {
    let rest: Vec<&str> = model
        .parameters()
        .filter(|t| factors.iter().all(|f| !f.moved().contains(t)))
        .map(|t| model.tensor(t).name.as_str())
        .collect();
    (!rest.is_empty()).then_some(())?;
    let space = model.space();
    let ratio = temper.decay / temper.temperature / 2.0;
    let value = theta.map(|theta| {
        let square = |name: &&str| {
            let range = space.block(name).map_or(0..0, Block::range);
            theta[range].iter().map(|x| x * x).sum::<f64>()
        };
        ratio * rest.iter().map(square).sum::<f64>()
    });
    let names = rest.join(", ");
    Some(Term {
        text: format!("{ratio} ||({names})||^2"),
        latex: format!("{ratio} \\lVert ({}) \\rVert^2", names.replace('_', "\\_")),
        value,
    })
}
