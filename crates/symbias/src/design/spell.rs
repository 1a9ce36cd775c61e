//! r as an expression in one variable: read off the checked expression with its constants written out, differentiated by rules, spelled
//! in the language. What has no closed form enters a model as such an expression, in a profile.

use super::evaluate::Evaluation;
use super::form::number;
use super::leaf::Anchor;
use std::collections::HashMap;
use symbias_model::expression::{Function, NodeId, Op};

/// An expression in z.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Variable,
    Number(f64),
    Sum(Vec<Expr>),
    Product(Vec<Expr>),
    Map(Function, Box<Expr>),
    Power(Box<Expr>, Box<Expr>),
    /// max or min of two.
    Extreme(bool, Box<Expr>, Box<Expr>),
}

use Expr::{Extreme, Map, Number, Power, Product, Sum, Variable};

fn map(f: Function, e: Expr) -> Expr {
    Map(f, Box::new(e))
}

fn power(e: Expr, p: f64) -> Expr {
    match p {
        1.0 => e,
        _ => Power(Box::new(e), Box::new(Number(p))),
    }
}

/// A product without factors 1 and with its zero.
pub(super) fn times(factors: Vec<Expr>) -> Expr {
    let mut c = 1.0;
    let mut rest = Vec::new();
    for f in factors {
        match f {
            Number(x) => c *= x,
            Product(inner) => rest.extend(inner),
            other => rest.push(other),
        }
    }
    if c == 0.0 {
        return Number(0.0);
    }
    if c != 1.0 || rest.is_empty() {
        rest.insert(0, Number(c));
    }
    match rest.len() {
        1 => rest.remove(0),
        _ => Product(rest),
    }
}

/// A sum without zeros.
pub(super) fn plus(terms: Vec<Expr>) -> Expr {
    let mut c = 0.0;
    let mut rest = Vec::new();
    for t in terms {
        match t {
            Number(x) => c += x,
            Sum(inner) => rest.extend(inner),
            other => rest.push(other),
        }
    }
    if c != 0.0 || rest.is_empty() {
        rest.push(Number(c));
    }
    match rest.len() {
        1 => rest.remove(0),
        _ => Sum(rest),
    }
}

/// A node as an expression of the anchors' variable; `None` for what has no such form.
pub(super) fn read(
    e: &mut Evaluation<'_>,
    node: NodeId,
    anchors: &HashMap<NodeId, Anchor>,
) -> Option<Expr> {
    if let Some(anchor) = anchors.get(&node) {
        return Some(match anchor {
            Anchor::Plain => Variable,
            Anchor::Square => power(Variable, 2.0),
            Anchor::Scaled(c) => times(vec![Number(e.node(*c)?.abs()), Variable]),
        });
    }
    if !reaches(e, node, anchors) {
        return e.node(node).map(Number);
    }
    let model = e.model;
    Some(match &model.node(node).op {
        Op::Sum { terms } => {
            let mut all = Vec::new();
            for t in terms {
                let own = read(e, t.node, anchors)?;
                all.push(if t.negative {
                    times(vec![Number(-1.0), own])
                } else {
                    own
                });
            }
            plus(all)
        }
        Op::Product { factors, summed } if summed.is_empty() => {
            let mut all = Vec::new();
            for f in factors {
                let own = read(e, f.node, anchors)?;
                all.push(if f.inverse { inverse(own) } else { own });
            }
            times(all)
        }
        Op::Map { function, argument } => {
            let inner = read(e, *argument, anchors)?;
            match function {
                Function::Square => power(inner, 2.0),
                Function::Power(p) => power(inner, *p),
                Function::Conj | Function::Re => inner,
                Function::Abs2 => power(inner, 2.0),
                f => map(*f, inner),
            }
        }
        Op::Power { base, exponent } => {
            let (b, x) = (read(e, *base, anchors)?, read(e, *exponent, anchors)?);
            Power(Box::new(b), Box::new(x))
        }
        Op::Extreme { largest, pair } => {
            let (a, b) = (read(e, pair[0], anchors)?, read(e, pair[1], anchors)?);
            Extreme(*largest, Box::new(a), Box::new(b))
        }
        _ => return None,
    })
}

/// 1/e.
pub(super) fn inverse(e: Expr) -> Expr {
    match e {
        Number(x) => Number(1.0 / x),
        other => power(other, -1.0),
    }
}

fn reaches(e: &Evaluation<'_>, node: NodeId, anchors: &HashMap<NodeId, Anchor>) -> bool {
    anchors.contains_key(&node)
        || e.model
            .node(node)
            .op
            .arguments()
            .into_iter()
            .any(|a| reaches(e, a, anchors))
}

impl Expr {
    /// The language's text, of a variable's text.
    pub fn text(&self, z: &str) -> String {
        let inner = |e: &Expr| match e {
            Sum(_) | Product(_) => format!("({})", e.text(z)),
            Number(x) if *x < 0.0 => format!("({})", e.text(z)),
            _ => e.text(z),
        };
        match self {
            Variable => z.to_owned(),
            Number(x) => number(*x),
            Sum(terms) => {
                let all: Vec<String> = terms.iter().map(inner).collect();
                all.join(" + ")
            }
            Product(factors) => {
                let all: Vec<String> = factors.iter().map(inner).collect();
                all.join("*")
            }
            Map(Function::LeakyRelu(slope), e) => {
                format!("leaky_relu({}, {})", e.text(z), number(*slope))
            }
            Map(f, e) => format!("{}({})", f.name(), e.text(z)),
            Extreme(largest, a, b) => {
                let name = if *largest { "max" } else { "min" };
                format!("{name}({}, {})", a.text(z), b.text(z))
            }
            Power(b, p) => {
                let base = match **b {
                    Variable if z.chars().all(char::is_alphanumeric) => z.to_owned(),
                    Map(..) => b.text(z),
                    _ => format!("({})", b.text(z)),
                };
                let exponent = match **p {
                    Number(x) if x >= 0.0 => number(x),
                    _ => format!("({})", p.text(z)),
                };
                format!("{base}^{exponent}")
            }
        }
    }

    /// The derivative; `None` for functions without a rule.
    pub fn slope(&self) -> Option<Expr> {
        Some(match self {
            Variable => Number(1.0),
            Number(_) => Number(0.0),
            Sum(terms) => plus(terms.iter().map(Expr::slope).collect::<Option<_>>()?),
            Product(factors) => {
                let mut all = Vec::new();
                for (k, f) in factors.iter().enumerate() {
                    let mut own: Vec<Expr> = factors.clone();
                    own[k] = f.slope()?;
                    all.push(times(own));
                }
                plus(all)
            }
            Power(b, p) => match **p {
                Number(x) => times(vec![Number(x), power((**b).clone(), x - 1.0), b.slope()?]),
                _ => return None,
            },
            Extreme(..) => return None,
            Map(f, e) => {
                let a = || (**e).clone();
                let outer = match f {
                    Function::Abs => times(vec![a(), inverse(map(Function::Abs, a()))]),
                    Function::Exp => map(Function::Exp, a()),
                    Function::Log => inverse(a()),
                    Function::Sqrt => times(vec![Number(0.5), power(a(), -0.5)]),
                    Function::Sign => Number(0.0),
                    Function::Erf => times(vec![
                        Number(2.0 / std::f64::consts::PI.sqrt()),
                        map(Function::Exp, times(vec![Number(-1.0), power(a(), 2.0)])),
                    ]),
                    Function::Tanh => plus(vec![
                        Number(1.0),
                        times(vec![Number(-1.0), power(map(Function::Tanh, a()), 2.0)]),
                    ]),
                    Function::Sin => map(Function::Cos, a()),
                    Function::Cos => times(vec![Number(-1.0), map(Function::Sin, a())]),
                    Function::Sigmoid => {
                        let s = map(Function::Sigmoid, a());
                        let rest = plus(vec![Number(1.0), times(vec![Number(-1.0), s.clone()])]);
                        times(vec![s, rest])
                    }
                    _ => return None,
                };
                times(vec![outer, e.slope()?])
            }
        })
    }
}
