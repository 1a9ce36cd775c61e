//! General linear groups: one group between two stacks of parameters gives the nuclear norm of
//! their product, a chain of D matrices (D/2) Σ σ^{2/D} (theory §6).

use crate::potential::Term;
use symbias_geometry::charge::render::Script;
use symbias_geometry::component::{Chain, Pair};
use symbias_model::expression::Model;
use symbias_numerics::dense::singular_values;

/// ‖AᵀB‖_* for each copy, A the stack of parameters that X acts on, B that of its duals.
pub(super) fn pair(model: &Model, pair: &Pair, theta: Option<&[f64]>) -> Term {
    let value = theta.and_then(|theta| {
        let copy = |c: usize| {
            let [a, b] = pair.stacks(c, theta);
            let product = a.transpose_matmul(&b).ok()?;
            Some(singular_values(&product).ok()?.iter().sum::<f64>())
        };
        (0..pair.copies()).map(copy).sum()
    });
    let render = |script: Script| {
        let [a, b] = [0, 1].map(|side| pair.side(side, model, script));
        let front = pair.total(script);
        match script {
            Script::Plain => format!("{front}||{a} {b}||_*"),
            Script::Latex => format!("{front}\\lVert {a} {b} \\rVert_*"),
        }
    };
    Term {
        text: render(Script::Plain),
        latex: render(Script::Latex),
        value,
    }
}

/// (D/2) Σ σ_i(T_1⋯T_D)^{2/D}.
pub(super) fn chain(model: &Model, chain: &Chain, theta: Option<&[f64]>) -> Term {
    let depth = chain.depth();
    let d = depth as f64;
    let value = theta.and_then(|theta| {
        let values = singular_values(&chain.product(theta)?).ok()?;
        // Beyond the narrowest matrix σ vanishes; rounding would count under the root.
        let widths = chain
            .matrices(theta)
            .iter()
            .map(|m| m.rows.min(m.cols))
            .min();
        let kept = values.iter().take(widths.unwrap_or(0));
        Some(d / 2.0 * kept.map(|s| s.powf(2.0 / d)).sum::<f64>())
    });
    let render = |script: Script| {
        let name = chain.name(model, script);
        match script {
            Script::Plain => format!("({depth}/2) sum_i sigma_i({name})^(2/{depth})"),
            Script::Latex => {
                format!("\\tfrac{{{depth}}}{{2}}\\sum_i \\sigma_i({name})^{{2/{depth}}}")
            }
        }
    };
    Term {
        text: render(Script::Plain),
        latex: render(Script::Latex),
        value,
    }
}
