//! Scalings: min over α of ½ Σ_k a_k e^{2⟨q_k, α⟩}, a_k the squared norms of the blocks that scale
//! alike. If Σ m_k q_k = 0 has one solution up to a factor and it is positive, the inequality of
//! the arithmetic and the geometric mean gives (M/2) Π (a_k/m_k)^{m_k/M}, M = Σ m_k; if none is
//! positive, the infimum is not attained.

use super::{Found, Term};
use symbias_geometry::charge::render::{Script, number, total};
use symbias_geometry::charge::{Charge, ScaledBlock, charges};
use symbias_geometry::discover::structural::Factor;
use symbias_model::expression::Model;
use symbias_numerics::dense::Matrix;
use symbias_numerics::rank::nullspace;

/// Blocks that scale alike.
struct Group<'a> {
    weights: Vec<f64>,
    blocks: Vec<(&'a Charge, ScaledBlock)>,
}

pub(super) fn closed_form(model: &Model, factors: &[&Factor], theta: Option<&[f64]>) -> Found {
    let all: Vec<Factor> = factors.iter().map(|f| (*f).clone()).collect();
    let charges = charges(model, &all);
    let Some(groups) = groups(&charges) else {
        return Found::Unknown;
    };
    let weights = Matrix::from_fn(charges.len(), groups.len(), |f, k| groups[k].weights[f]);
    let Ok((_, null)) = nullspace("weights of the scaled blocks", &weights) else {
        return Found::Unknown;
    };
    match null.cols {
        0 => return Found::NotAttained("the scaling shrinks every parameter it moves".into()),
        1 => {}
        _ => return Found::Unknown,
    }
    let mut m = null.column(0);
    if m.iter().sum::<f64>() < 0.0 {
        m.iter_mut().for_each(|x| *x = -*x);
    }
    let least = m.iter().copied().fold(f64::INFINITY, f64::min);
    if least <= 1e-9 {
        return Found::NotAttained("a scaling shrinks some parameters and grows none".into());
    }
    // The equations have small rational solutions; what the null space adds are roundings.
    m.iter_mut()
        .for_each(|x| *x = (*x / least * 1e6).round() / 1e6);
    Found::Term(term(model, &charges[0], &groups, &m, theta))
}

/// Blocks by their weights in all families; `None` if the families select different blocks.
fn groups(charges: &[Charge]) -> Option<Vec<Group<'_>>> {
    let first = charges.first()?;
    let mut groups: Vec<Group<'_>> = Vec::new();
    for charge in charges {
        if !charges.iter().all(|c| charge.scales_same_blocks(c))
            || charge.letters.len() != first.letters.len()
        {
            return None;
        }
        for block in charge.scaled_blocks()? {
            if groups
                .iter()
                .any(|g| g.blocks.iter().any(|b| b.1.tensor == block.tensor))
            {
                continue;
            }
            let weights: Option<Vec<f64>> = charges
                .iter()
                .map(|c| {
                    let blocks = c.scaled_blocks()?;
                    let mut mine = blocks.iter().filter(|b| b.tensor == block.tensor);
                    let exponent = mine.next().map_or(0.0, |b| b.exponent);
                    mine.next().is_none().then_some(exponent)
                })
                .collect();
            let weights = weights?;
            match groups.iter_mut().find(|g| g.weights == weights) {
                Some(group) => group.blocks.push((charge, block)),
                None => groups.push(Group {
                    weights,
                    blocks: vec![(charge, block)],
                }),
            }
        }
    }
    groups
        .iter_mut()
        .for_each(|g| g.blocks.sort_by_key(|b| b.1.tensor));
    groups.sort_by_key(|g| g.blocks.first().map(|b| b.1.tensor));
    Some(groups)
}

fn term(
    model: &Model,
    first: &Charge,
    groups: &[Group<'_>],
    m: &[f64],
    theta: Option<&[f64]>,
) -> Term {
    let whole: f64 = m.iter().sum();
    let coefficient = whole / 2.0 * m.iter().map(|m| m.powf(-m / whole)).product::<f64>();
    let value = theta.map(|theta| {
        let norms: Vec<Vec<f64>> = groups
            .iter()
            .map(|g| {
                let each = g
                    .blocks
                    .iter()
                    .map(|(c, b)| c.squared_norms(b, model, theta));
                each.reduce(|a, b| a.iter().zip(&b).map(|(x, y)| x + y).collect())
                    .unwrap_or_default()
            })
            .collect();
        let items = norms.first().map_or(0, Vec::len);
        let product = |i: usize| {
            norms
                .iter()
                .zip(m)
                .map(|(a, m)| a[i].powf(m / whole))
                .product::<f64>()
        };
        coefficient * (0..items).map(product).sum::<f64>()
    });
    let render = |script: Script| {
        let letters: Vec<String> = first.letters.iter().map(|l| l.0.clone()).collect();
        let factors: Vec<String> = groups
            .iter()
            .zip(m)
            .map(|(group, m)| {
                let norms: Vec<String> = group
                    .blocks
                    .iter()
                    .map(|(c, b)| c.norm(b.tensor, model, script))
                    .collect();
                let norm = match (norms.as_slice(), script) {
                    ([one], _) => one.clone(),
                    (_, Script::Plain) => format!("||({})||", norms.join(", ").replace('|', "")),
                    (_, Script::Latex) => format!(
                        "\\sqrt{{{}}}",
                        norms
                            .iter()
                            .map(|n| format!("{n}^2"))
                            .collect::<Vec<_>>()
                            .join(" + ")
                    ),
                };
                power(&norm, 2.0 * m, whole, script)
            })
            .collect();
        let front = if (coefficient - 1.0).abs() < 1e-12 {
            String::new()
        } else {
            format!("{} ", short(coefficient))
        };
        format!("{front}{}{}", total(&letters, script), factors.join(" "))
    };
    Term {
        text: render(Script::Plain),
        latex: render(Script::Latex),
        value,
    }
}

/// `x^(p/q)`, without the exponent 1.
fn power(x: &str, p: f64, q: f64, script: Script) -> String {
    if (p - q).abs() < 1e-12 {
        return x.to_owned();
    }
    let divisor = (1..=6)
        .rev()
        .map(f64::from)
        .find(|k| (p / k).fract() == 0.0 && (q / k).fract() == 0.0);
    let (p, q) = divisor.map_or((p, q), |k| (p / k, q / k));
    let exponent = if (p / q).fract() == 0.0 {
        number(p / q)
    } else {
        format!("{}/{}", number(p), number(q))
    };
    match script {
        Script::Plain => format!("{x}^({exponent})"),
        Script::Latex => format!("{x}^{{{exponent}}}"),
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
