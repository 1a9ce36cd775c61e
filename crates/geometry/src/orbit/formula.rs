//! det Γ where the structure of the action gives a formula (theory §6), in the basis that
//! the answer names: sums and products of squared norms for scalings, products over
//! eigenvalues for matrix groups, the block matrix itself for coupled ones.

use crate::charge::render::{Script, number};
use crate::component::{Chain, Coupled, Pair, Rotation, Structure, Torus, Turn, components, parts};
use crate::discover::structural::Factor;
use symbias_model::expression::Model;
use symbias_numerics::dense::{Matrix, symmetric_eigen};

/// A closed form of det Γ.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// ASCII.
    pub text: String,
    /// LaTeX without delimiters.
    pub latex: String,
    /// log det Γ by the formula at the point, if one was given.
    pub log_det: Option<f64>,
}

/// det Γ of all factors; `None` where some act together in a way that no structure describes.
#[must_use]
pub fn of_factors(model: &Model, factors: &[Factor], theta: Option<&[f64]>) -> Option<Formula> {
    let mut all = Vec::new();
    for component in components(factors, |_| true) {
        for part in parts(model, &component)? {
            all.push(of_part(model, &part, theta)?);
        }
    }
    // Constants say nothing among other factors.
    if all.iter().any(|f| f.text != CONSTANT) {
        all.retain(|f| f.text != CONSTANT);
    }
    let join = |part: fn(&Formula) -> &str, with: &str| {
        let texts: Vec<&str> = all.iter().map(part).collect();
        texts.join(with)
    };
    (!all.is_empty()).then(|| Formula {
        text: join(|f| &f.text, " * "),
        latex: join(|f| &f.latex, " \\cdot "),
        log_det: all.iter().map(|f| f.log_det).sum(),
    })
}

/// det Γ of one factor by itself.
#[must_use]
pub fn of_factor(model: &Model, factor: &Factor, theta: Option<&[f64]>) -> Option<Formula> {
    of_factors(model, std::slice::from_ref(factor), theta)
}

/// Translations by unit vectors, or by functions with zero sum.
const CONSTANT: &str = "const";

/// det Γ of one part of a component.
#[must_use]
pub fn of_part(model: &Model, part: &Structure, theta: Option<&[f64]>) -> Option<Formula> {
    match part {
        Structure::Torus(torus) => Some(of_torus(model, torus, theta)),
        Structure::Coupled(coupled) => Some(of_coupled(model, coupled, theta)),
        Structure::Pair(pair) => Some(of_pair(model, pair, theta)),
        Structure::Chain(chain) => Some(of_chain(model, chain, theta)),
        Structure::Rotation(rotation) => Some(of_rotation(model, rotation, theta)),
        Structure::Translation(_) => Some(Formula {
            text: CONSTANT.into(),
            latex: "\\mathrm{const}".into(),
            // A number only where the basis is that of unit vectors; the geometry has it.
            log_det: None,
        }),
        Structure::Unknown => None,
    }
}

/// `prod_h ` over the given letters; nothing for none.
fn product(letters: &[String], script: Script) -> String {
    match (letters, script) {
        ([], _) => String::new(),
        ([one], Script::Plain) => format!("prod_{one} "),
        (_, Script::Plain) => format!("prod_{{{}}} ", letters.join(",")),
        (_, Script::Latex) => format!("\\prod_{{{}}} ", letters.join(",")),
    }
}

fn of_torus(model: &Model, torus: &Torus, theta: Option<&[f64]>) -> Formula {
    let minors = torus.minors();
    let value = theta.map(|theta| {
        let item = |i: usize| {
            let a = torus.squares(i, theta);
            let term = |(c, s): &(f64, Vec<usize>)| c * s.iter().map(|k| a[*k]).product::<f64>();
            (torus.unit() * minors.iter().map(term).sum::<f64>()).ln()
        };
        (0..torus.items()).map(item).sum()
    });
    let render = |script: Script| {
        let terms: Vec<String> = minors
            .iter()
            .map(|(c, subset)| {
                let norms: Vec<String> = subset
                    .iter()
                    .map(|k| torus.squared_norm(*k, model, script))
                    .collect();
                let front = if (c - 1.0).abs() < 1e-12 {
                    String::new()
                } else {
                    format!("{} ", number(*c))
                };
                format!("{front}{}", norms.join(" "))
            })
            .collect();
        let sum = terms.join(" + ");
        let front = product(&torus.letters(), script);
        let bracketed = if terms.len() > 1 || torus.unit() != 1.0 {
            format!("({sum})")
        } else {
            sum
        };
        match torus.unit() {
            1.0 => format!("{front}{bracketed}"),
            unit => format!("{front}({bracketed}/{})", number(1.0 / unit)),
        }
    };
    Formula {
        text: render(Script::Plain),
        latex: render(Script::Latex),
        log_det: value,
    }
}

fn log_det(gram: &Matrix) -> Option<f64> {
    let values = symmetric_eigen(gram).ok()?.values;
    Some(values.iter().map(|x| x.max(f64::MIN_POSITIVE).ln()).sum())
}

fn of_coupled(model: &Model, coupled: &Coupled, theta: Option<&[f64]>) -> Formula {
    Formula {
        text: coupled.formula(model, Script::Plain),
        latex: coupled.formula(model, Script::Latex),
        log_det: theta.and_then(|theta| log_det(&coupled.gram(theta))),
    }
}

/// Π_ij (a_i + b_j) over the eigenvalues of the two stacks' Gram matrices.
fn of_pair(model: &Model, pair: &Pair, theta: Option<&[f64]>) -> Formula {
    let value = theta.and_then(|theta| {
        let copy = |c: usize| {
            let [a, b] = pair.eigenvalues(c, theta)?;
            let sums = a.iter().flat_map(|x| b.iter().map(move |y| x + y));
            // Pairs of zeros are the stabiliser.
            Some(sums.filter(|s| *s > 0.0).map(f64::ln).sum::<f64>())
        };
        (0..pair.copies()).map(copy).sum()
    });
    let render = |script: Script| {
        let [a, b] = [0, 1].map(|side| pair.side(side, model, script));
        let front = product(&pair.letters(), script);
        match script {
            Script::Plain => {
                format!("{front}prod_ij (a_i + b_j), a, b = squared singular values of {a}, {b}")
            }
            Script::Latex => {
                format!("{front}\\prod_{{ij}} (a_i + b_j),\\ a, b = \\sigma^2({a}), \\sigma^2({b})")
            }
        }
    };
    Formula {
        text: render(Script::Plain),
        latex: render(Script::Latex),
        log_det: value,
    }
}

fn of_chain(model: &Model, chain: &Chain, theta: Option<&[f64]>) -> Formula {
    let render = |script: Script| {
        let name = chain.name(model, script);
        match script {
            Script::Plain => format!(
                "det G, block tridiagonal over the links of {name}: G_k = T_k'T_k x 1 + 1 x T_(k+1)T_(k+1)', \
                 between neighbours -T x T"
            ),
            Script::Latex => format!(
                "\\det \\Gamma,\\ \\text{{block tridiagonal over the links of }} {name}:\\ \
                 \\Gamma_k = T_k^\\top T_k \\otimes 1 + 1 \\otimes T_{{k+1}} T_{{k+1}}^\\top,\\ \
                 \\Gamma_{{k,k+1}} = -T_{{k+1}} \\otimes T_{{k+1}}"
            ),
        }
    };
    Formula {
        text: render(Script::Plain),
        latex: render(Script::Latex),
        log_det: theta.and_then(|theta| log_det(&chain.gram(theta)?)),
    }
}

/// Σ log over pairs i < j ≤ n of half the sum of eigenvalues, those that are both zero left out;
/// each counted `times`.
fn half_sums(values: &[f64], n: usize, times: f64) -> f64 {
    let mut sum = 0.0;
    for (i, x) in values.iter().enumerate() {
        for y in &values[i + 1..] {
            sum += times * ((x + y) / 2.0).ln();
        }
        sum += times * (n - values.len()) as f64 * (x / 2.0).ln();
    }
    sum
}

fn of_rotation(model: &Model, rotation: &Rotation, theta: Option<&[f64]>) -> Formula {
    let value = theta.and_then(|theta| {
        let copy = |c: usize| -> Option<f64> {
            let n = rotation.places(c).len();
            if let Turn::Planes(planes) = &rotation.turn {
                let log = |p: &(usize, usize)| (rotation.plane(c, *p, theta) / 2.0).ln();
                return Some(planes.iter().map(log).sum());
            }
            let values = rotation.eigenvalues(c, theta)?;
            Some(match rotation.turn {
                Turn::FixingOnes => half_sums(&values, n - 1, 1.0),
                Turn::Unitary => {
                    half_sums(&values, n, 2.0) + values.iter().map(|x| x.ln()).sum::<f64>()
                }
                _ => half_sums(&values, n, 1.0),
            })
        };
        (0..rotation.copies()).map(copy).sum()
    });
    let render = |script: Script| {
        let stack = rotation.stack(model, script);
        let front = match (rotation.copies(), script) {
            (1, _) => String::new(),
            (n, Script::Plain) => format!("over {n} copies, "),
            (n, Script::Latex) => format!("\\text{{over {n} copies, }}"),
        };
        let centred = if rotation.turn == Turn::FixingOnes {
            "centred "
        } else {
            ""
        };
        match (&rotation.turn, script) {
            (Turn::Planes(_), Script::Plain) => {
                format!("{front}prod_p ||plane p of {stack}||^2/2")
            }
            (Turn::Planes(_), Script::Latex) => {
                format!("{front}\\prod_p \\tfrac12 \\lVert {stack}_p \\rVert^2")
            }
            (Turn::Unitary, Script::Plain) => format!(
                "{front}prod_i m_i prod_(i<j) ((m_i + m_j)/2)^2, m = squared singular values of {stack}"
            ),
            (Turn::Unitary, Script::Latex) => format!(
                "{front}\\prod_i \\mu_i \\prod_{{i<j}} \\bigl(\\tfrac{{\\mu_i + \\mu_j}}{{2}}\\bigr)^2,\\ \
                 \\mu = \\sigma^2({stack})"
            ),
            (_, Script::Plain) => format!(
                "{front}prod_(i<j) (m_i + m_j)/2, m = squared singular values of {centred}{stack}"
            ),
            (_, Script::Latex) => format!(
                "{front}\\prod_{{i<j}} \\tfrac{{\\mu_i + \\mu_j}}{{2}},\\ \\mu = \\sigma^2({stack})"
            ),
        }
    };
    Formula {
        text: render(Script::Plain),
        latex: render(Script::Latex),
        log_det: value,
    }
}
