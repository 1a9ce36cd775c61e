//! The answer as a paragraph for a paper.

use crate::answer::Answer;
use std::fmt::Write;

/// Paper-ready LaTeX: the algebra, its dimension and bounds, the charges and the decay driver.
/// `formulas` are the LaTeX forms of the charges, in the order of the answer's; `laws` left sides and
/// formulas of det Γ, the mirror potential and the laws of noise.
#[must_use]
pub fn latex(
    answer: &Answer,
    formulas: &[String],
    decay: Option<&str>,
    laws: &[(String, String)],
) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "% {} (symbias {})",
        answer.model,
        env!("CARGO_PKG_VERSION")
    );
    let _ = write!(out, "The model has $d = {}$ parameters", answer.parameters);
    if let (Some(rank), Some(redundancy)) = (answer.rank, answer.redundancy) {
        let _ = write!(
            out,
            ", $\\operatorname{{rank}} J = {rank}$ and redundancy ${redundancy}$"
        );
    }
    let relation = if answer.symmetry.bounds.exact {
        "="
    } else {
        "\\geq"
    };
    let _ = writeln!(
        out,
        ".\nIts symmetry algebra is $\\mathfrak{{g}} = {}$, $\\dim \\mathfrak{{g}} {relation} {}$.",
        algebra(&answer.symmetry.name),
        answer.symmetry.dimension
    );
    if !formulas.is_empty() {
        let _ = writeln!(out, "Gradient flow conserves\n\\begin{{align*}}");
        let _ = writeln!(
            out,
            "{}",
            formulas
                .iter()
                .map(|f| format!("  &{f}"))
                .collect::<Vec<_>>()
                .join(" \\\\\n")
        );
        let _ = writeln!(out, "\\end{{align*}}");
    }
    if let Some(decay) = decay {
        let _ = writeln!(
            out,
            "Weight decay induces the regulariser\n\\begin{{equation*}}\n  {decay}\n\\end{{equation*}}"
        );
    }
    if !laws.is_empty() {
        let lines: Vec<String> = laws.iter().map(|(l, r)| format!("  {l} &= {r}")).collect();
        let _ = writeln!(
            out,
            "In the basis named by the answer, and with $p \\propto e^{{-\\ell/T - R}}$ for noise,\n\\begin{{align*}}\n{}\n\\end{{align*}}",
            lines.join(" \\\\\n")
        );
    }
    out
}

/// `gl(3)^2 + so(2) + R^16` in LaTeX.
fn algebra(name: &str) -> String {
    name.split(" + ")
        .map(|term| {
            let (base, power) = term
                .split_once('^')
                .map_or((term, String::new()), |(b, p)| (b, format!("^{{{p}}}")));
            match base.split_once('(') {
                Some((family, rest)) => {
                    let inner = rest
                        .trim_end_matches(')')
                        .replace(",C", ", \\mathbb{C}")
                        .replace(",R", ", \\mathbb{R}");
                    format!("\\mathfrak{{{family}}}({inner}){power}")
                }
                None if base == "R" => format!("\\mathbb{{R}}{power}"),
                None => format!("{base}{power}"),
            }
        })
        .collect::<Vec<_>>()
        .join(" \\oplus ")
}
