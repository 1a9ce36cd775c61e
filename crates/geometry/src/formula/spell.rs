//! Formulas as text and as LaTeX. Brackets follow from how tightly an operation binds.

use super::names::{Script, total};
use super::number::Exact;
use super::spectrum::Values;
use super::{Fold, Formula, Function, Index, Range, Spectrum, Symbol};
use std::sync::Arc;

/// What a formula stands in: it is put into brackets where it binds less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum In {
    /// Nothing, or brackets.
    Alone,
    /// A sum.
    Sum,
    /// A product, or a big sum or product.
    Product,
    /// A power.
    Power,
}

/// The spectra whose values are written where they stand.
type Inline<'a> = Vec<(Symbol, &'a Arc<dyn Spectrum>)>;

impl Formula {
    /// ASCII.
    #[must_use]
    pub fn text(&self) -> String {
        self.spelled(Script::Plain, In::Alone, &mut Vec::new())
    }

    /// LaTeX without delimiters.
    #[must_use]
    pub fn latex(&self) -> String {
        self.spelled(Script::Latex, In::Alone, &mut Vec::new())
    }

    fn spelled<'a>(&'a self, script: Script, within: In, inline: &mut Inline<'a>) -> String {
        let latex = script == Script::Latex;
        match self {
            Formula::Number(x) => {
                let text = Exact::of(*x).alone(script);
                let apart = within >= In::Product && (text.contains('/') || *x < 0.0);
                bracketed(text, apart, script)
            }
            Formula::Quantity(q) => q.name(script),
            Formula::Variable(symbol, index) => variable(*symbol, *index, script, inline),
            Formula::Sum(terms) => {
                let mut text = String::new();
                for (k, term) in terms.iter().enumerate() {
                    let own = term.spelled(script, In::Sum, inline);
                    text += &match (k, own.strip_prefix('-')) {
                        (0, _) => own,
                        (_, Some(rest)) => format!(" - {rest}"),
                        _ => format!(" + {own}"),
                    };
                }
                bracketed(text, within >= In::Product, script)
            }
            Formula::Product(factors) => {
                let text = product(factors, script, inline);
                bracketed(text, within >= In::Power, script)
            }
            Formula::Power(base, p) => power(base, *p, script, inline),
            Formula::Apply(function, x) => apply(*function, x, script, inline),
            Formula::Items {
                fold,
                letters,
                body,
                ..
            } => {
                let front = folded(*fold, letters, script);
                let inner = if front.is_empty() {
                    within
                } else {
                    In::Product
                };
                let text = format!("{front}{}", body.spelled(script, inner, inline));
                bracketed(text, within >= In::Power && !front.is_empty(), script)
            }
            Formula::Over(fold, range, body) => {
                if let (Fold::Sum, Range::Each(own), Formula::Variable(v, Index::I)) =
                    (*fold, *range, &**body)
                    && let Some((_, spectrum)) = inline.iter().find(|s| s.0 == own && own == *v)
                {
                    let name = spectrum.name(script);
                    return match script {
                        Script::Plain => format!("||{name}||_*"),
                        Script::Latex => format!("\\lVert {name} \\rVert_*"),
                    };
                }
                let under = match range {
                    Range::Each(_) => "i",
                    Range::Pairs(_) if latex => "i<j",
                    Range::Pairs(_) => "(i<j)",
                    Range::Both(..) => "ij",
                };
                let front = match (fold, script) {
                    (Fold::Sum, Script::Plain) => format!("sum_{under} "),
                    (Fold::Product, Script::Plain) => format!("prod_{under} "),
                    (Fold::Sum, Script::Latex) => format!("\\sum_{{{under}}} "),
                    (Fold::Product, Script::Latex) => format!("\\prod_{{{under}}} "),
                };
                let text = format!("{front}{}", body.spelled(script, In::Product, inline));
                bracketed(text, within >= In::Power, script)
            }
            Formula::Spectral {
                fold,
                letters,
                copies,
                spectra,
                body,
            } => {
                let own: Vec<_> = spectra
                    .iter()
                    .filter(|s| s.1.kind() == Values::Inline)
                    .map(|s| (s.0, &s.1))
                    .collect();
                let before = inline.len();
                inline.extend(own);
                let mut front = folded(*fold, letters, script);
                if front.is_empty() && *copies > 1 {
                    front = match script {
                        Script::Plain => format!("over {copies} copies, "),
                        Script::Latex => format!("\\text{{over {copies} copies, }}"),
                    };
                }
                let inner = if front.is_empty() {
                    In::Alone
                } else {
                    In::Product
                };
                let clause = clause(spectra, script);
                let inner = if clause.is_empty() && front.is_empty() {
                    within
                } else {
                    inner
                };
                let text = format!("{front}{}", body.spelled(script, inner, inline));
                inline.truncate(before);
                with_clause(text, &clause, within, script)
            }
            Formula::Let {
                symbol,
                value,
                body,
                ..
            } => {
                let name = variable(*symbol, Index::None, script, inline);
                let clause = format!("{name} = {}", value.spelled(script, In::Alone, inline));
                let text = body.spelled(script, In::Alone, inline);
                with_clause(text, &clause, within, script)
            }
        }
    }
}

fn with_clause(text: String, clause: &str, within: In, script: Script) -> String {
    if clause.is_empty() {
        return text;
    }
    match (within, script) {
        (In::Alone, Script::Plain) => format!("{text}, {clause}"),
        (In::Alone, Script::Latex) => format!("{text},\\ {clause}"),
        (_, Script::Plain) => format!("[{text}, {clause}]"),
        (_, Script::Latex) => format!("\\bigl[{text},\\ {clause}\\bigr]"),
    }
}

fn bracketed(text: String, apart: bool, script: Script) -> String {
    match (apart, script) {
        (false, _) => text,
        (true, Script::Plain) => format!("({text})"),
        (true, Script::Latex) => format!("\\bigl({text}\\bigr)"),
    }
}

fn variable(symbol: Symbol, index: Index, script: Script, inline: &Inline<'_>) -> String {
    let at = match index {
        Index::None => "",
        Index::I => "_i",
        Index::J => "_j",
    };
    if let Some((_, spectrum)) = inline.iter().find(|s| s.0 == symbol) {
        let name = spectrum.name(script);
        return match script {
            Script::Plain => format!("sigma{at}({name})"),
            Script::Latex => format!("\\sigma{at}({name})"),
        };
    }
    match script {
        Script::Plain => format!("{}{at}", symbol.plain),
        Script::Latex => format!("{}{at}", symbol.latex),
    }
}

/// Numbers in front; 1/n of a sum, a power or a variable behind it: `(a + b)/2`, `||v||^2/2`, `t/2`.
fn product<'a>(factors: &'a [Formula], script: Script, inline: &mut Inline<'a>) -> String {
    let (c, rest) = match factors.split_first() {
        Some((Formula::Number(c), rest)) => (*c, rest),
        _ => (1.0, factors),
    };
    if c < 0.0 {
        return format!("-{}", positive(-c, rest, script, inline));
    }
    positive(c, rest, script, inline)
}

fn positive<'a>(c: f64, rest: &'a [Formula], script: Script, inline: &mut Inline<'a>) -> String {
    let exact = Exact::of(c);
    if let (Exact::Ratio(1.0, n), [one]) = (exact, rest)
        && n > 1.0
    {
        match (one, script) {
            (Formula::Sum(_), Script::Plain) => {
                return format!("{}/{n}", one.spelled(script, In::Product, inline));
            }
            (Formula::Sum(_), Script::Latex) => {
                let sum = one.spelled(script, In::Alone, inline);
                return format!("\\tfrac{{{sum}}}{{{n}}}");
            }
            (Formula::Power(..) | Formula::Variable(..), Script::Plain) => {
                return format!("{}/{n}", one.spelled(script, In::Power, inline));
            }
            _ => {}
        }
    }
    let (under, rest): (Vec<&Formula>, Vec<&Formula>) = rest
        .iter()
        .partition(|f| matches!(f, Formula::Power(_, p) if *p < 0.0));
    let mut text = String::new();
    for (k, factor) in rest.iter().enumerate() {
        if k > 0 {
            text += match (reaches(rest[k - 1]), script) {
                (false, _) => " ",
                (true, Script::Plain) => " * ",
                (true, Script::Latex) => " \\cdot ",
            };
        }
        text += &factor.spelled(script, In::Product, inline);
    }
    for factor in under {
        if let Formula::Power(base, p) = factor {
            text += "/";
            text += &power(base, -p, script, inline);
        }
    }
    format!("{}{text}", exact.front(script))
}

/// Whether what stands behind a factor could be read as its part: a big sum or product, or words.
fn reaches(factor: &Formula) -> bool {
    match factor {
        Formula::Items { letters, .. } => !letters.is_empty(),
        Formula::Over(..) | Formula::Spectral { .. } => true,
        Formula::Quantity(q) => q.name(Script::Plain).contains(", "),
        _ => false,
    }
}

fn power<'a>(base: &'a Formula, p: f64, script: Script, inline: &mut Inline<'a>) -> String {
    if p == 1.0 {
        return base.spelled(script, In::Power, inline);
    }
    let latex = script == Script::Latex;
    if let (Formula::Quantity(q), 2.0) = (base, p) {
        return q.square(script);
    }
    if let (Formula::Sum(_), 0.5) = (base, p) {
        let inner = base.spelled(script, In::Alone, inline);
        return if latex {
            format!("\\sqrt{{{inner}}}")
        } else {
            format!("sqrt({inner})")
        };
    }
    let text = base.spelled(script, In::Power, inline);
    let exact = Exact::of(p);
    match (exact, script) {
        (Exact::Ratio(a, b), Script::Latex) if b != 1.0 => format!("{text}^{{{a}/{b}}}"),
        (_, Script::Latex) => format!("{text}^{{{}}}", exact.alone(script)),
        (Exact::Ratio(_, 1.0), Script::Plain) if p > 0.0 => format!("{text}^{p}"),
        (_, Script::Plain) => format!("{text}^({})", exact.alone(script)),
    }
}

fn apply<'a>(
    function: Function,
    x: &'a Formula,
    script: Script,
    inline: &mut Inline<'a>,
) -> String {
    let latex = script == Script::Latex;
    let simple = matches!(x, Formula::Variable(..)) && inline.is_empty();
    let inner = x.spelled(script, In::Alone, inline);
    let name = match (function, script) {
        (Function::Abs, Script::Plain) => return format!("|{inner}|"),
        (Function::Abs, Script::Latex) => return format!("\\lvert {inner} \\rvert"),
        (Function::Log, Script::Plain) => "log".to_owned(),
        (Function::Log, Script::Latex) => "\\log".to_owned(),
        (Function::Asinh, Script::Plain) => "asinh".to_owned(),
        (Function::Asinh, Script::Latex) => "\\operatorname{arsinh}".to_owned(),
        (Function::LogBesselK(order), Script::Plain) => {
            let order = Exact::of(order).alone(script);
            let order = if order.contains('/') {
                format!("{{{order}}}")
            } else {
                order
            };
            format!("log K_{order}")
        }
        (Function::LogBesselK(order), Script::Latex) => {
            format!("\\log K_{{{}}}", Exact::of(order).alone(script))
        }
    };
    match simple && function == Function::Log {
        true => format!("{name} {inner}"),
        false if latex => format!("{name}({inner})"),
        false => format!("{name}({inner})"),
    }
}

/// `s = singular values of A B`; `a, b = squared singular values of A, B`.
fn clause(spectra: &[(Symbol, Arc<dyn Spectrum>)], script: Script) -> String {
    let named: Vec<_> = spectra
        .iter()
        .filter(|s| s.1.kind() != Values::Inline)
        .collect();
    let Some(first) = named.first() else {
        return String::new();
    };
    let symbols: Vec<&str> = named
        .iter()
        .map(|s| match script {
            Script::Plain => s.0.plain,
            Script::Latex => s.0.latex,
        })
        .collect();
    let symbols = symbols.join(", ");
    let names: Vec<String> = named.iter().map(|s| s.1.name(script)).collect();
    let each = |front: &str| {
        let all: Vec<String> = names.iter().map(|n| format!("{front}({n})")).collect();
        all.join(", ")
    };
    match (first.1.kind(), script) {
        (Values::Singular | Values::Inline, Script::Plain) => {
            format!("{symbols} = singular values of {}", names.join(", "))
        }
        (Values::Squared, Script::Plain) => {
            format!(
                "{symbols} = squared singular values of {}",
                names.join(", ")
            )
        }
        (Values::Gram, Script::Plain) => {
            format!(
                "{symbols} = eigenvalues of {}, log 0 left out",
                each("gram")
            )
        }
        (Values::Singular | Values::Inline, Script::Latex) => {
            format!("{symbols} = {}", each("\\sigma"))
        }
        (Values::Squared, Script::Latex) => format!("{symbols} = {}", each("\\sigma^2")),
        (Values::Gram, Script::Latex) => {
            let all: Vec<String> = names
                .iter()
                .map(|n| format!("\\lambda(\\operatorname{{gram}} {n})"))
                .collect();
            format!(
                "{symbols} = {},\\ \\log 0 \\text{{ left out}}",
                all.join(", ")
            )
        }
    }
}

fn folded(fold: Fold, letters: &[String], script: Script) -> String {
    match (fold, letters, script) {
        (Fold::Sum, ..) => total(letters, script),
        (_, [], _) => String::new(),
        (_, [one], Script::Plain) => format!("prod_{one} "),
        (_, _, Script::Plain) => format!("prod_{{{}}} ", letters.join(",")),
        (_, _, Script::Latex) => format!("\\prod_{{{}}} ", letters.join(",")),
    }
}
