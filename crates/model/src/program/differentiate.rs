//! Derivatives of a graph as graphs: jvp forwards, vjp backwards (theory §1: J = dF). Second
//! derivatives are derivatives of derivatives.

use super::graph::{Graph, Id, Op, Pointwise};
use std::collections::HashMap;

/// f′(x), given y = f(x); `None` where it is zero. Conventions at kinks are those of the language
/// (derivative 0).
fn slope(g: &mut Graph, f: Pointwise, x: Id, y: Id) -> Option<Id> {
    let one = g.number(1.0);
    Some(match f {
        Pointwise::Exp => y,
        Pointwise::Log => g.map(Pointwise::Inverse, x),
        Pointwise::Sqrt => {
            let inverse = g.map(Pointwise::InverseOrZero, y);
            g.scaled(inverse, 0.5)
        }
        Pointwise::Tanh => {
            let square = g.times(y, y);
            g.plus(one, square, -1.0)
        }
        Pointwise::Sigmoid => {
            let square = g.times(y, y);
            g.plus(y, square, -1.0)
        }
        Pointwise::Erf => {
            // 2/√π e^{−x²}.
            let square = g.times(x, x);
            let minus = g.scaled(square, -1.0);
            let density = g.map(Pointwise::Exp, minus);
            g.scaled(density, std::f64::consts::FRAC_2_SQRT_PI)
        }
        Pointwise::Sin => g.map(Pointwise::Cos, x),
        Pointwise::Cos => {
            let sin = g.map(Pointwise::Sin, x);
            g.scaled(sin, -1.0)
        }
        Pointwise::Relu => g.map(Pointwise::Step, x),
        Pointwise::Leaky(s) => g.map(Pointwise::LeakyStep(s), x),
        Pointwise::Abs => g.map(Pointwise::Sign, x),
        Pointwise::Power(p) => {
            let power = match p {
                _ if p == 2.0 => x,
                // As for sqrt: 0 at 0.
                _ if p > 0.0 && p < 1.0 => {
                    let below = g.map(Pointwise::Power(1.0 - p), x);
                    g.map(Pointwise::InverseOrZero, below)
                }
                _ => g.map(Pointwise::Power(p - 1.0), x),
            };
            g.scaled(power, p)
        }
        Pointwise::Inverse | Pointwise::InverseOrZero => {
            let square = g.times(y, y);
            g.scaled(square, -1.0)
        }
        Pointwise::Curve(curve) => g.map(Pointwise::Curve(curve.derivative()?), x),
        Pointwise::Step | Pointwise::LeakyStep(_) | Pointwise::Sign => return None,
    })
}

/// exp(x − y): the softmax that is the derivative of y = logsumexp(x).
fn softmax(g: &mut Graph, x: Id, y: Id) -> Id {
    let difference = g.plus(x, y, -1.0);
    g.map(Pointwise::Exp, difference)
}

/// Tangents of `roots`, given those of some leaves; `None` where they vanish.
pub(super) fn jvp(g: &mut Graph, roots: &[Id], seeds: &HashMap<Id, Id>) -> Vec<Option<Id>> {
    let count = roots.iter().map(|r| *r as usize + 1).max().unwrap_or(0);
    let mut tangent: Vec<Option<Id>> = vec![None; count];
    for id in 0..count as Id {
        let (op, dims) = (g.op(id).clone(), g.dims(id).to_vec());
        let of = |x: Id| tangent[x as usize];
        tangent[id as usize] = match op {
            Op::Leaf(_) => seeds.get(&id).copied(),
            Op::Contract(factors) => {
                let mut terms = Vec::new();
                for (k, factor) in factors.iter().enumerate() {
                    if let Some(t) = of(*factor) {
                        let others = factors
                            .iter()
                            .enumerate()
                            .filter(|(j, _)| *j != k)
                            .map(|(_, f)| *f);
                        let product: Vec<Id> = std::iter::once(t).chain(others).collect();
                        terms.push((g.contract(&product, &dims), 1.0));
                    }
                }
                (!terms.is_empty()).then(|| g.combine(&terms, &dims))
            }
            Op::Combine(terms) => {
                let moved: Vec<(Id, f64)> = terms
                    .iter()
                    .filter_map(|(x, c)| of(*x).map(|t| (t, *c)))
                    .collect();
                (!moved.is_empty()).then(|| g.combine(&moved, &dims))
            }
            Op::Map(f, x) => of(x).and_then(|t| {
                let slope = slope(g, f, x, id)?;
                Some(g.times(slope, t))
            }),
            Op::LogSumExp(x) => of(x).map(|t| {
                let p = softmax(g, x, id);
                g.contract(&[p, t], &dims)
            }),
            Op::Max(x) => of(x).map(|t| {
                let first = g.first_max(x, id);
                g.contract(&[first, t], &dims)
            }),
            Op::Choose([c, x, y]) => match (of(x), of(y)) {
                (None, None) => None,
                (a, b) => {
                    let zero = g.number(0.0);
                    let chosen = g.choose(c, a.unwrap_or(zero), b.unwrap_or(zero));
                    Some(g.contract(&[chosen], &dims))
                }
            },
            Op::FirstMax(..) => None,
            Op::Rename(x, names) => of(x).map(|t| g.rename(t, &names)),
            Op::Gather {
                from,
                consumed,
                new,
                table,
            } => of(from).map(|t| g.gather(t, &consumed, &new, table)),
            Op::Scatter {
                factors,
                consumed,
                new,
                table,
            } => of(factors[0]).map(|t| g.scatter(t, &consumed, &new, table)),
            Op::Select {
                dims: over,
                mask,
                then,
                otherwise,
            } => match (of(then), of(otherwise)) {
                (None, None) => None,
                (a, b) => {
                    let zero = g.number(0.0);
                    let chosen = g.select(&over, mask, a.unwrap_or(zero), b.unwrap_or(zero));
                    Some(g.contract(&[chosen], &dims))
                }
            },
        };
    }
    roots.iter().map(|r| tangent[*r as usize]).collect()
}

/// Σ ⟨seed, root⟩ differentiated with respect to `leaves`; `None` where it vanishes.
pub(super) fn vjp(g: &mut Graph, seeds: &[(Id, Id)], leaves: &[Id]) -> Vec<Option<Id>> {
    let count = seeds.iter().map(|s| s.0 as usize + 1).max().unwrap_or(0);
    // Nodes that a leaf reaches; nothing flows back to others.
    let mut live = vec![false; count];
    for id in 0..count {
        live[id] = leaves.contains(&(id as Id))
            || g.nodes[id].op.arguments().iter().any(|a| live[*a as usize]);
    }
    let mut parts: Vec<Vec<(Id, f64)>> = vec![Vec::new(); count];
    for (root, seed) in seeds {
        parts[*root as usize].push((*seed, 1.0));
    }
    let mut found: HashMap<Id, Id> = HashMap::new();
    for id in (0..count as Id).rev() {
        if !live[id as usize] || parts[id as usize].is_empty() {
            continue;
        }
        let terms = std::mem::take(&mut parts[id as usize]);
        let all: Vec<Id> = terms.iter().map(|t| t.0).collect();
        let union = g.union(&all);
        let ct = g.combine(&terms, &union);
        if leaves.contains(&id) {
            found.insert(id, ct);
        }
        let op = g.op(id).clone();
        // Dimensions of the cotangent that its node lacks (rows of a Jacobian) stay.
        let extra: Vec<_> = g
            .dims(ct)
            .iter()
            .copied()
            .filter(|d| !g.dims(id).contains(d))
            .collect();
        let mut give = |g: &mut Graph, to: Id, factors: &[Id]| {
            if live[to as usize] {
                let mut dims = g.dims(to).to_vec();
                dims.extend(
                    extra
                        .iter()
                        .filter(|d| !dims.contains(d))
                        .copied()
                        .collect::<Vec<_>>(),
                );
                let part = g.contract(factors, &dims);
                parts[to as usize].push((part, 1.0));
            }
        };
        match op {
            Op::Leaf(_) | Op::FirstMax(..) => {}
            Op::Contract(factors) => {
                for (k, factor) in factors.iter().enumerate() {
                    let others = factors
                        .iter()
                        .enumerate()
                        .filter(|(j, _)| *j != k)
                        .map(|(_, f)| *f);
                    let product: Vec<Id> = std::iter::once(ct).chain(others).collect();
                    give(g, *factor, &product);
                }
            }
            Op::Combine(terms) => {
                for (x, c) in terms {
                    let c = g.number(c);
                    give(g, x, &[ct, c]);
                }
            }
            Op::Map(f, x) => {
                if let Some(slope) = slope(g, f, x, id) {
                    give(g, x, &[ct, slope]);
                }
            }
            Op::LogSumExp(x) => {
                let p = softmax(g, x, id);
                give(g, x, &[ct, p]);
            }
            Op::Max(x) => {
                let first = g.first_max(x, id);
                give(g, x, &[ct, first]);
            }
            Op::Choose([c, x, y]) => {
                let zero = g.number(0.0);
                let (yes, no) = (g.choose(c, ct, zero), g.choose(c, zero, ct));
                give(g, x, &[yes]);
                give(g, y, &[no]);
            }
            Op::Rename(x, names) => {
                let back: Vec<_> = names.iter().map(|(a, b)| (*b, *a)).collect();
                let part = g.rename(ct, &back);
                give(g, x, &[part]);
            }
            Op::Gather {
                from,
                consumed,
                new,
                table,
            } => {
                let part = g.scatter(ct, &new, &consumed, table);
                give(g, from, &[part]);
            }
            // Of one factor: products enter scatters when everything is differentiated.
            Op::Scatter {
                factors,
                consumed,
                new,
                table,
            } => {
                let part = g.gather(ct, &new, &consumed, table);
                give(g, factors[0], &[part]);
            }
            Op::Select {
                dims,
                mask,
                then,
                otherwise,
            } => {
                let zero = g.number(0.0);
                let (yes, no) = (
                    g.select(&dims, mask.clone(), ct, zero),
                    g.select(&dims, mask, zero, ct),
                );
                give(g, then, &[yes]);
                give(g, otherwise, &[no]);
            }
        }
    }
    leaves.iter().map(|l| found.get(l).copied()).collect()
}
