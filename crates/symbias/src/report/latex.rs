//! The answer as a paragraph for a paper.

use crate::answer::{Answer, Bias};
use std::fmt::Write;
use symbias_bias::{DRIVERS, Existence};

/// Paper-ready LaTeX: the model as it is read, the algebra, its dimension and bounds, the charges, the drivers' formulas with
/// their base measures, hypotheses and sources (keys of the references).
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
    let reads = answer.reads.join("\n");
    let _ = writeln!(out, "\\begin{{verbatim}}\n{reads}\n\\end{{verbatim}}");
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
    for driver in DRIVERS {
        let about = driver.about();
        let bias = answer.bias.of(about.driver);
        rests_on(&mut out, about.subject, bias, &about.sources.join(","));
    }
    out
}

/// Status, base measure and hypotheses of a bias, where there is something to rest on.
fn rests_on(out: &mut String, driver: &str, bias: &Bias, sources: &str) {
    if bias.status == Existence::Absent {
        return;
    }
    let state = match bias.exists {
        true => "exists",
        false => "is open",
    };
    let hypotheses: Vec<String> = bias
        .hypotheses
        .iter()
        .map(|h| format!("{} [{}]", escaped(&h.text), h.status.name()))
        .collect();
    let measure = match bias.base_measure.starts_with("none") {
        true => String::new(),
        false => format!("; with respect to {}", escaped(&bias.base_measure)),
    };
    let rests = hypotheses.join("; ");
    let _ = writeln!(
        out,
        "{driver} {state}~\\cite{{{sources}}}{measure}. It rests on: {rests}."
    );
}

/// Text with the characters that LaTeX takes for commands escaped.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '|' => out.push_str("\\textbar{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            '_' | '#' | '%' | '&' | '{' | '}' | '$' => out.extend(['\\', c]),
            _ => out.push(c),
        }
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
