//! Gradient flow: on the leaf of fixed charges ẇ = −K_c(w)∇ℓ(w). If K_c⁻¹ = ∇²Q this is mirror flow, and
//! for a model that is linear in w the limit is argmin{D_Q(w, w₀) : Xw = y} (\[L22\], theory §4.1).
//!
//! Products of D numbers, x = Π θ_k with A_k = θ_k² = s + c_k on the leaf: Q″ = 1/Σ_j Π_{i≠j} A_i, and
//! dx/K = ds/2x, so that Q(w) = ∫ (w − x)/2x ds from the point x = 0. For D = 2 that is the
//! hyperbolic entropy of \[W20\].

use crate::ground::{Ground, Origin};
use crate::noise::closes;
use crate::potential::{Driver, Hypothesis, Potential, Status, Term, joined};
use symbias_geometry::charge::render::{Script, total};
use symbias_geometry::component::{Balance, Structure, Torus, components, parts};
use symbias_geometry::metric::{Hessian, hessian};
use symbias_model::error::Result;

/// Whether flow has a mirror potential on the leaf through θ, and which.
///
/// # Errors
/// Undefined outputs; floating linear algebra that does not converge.
pub fn flow(ground: &Ground<'_>, theta: &[f64], dimension: usize) -> Result<Potential> {
    // Outputs at more and more generic inputs are more numbers than there are directions.
    let unknown = ground.origin == Origin::Unknown;
    let found = if unknown {
        Hessian {
            entries: usize::MAX,
            rank: ground.rank,
            asymmetry: None,
        }
    } else {
        hessian(ground.map(), theta)?
    };
    let mut hypotheses = vec![Hypothesis::new(
        "small-steps",
        "steps are so small that training follows the flow",
        Status::Assumed,
    )];
    hypotheses.push(Hypothesis::tested(
        "fibre-is-orbit",
        "the fibre of w is the orbit near the point: rank K = d - dim of the orbit",
        found.rank == dimension,
    ));
    hypotheses.push(closes(ground, std::iter::once(&theta.to_vec()))?);
    hypotheses.extend(mirror(ground, &found));
    hypotheses.push(Hypothesis::new(
        "linear-model",
        "for the selected solution: the outputs are linear in w and the data are fitted",
        Status::Assumed,
    ));
    let measure = "none: a path and its limit, from the given start";
    let mut potential = Potential::resting_on(Driver::Flow, measure, hypotheses);
    if potential.exists {
        formula(&mut potential, ground, theta)?;
    }
    Ok(potential)
}

fn mirror(ground: &Ground<'_>, found: &Hessian) -> Vec<Hypothesis> {
    let open = match &ground.origin {
        Origin::Structure(text) => format!("w = {text} ranges over an open set"),
        Origin::Outputs(_) => "the outputs range over an open set".into(),
        Origin::Unknown => "the outputs at generic inputs range over an open set".into(),
    };
    let text = if ground.origin == Origin::Unknown {
        open
    } else {
        format!("{open} (rank K {} of {})", found.rank, found.entries)
    };
    let mut all = vec![Hypothesis::tested("image-is-open", text, found.is_open())];
    if found.is_open() {
        let text = match found.asymmetry {
            Some(a) if !found.holds() => format!(
                "1/K is the Hessian of a potential (its derivative is asymmetric by {a:.1e} of its size)"
            ),
            _ => "1/K is the Hessian of a potential".into(),
        };
        all.push(Hypothesis::tested("metric-is-hessian", text, found.holds()));
    }
    all
}

/// Q where w is products of numbers, and what is not moved.
fn formula(potential: &mut Potential, ground: &Ground<'_>, theta: &[f64]) -> Result<()> {
    let (mut terms, mut gradient) = (Vec::new(), vec![0.0; theta.len()]);
    for component in components(ground.factors, |_| true) {
        let Some(parts) = parts(ground.model, &component) else {
            return Ok(());
        };
        for part in &parts {
            let Structure::Torus(torus) = part else {
                return Ok(());
            };
            if !is_product(torus) {
                return Ok(());
            }
            terms.push(of_product(ground, torus, theta, &mut gradient));
        }
    }
    let rest: Vec<_> = ground
        .model
        .parameters()
        .filter(|t| ground.factors.iter().all(|f| !f.moved().contains(t)))
        .collect();
    for tensor in rest {
        let name = &ground.model.tensor(tensor).name;
        let space = ground.model.space();
        let Some(block) = space.block(name) else {
            continue;
        };
        let own = &theta[block.range()];
        gradient[block.range()].copy_from_slice(own);
        terms.push(Term {
            text: format!("||{name}||^2/2"),
            latex: format!("\\tfrac12 \\lVert {name} \\rVert^2"),
            value: Some(own.iter().map(|x| x * x).sum::<f64>() / 2.0),
        });
    }
    if terms.is_empty() {
        return Ok(());
    }
    let (text, latex, value) = joined(&terms);
    (potential.formula, potential.latex) = (Some(text), Some(latex));
    (potential.value, potential.by_formula) = (value, value);
    potential.gradient = value.map(|_| gradient);
    Ok(())
}

fn is_product(torus: &Torus) -> bool {
    let ones = |m: &Vec<f64>| m.iter().all(|m| *m == 1.0);
    let single = torus
        .groups
        .iter()
        .all(|g| g.places.iter().all(|p| p.len() == 1));
    single && !torus.phase && matches!(torus.balance(), Balance::Unique(m) if ones(&m))
}

/// Σ_i q(w_i); adds Q′(w_i) ∇w_i to the gradient.
fn of_product(ground: &Ground<'_>, torus: &Torus, theta: &[f64], gradient: &mut [f64]) -> Term {
    let mut value = Some(0.0);
    for item in 0..torus.items() {
        let places: Vec<usize> = torus.groups.iter().map(|g| g.places[item][0]).collect();
        let factors: Vec<f64> = places.iter().map(|p| theta[*p]).collect();
        let w: f64 = factors.iter().product();
        let Some((q, slope)) = entropy(&factors) else {
            value = None;
            continue;
        };
        value = value.map(|v| v + q);
        for (p, x) in places.iter().zip(&factors) {
            gradient[*p] += slope * w / x;
        }
    }
    let depth = torus.groups.len();
    let render = |script: Script| {
        let sum = total(&torus.letters(), script);
        let norm = |k: usize| torus.squared_norm(k, ground.model, script);
        match (depth, script) {
            (2, Script::Plain) => format!(
                "(1/2) {sum}[w asinh(2w/c) - sqrt(c^2 + 4w^2)/2 + c/2], c = |{} - {}|",
                norm(0),
                norm(1)
            ),
            (2, Script::Latex) => format!(
                "\\tfrac12 {sum}\\bigl[w \\operatorname{{arsinh}} \\tfrac{{2w}}{{c}} - \\tfrac12 \\sqrt{{c^2 + 4w^2}} + \
                 \\tfrac c2\\bigr],\\ c = \\lvert {} - {} \\rvert",
                norm(0),
                norm(1)
            ),
            (_, Script::Plain) => {
                let all: Vec<String> = (0..depth).map(norm).collect();
                format!(
                    "{sum}q(w), q'' = 1/sum_j prod_(i != j) A_i, A = ({}) on the leaf",
                    all.join(", ")
                )
            }
            (_, Script::Latex) => {
                let all: Vec<String> = (0..depth).map(norm).collect();
                format!(
                    "{sum}q(w),\\ q'' = 1 / \\textstyle\\sum_j \\prod_{{i \\neq j}} A_i,\\ A = ({})",
                    all.join(", ")
                )
            }
        }
    };
    Term {
        text: render(Script::Plain),
        latex: render(Script::Latex),
        value,
    }
}

/// Smallest difference of squared factors, relative to the largest, that counts as a charge.
const BALANCED: f64 = 1e-12;

/// q(w) and q′(w) on the leaf of the factors, with q = q′ = 0 at w = 0; on the balanced leaf, where
/// that diverges for D ≥ 2, the antiderivative without a constant. `None` where two factors are the
/// smallest and others differ.
fn entropy(factors: &[f64]) -> Option<(f64, f64)> {
    let depth = factors.len() as f64;
    let mut squares: Vec<f64> = factors.iter().map(|x| x * x).collect();
    squares.sort_by(f64::total_cmp);
    let w: f64 = factors.iter().product();
    let least = squares[0];
    let largest = squares[squares.len() - 1];
    let same = |x: f64| x - least <= BALANCED * largest;
    if squares.len() > 1 && squares.iter().all(|x| same(*x)) {
        let size = w.abs();
        // q″ = |w|^{−2(D−1)/D}/D.
        return Some(if factors.len() == 2 {
            (
                (size * size.ln() - size) / 2.0,
                w.signum() * size.ln() / 2.0,
            )
        } else {
            (
                depth * size.powf(2.0 / depth) / (2.0 * (2.0 - depth)),
                w.signum() * size.powf(2.0 / depth - 1.0) / (2.0 - depth),
            )
        });
    }
    if squares.len() > 1 && same(squares[1]) {
        return None;
    }
    let charges: Vec<f64> = squares.iter().map(|x| x - least).collect();
    if let [_, c] = charges.as_slice() {
        let slope = (2.0 * w / c).asinh() / 2.0;
        let value = w * slope - (c * c + 4.0 * w * w).sqrt() / 4.0 + c / 4.0;
        return Some((value, slope));
    }
    Some(by_quadrature(&charges, least, w))
}

/// ∫₀^{s*} ds/2x and ∫₀^{s*} (|w| − x)/2x ds with x² = Π(s + c_k), s = u² (the smallest charge is 0).
fn by_quadrature(charges: &[f64], end: f64, w: f64) -> (f64, f64) {
    // x = u √Π_{k>0}(u² + c_k): ds/2x = du/√Π_{k>0}(u² + c_k), analytic; the scale of its change is the
    // smallest charge, so the panels grow from there.
    let rest = |u: f64| {
        let product: f64 = charges[1..].iter().map(|c| u * u + c).product();
        product.sqrt()
    };
    let (last, scale) = (end.sqrt(), charges[1].sqrt() / 2.0);
    let (mut value, mut slope, mut from) = (0.0, 0.0, 0.0);
    while from < last {
        let to = (2.0 * from).max(scale).min(last);
        for (node, weight) in GAUSS {
            for sign in [-1.0, 1.0] {
                let u = (from + to) / 2.0 + sign * node * (to - from) / 2.0;
                let density = weight * (to - from) / 2.0 / rest(u);
                slope += density;
                value += density * (w.abs() - u * rest(u));
            }
        }
        from = to;
    }
    (value, w.signum() * slope)
}

/// Nodes and weights of the Gauss–Legendre rule with 16 points on [−1, 1], the positive half.
#[allow(clippy::excessive_precision)]
const GAUSS: [(f64, f64); 8] = [
    (0.0950125098376374402, 0.1894506104550684963),
    (0.2816035507792589132, 0.1826034150449235889),
    (0.4580167776572273863, 0.1691565193950025382),
    (0.6178762444026437484, 0.1495959888165767321),
    (0.7554044083550030339, 0.1246289712555338720),
    (0.8656312023878317438, 0.0951585116824927848),
    (0.9445750230732325761, 0.0622535239386478929),
    (0.9894009349916499326, 0.0271524594117540949),
];

#[cfg(test)]
mod tests {
    use super::{by_quadrature, entropy};

    #[test]
    fn quadrature_gives_the_hyperbolic_entropy() {
        for (u, v) in [(1.0_f64, 2.0_f64), (0.01, 3.0), (-2.0, 1.9)] {
            let (low, high) = (u.abs().min(v.abs()), u.abs().max(v.abs()));
            let c = high * high - low * low;
            let found = by_quadrature(&[0.0, c], low * low, u * v);
            let expected = entropy(&[u, v]).expect("a leaf with a charge");
            assert!(
                (found.0 - expected.0).abs() < 1e-12 * expected.0.abs().max(1.0),
                "{found:?} {expected:?}"
            );
            assert!(
                (found.1 - expected.1).abs() < 1e-12 * expected.1.abs(),
                "{found:?} {expected:?}"
            );
        }
    }

    #[test]
    fn the_second_derivative_is_one_over_the_metric() {
        // Along the leaf: x_k² = s + c_k.
        let leaf = |s: f64| [s.sqrt(), (s + 0.7).sqrt(), (s + 2.0).sqrt()];
        let (s, h) = (0.3, 1e-4);
        let w = |s: f64| leaf(s).iter().product::<f64>();
        let slope = |s: f64| entropy(&leaf(s)).expect("a leaf").1;
        let second = (slope(s + h) - slope(s - h)) / (w(s + h) - w(s - h));
        let a: Vec<f64> = leaf(s).iter().map(|x| x * x).collect();
        let k = a[1] * a[2] + a[0] * a[2] + a[0] * a[1];
        assert!((second * k - 1.0).abs() < 1e-7, "{second} {k}");
    }
}
