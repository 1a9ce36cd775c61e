//! Functions and operations along axes in terms of the graph's few operations.

use super::graph::{Dim, Graph, Id, Leaf, Pointwise};
use super::lower::{Lowering, too_large};
use crate::error::Result;
use crate::expression::{Axial, Function, RopeLayout};
use std::f64::consts::{FRAC_1_SQRT_2, PI};
use std::sync::Arc;

/// Entries of the triangle of ones of a running sum, at most.
const TRIANGLE: u128 = 1 << 27;

impl Lowering<'_> {
    pub(super) fn real_function(&mut self, function: Function, x: Id) -> Id {
        let g = &mut self.graph;
        let simple = match function {
            Function::Relu => Pointwise::Relu,
            Function::LeakyRelu(s) => Pointwise::Leaky(s),
            Function::Abs => Pointwise::Abs,
            Function::Exp => Pointwise::Exp,
            Function::Log => Pointwise::Log,
            Function::Sqrt => Pointwise::Sqrt,
            Function::Tanh => Pointwise::Tanh,
            Function::Sigmoid => Pointwise::Sigmoid,
            Function::Sin => Pointwise::Sin,
            Function::Cos => Pointwise::Cos,
            Function::Sign => Pointwise::Sign,
            Function::Erf => Pointwise::Erf,
            Function::Profile(curve) => Pointwise::Curve(curve),
            Function::Power(p) => match p {
                _ if p == 0.0 => return g.number(1.0),
                _ if p == 1.0 => return x,
                _ if p == 2.0 => return g.times(x, x),
                _ if p == -1.0 => Pointwise::Inverse,
                _ => Pointwise::Power(p),
            },
            Function::Square => return g.times(x, x),
            Function::Silu => {
                let s = g.map(Pointwise::Sigmoid, x);
                return g.times(x, s);
            }
            Function::Gelu => {
                // x Φ(x) = x (1 + erf(x/√2))/2.
                let scaled = g.scaled(x, FRAC_1_SQRT_2);
                let erf = g.map(Pointwise::Erf, scaled);
                return half_of_one_plus(g, x, erf);
            }
            Function::GeluTanh => {
                // tanh(√(2/π)(x + 0.044715 x³)).
                let square = g.times(x, x);
                let cube = g.times(square, x);
                let inner = g.plus(x, cube, 0.044_715);
                let scaled = g.scaled(inner, (2.0 / PI).sqrt());
                let tanh = g.map(Pointwise::Tanh, scaled);
                return half_of_one_plus(g, x, tanh);
            }
            Function::Conj | Function::Re | Function::Im | Function::Abs2 => return x,
        };
        g.map(simple, x)
    }

    /// Operations that keep the shape, along `over` jointly.
    pub(super) fn axial(&mut self, operation: Axial, over: &[Dim], eps: f64, x: Id) -> Result<Id> {
        let x = self.spread(x, over);
        let g = &mut self.graph;
        let count: usize = over.iter().map(|d| g.sizes[*d as usize]).product();
        let left: Vec<Dim> = g
            .dims(x)
            .iter()
            .copied()
            .filter(|d| !over.contains(d))
            .collect();
        Ok(match operation {
            Axial::Softmax | Axial::LogSoftmax => {
                let total = g.reduce(false, x, left);
                let log = g.plus(x, total, -1.0);
                if operation == Axial::Softmax {
                    g.map(Pointwise::Exp, log)
                } else {
                    log
                }
            }
            Axial::CumSum => {
                // y_j = Σ_i [i ≤ j] x_i: a product with a triangle of ones.
                let (axis, n) = (over[0], count);
                let ones = (n as u128).saturating_mul(n as u128);
                if ones > TRIANGLE {
                    return Err(too_large(ones));
                }
                let new = g.dim(n);
                let triangle: Arc<[f64]> = (0..n * n)
                    .map(|k| f64::from(u8::from(k / n <= k % n)))
                    .collect();
                let ones = g.leaf(Leaf::Constant(triangle), vec![axis, new]);
                let dims: Vec<Dim> = left.iter().copied().chain([new]).collect();
                let sums = g.contract(&[x, ones], &dims);
                g.rename(sums, &[(new, axis)])
            }
            Axial::Normalize | Axial::RmsNorm => {
                let scale = if operation == Axial::RmsNorm {
                    1.0 / count as f64
                } else {
                    1.0
                };
                normalized(g, x, x, &left, scale, eps)
            }
            Axial::LayerNorm | Axial::Standardize => {
                let total = g.contract(&[x], &left);
                let centred = g.plus(x, total, -1.0 / count as f64);
                normalized(g, centred, centred, &left, 1.0 / count as f64, eps)
            }
        })
    }

    pub(super) fn rope(
        &mut self,
        over: Dim,
        x: Id,
        position: Id,
        base: f64,
        layout: RopeLayout,
    ) -> Id {
        let x = self.spread(x, &[over]);
        let g = &mut self.graph;
        let n = g.sizes[over as usize];
        let of = |i: usize| match layout {
            RopeLayout::Half => (i % (n / 2), i >= n / 2, (i + n / 2) % n),
            RopeLayout::Pairs => (i / 2, i % 2 == 1, i ^ 1),
        };
        let constant = |f: &dyn Fn(usize) -> f64| -> Arc<[f64]> { (0..n).map(f).collect() };
        let frequency = g.leaf(
            Leaf::Constant(constant(&|i| base.powf(-2.0 * of(i).0 as f64 / n as f64))),
            vec![over],
        );
        let sign = g.leaf(
            Leaf::Constant(constant(&|i| if of(i).1 { 1.0 } else { -1.0 })),
            vec![over],
        );
        let angle = g.times(position, frequency);
        let (cos, sin) = (g.map(Pointwise::Cos, angle), g.map(Pointwise::Sin, angle));
        let table: Arc<[i32]> = (0..n).map(|i| of(i).2 as i32).collect();
        let partner = g.gather(x, &[over], &[over], table);
        let kept = g.times(x, cos);
        let signed = g.times(sin, sign);
        let turned = g.times(partner, signed);
        g.plus(kept, turned, 1.0)
    }
}

/// x (1 + y)/2.
fn half_of_one_plus(g: &mut Graph, x: Id, y: Id) -> Id {
    let one = g.number(1.0);
    let sum = g.plus(one, y, 1.0);
    let product = g.times(x, sum);
    g.scaled(product, 0.5)
}

/// x/√(scale Σ y² + eps), the sum over what `left` lacks.
fn normalized(g: &mut Graph, x: Id, y: Id, left: &[Dim], scale: f64, eps: f64) -> Id {
    let total = g.contract(&[y, y], left);
    let mut mean = g.scaled(total, scale);
    if eps != 0.0 {
        let eps = g.number(eps);
        mean = g.plus(mean, eps, 1.0);
    }
    let root = g.map(Pointwise::Sqrt, mean);
    let inverse = g.map(Pointwise::Inverse, root);
    g.times(x, inverse)
}
