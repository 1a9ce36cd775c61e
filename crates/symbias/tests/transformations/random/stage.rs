//! The stages of a chain: each takes a vector and makes another.

use super::{Draft, Vector};
use std::fmt::Write;

const POINTWISE: [&str; 11] = [
    "relu",
    "tanh",
    "exp",
    "gelu",
    "abs",
    "silu",
    "sigmoid",
    "square",
    "sin",
    "leaky_relu",
    "gelu_tanh",
];

impl Draft {
    /// A pointwise function of an expression, or, sometimes, the expression itself.
    fn bent(&mut self, expression: &str, percent: usize) -> String {
        if !self.chance(percent) {
            return format!("({expression})");
        }
        match POINTWISE[self.below(POINTWISE.len())] {
            "leaky_relu" => format!("leaky_relu({expression}, 0.1)"),
            name => format!("{name}({expression})"),
        }
    }

    /// ` + b[axis]`, or nothing.
    fn perhaps_bias(&mut self, percent: usize, axes: &[&str]) -> String {
        match self.chance(percent) {
            true => format!(" + {}", self.parameter("b", axes)),
            false => String::new(),
        }
    }

    /// What the chain begins with: an input, weights, tokens, positions that attend, a convolution.
    pub(super) fn start(&mut self) -> Vector {
        let c = self.axis();
        match self.below(12) {
            0 => {
                let (u, v) = (self.parameter("u", &[&c]), self.parameter("v", &[&c]));
                let text = match self.below(2) {
                    0 => format!("{u}*{v}"),
                    _ => format!("{u}^2 - {v}^2"),
                };
                self.define(&c, &text)
            }
            1 => {
                let (words, places) = (self.letter(3), self.letter(2));
                let token = self.name("token");
                self.inputs.push(format!(
                    "{token} = {{ axes = [\"{places}\"], index = \"{words}\" }}"
                ));
                let table = self.declared("E", &[&words, &c], false);
                self.define(
                    &c,
                    &format!("mean[{places}]({table}[{token}[{places}],{c}])"),
                )
            }
            2 => self.attention(&c),
            3 => {
                let (t, k, o) = (self.letter(3), self.letter(2), self.letter(2));
                self.inputs.push(format!("x = [\"{c}\", \"{t}\"]"));
                let kernel = self.parameter("W", &[&o, &c, &k]);
                let text = self.bent(&format!("{kernel}*zero(x[{c},{t}+{k}-1])"), 75);
                let name = self.name("z");
                self.lines.push(format!("{name}[{o},{t}] = {text}"));
                let fold = self.pick(&["mean", "sum", "max"]);
                self.define(&o, &format!("{fold}[{t}]({name}[{o},{t}])"))
            }
            _ => {
                self.inputs.push(format!("x = [\"{c}\"]"));
                Vector {
                    name: "x".into(),
                    axis: c,
                }
            }
        }
    }

    fn attention(&mut self, c: &str) -> Vector {
        let (t, s, o) = (self.letter(3), self.letter(3), self.letter(2));
        let a = self.axis();
        self.inputs.push(format!("x = [\"{c}\", \"{t}\"]"));
        let (q, k, v) = (
            self.parameter("Q", &[&a, c]),
            self.parameter("K", &[&a, c]),
            self.parameter("V", &[&o, c]),
        );
        let (asks, answers) = (self.perhaps_bias(40, &[&a]), self.perhaps_bias(30, &[&a]));
        let (p, kept) = (self.name("z"), self.name("z"));
        self.lines
            .push(format!("{p}q[{t},{a}] = {q}*x[{c},{t}]{asks}"));
        self.lines
            .push(format!("{p}k[{s},{a}] = {k}*x[{c},{s}+0]{answers}"));
        self.lines.push(format!(
            "{kept}[{t},{s}] = softmax[{s}](where(pos({s}) <= pos({t}), {p}q[{t},{a}]*{p}k[{s},{a}], -inf))"
        ));
        self.define(&o, &format!("mean[{t}]({kept}[{t},{s}]*{v}*x[{c},{s}+0])"))
    }

    /// One more stage, drawn by weight.
    pub(super) fn stage(&mut self, z: &Vector) -> Vector {
        match self.below(23) {
            0..=5 => self.linear(z),
            6 => {
                let text = self.bent(&z.read(), 100);
                self.define(&z.axis, &text)
            }
            7 | 8 => self.biased(z),
            9 | 10 => self.normed(z),
            11 | 12 => self.gated(z),
            13 | 14 => self.residual(z),
            15 => self.branches(z),
            16 => self.powered(z),
            17 | 18 => self.pooled(z),
            19 => self.squares(z),
            20 => self.through_complex(z),
            21 => self.gathered(z),
            _ => self.block(z),
        }
    }

    fn linear(&mut self, z: &Vector) -> Vector {
        let o = self.axis();
        let matrix = self.matrix(&o, &z.axis);
        let text = format!("{matrix}*{}{}", z.read(), self.perhaps_bias(30, &[&o]));
        let text = if self.chance(60) {
            self.bent(&text, 75)
        } else {
            text
        };
        self.define(&o, &text)
    }

    /// A bias before a map, under exp, in a difference that is scaled; or a gain alone.
    fn biased(&mut self, z: &Vector) -> Vector {
        let b = self.parameter("b", &[&z.axis]);
        let read = z.read();
        let text = match self.below(5) {
            0 => format!("{read} + {b}"),
            1 => format!("exp({read} + {b})"),
            2 => format!("{read}*{b}"),
            3 => format!("({read} - {b})*{}", self.parameter("g", &[&z.axis])),
            _ => {
                let o = self.axis();
                let matrix = self.matrix(&o, &z.axis);
                return self.define(&o, &format!("{matrix}*({read} + {b})"));
            }
        };
        self.define(&z.axis, &text)
    }

    fn normed(&mut self, z: &Vector) -> Vector {
        let c = &z.axis;
        let mut kind = self.pick(&[
            "normalize",
            "rmsnorm",
            "layernorm",
            "softmax",
            "log_softmax",
        ]);
        // Of two entries LayerNorm keeps only a sign.
        if kind == "layernorm" && self.length(c) < 3 {
            kind = "rmsnorm";
        }
        let mut text = format!("{kind}[{c}]({})", z.read());
        if !kind.contains("softmax") {
            if self.chance(50) {
                text = format!("{}*{text}", self.parameter("g", &[c]));
            }
            text += &self.perhaps_bias(30, &[c]);
        }
        self.define(c, &text)
    }

    fn gated(&mut self, z: &Vector) -> Vector {
        let (o, c, read) = (self.axis(), &z.axis, z.read());
        let (u, v) = (self.parameter("U", &[&o, c]), self.parameter("V", &[&o, c]));
        let text = match self.below(3) {
            0 => {
                let gate = self.bent(&format!("sum[{c}]({u}*{read})"), 75);
                format!("{gate}*sum[{c}]({v}*{read})")
            }
            1 => {
                let gate = self.pick(&["tanh", "relu", "silu"]);
                format!("sum[{c}]({gate}({u}*{read})*{v}*{read})")
            }
            _ => {
                let (left, right) = (
                    self.bent(&format!("{u}*{read}"), 75),
                    self.bent(&format!("{v}*{read}"), 75),
                );
                format!("{left} {} {right}", self.pick(&["+", "-"]))
            }
        };
        self.define(&o, &text)
    }

    fn residual(&mut self, z: &Vector) -> Vector {
        let (f, c, read) = (self.axis(), &z.axis, z.read());
        let (w, v) = (self.parameter("W", &[&f, c]), self.parameter("V", &[c, &f]));
        let inner = format!("{w}*{read}{}", self.perhaps_bias(40, &[&f]));
        let text = self.bent(&inner, 90);
        let hidden = self.define(&f, &text);
        let bias = self.perhaps_bias(30, &[c]);
        self.define(c, &format!("{read} + {v}*{}{bias}", hidden.read()))
    }

    fn branches(&mut self, z: &Vector) -> Vector {
        let (o, r, q) = (self.axis(), self.axis(), self.axis());
        let (c, read) = (&z.axis, z.read());
        let (a, b) = (
            self.parameter("A", &[&o, &r]),
            self.parameter("B", &[&r, c]),
        );
        let (s, t) = (
            self.parameter("A", &[&o, &q]),
            self.parameter("B", &[&q, c]),
        );
        let sign = self.pick(&["+", "-"]);
        let second = match self.below(3) {
            0 => format!("{s}*{}({t}*{read})", self.pick(&["tanh", "relu"])),
            _ => format!("{s}*{t}*{read}"),
        };
        self.define(&o, &format!("{a}*{b}*{read} {sign} {second}"))
    }

    fn powered(&mut self, z: &Vector) -> Vector {
        let (c, read) = (&z.axis, z.read());
        match self.below(3) {
            0 => {
                let o = self.axis();
                let (w, power) = (self.parameter("W", &[&o, c]), 2 + self.below(2));
                self.define(&o, &format!("({w}*{read})^{power}"))
            }
            1 => {
                let (o, p) = (self.axis(), self.letter(3));
                let (v, w) = (
                    self.parameter("v", &[&o, &p]),
                    self.parameter("W", &[&o, c]),
                );
                self.define(&o, &format!("{v}*({w}*{read})^pos({p})"))
            }
            _ => {
                let p = self.letter(3);
                let v = self.parameter("v", &[c, &p]);
                self.define(c, &format!("{v}*{read}^pos({p})"))
            }
        }
    }

    /// Two copies of a linear map, folded.
    fn pooled(&mut self, z: &Vector) -> Vector {
        let (o, k) = (self.axis(), self.letter(2));
        let w = self.parameter("W", &[&o, &k, &z.axis]);
        let fold = self.pick(&["max", "logsumexp", "mean", "norm"]);
        let bias = self.perhaps_bias(40, &[&o, &k]);
        let text = format!("{fold}[{k}]({w}*{}{bias})", z.read());
        let text = if fold == "mean" {
            self.bent(&text, 60)
        } else {
            text
        };
        self.define(&o, &text)
    }

    fn squares(&mut self, z: &Vector) -> Vector {
        let (o, c, read) = (self.axis(), &z.axis, z.read());
        let w = self.parameter("W", &[&o, c]);
        let text = match self.below(3) {
            0 => format!(
                "sum[{c}]({w}^2*{read}) - sum[{c}]({}^2*{read})",
                self.parameter("V", &[&o, c])
            ),
            1 => format!("norm[{c}]({w}*{read})"),
            _ => format!("{w}*{}*{read}", self.parameter("V", &[&o, c])),
        };
        self.define(&o, &text)
    }

    fn through_complex(&mut self, z: &Vector) -> Vector {
        let (o, read) = (self.axis(), z.read());
        let a = self.complex("C", &[&o, &z.axis]);
        let text = match self.below(3) {
            0 => format!("abs2({a}*{read})"),
            1 => format!("re({}*{a}*{read})", self.complex("C", &[&o])),
            _ => format!("im(conj({})*{a}*{read})", self.complex("C", &[&o])),
        };
        self.define(&o, &text)
    }

    fn gathered(&mut self, z: &Vector) -> Vector {
        let (words, n) = (self.letter(3), self.axis());
        let row = self.name("row");
        let values: Vec<usize> = (0..self.length(&n)).map(|_| self.below(3)).collect();
        self.constants.push(format!(
            "{row} = {{ axes = [\"{n}\"], index = \"{words}\", values = {values:?} }}"
        ));
        let table = self.declared("E", &[&words, &z.axis], false);
        self.define(&n, &format!("{table}[{row}[{n}],{}]*{}", z.axis, z.read()))
    }

    fn block(&mut self, z: &Vector) -> Vector {
        let (f, c) = (self.axis(), &z.axis);
        let name = self.name("layer");
        let bend = self.pick(&["tanh", "relu", "silu"]);
        let (program, parameters) = match self.below(3) {
            0 => (
                format!("a[{f}] = {bend}(U[{f},{c}]*h[{c}])\nh'[{c}] = h[{c}] + D[{c},{f}]*a[{f}]"),
                vec![("U", vec![&f, c]), ("D", vec![c, &f])],
            ),
            1 => (
                format!("h'[{c}] = h[{c}] + g[{c}]*{bend}(u[{c}]*h[{c}])"),
                vec![("g", vec![c]), ("u", vec![c])],
            ),
            _ => (
                format!(
                    "n[{c}] = rmsnorm[{c}](h[{c}])\nh'[{c}] = h[{c}] + d[{c}]*{bend}(g[{c}]*n[{c}] + e[{c}])"
                ),
                vec![("g", vec![c]), ("d", vec![c]), ("e", vec![c])],
            ),
        };
        let tied: Vec<&str> = parameters
            .iter()
            .map(|(n, _)| *n)
            .filter(|_| self.stream.next_below(100) < 15)
            .collect();
        let listed: Vec<String> = parameters
            .iter()
            .map(|(n, axes)| format!("{n} = {axes:?}"))
            .collect();
        let _ = write!(
            self.blocks,
            "[blocks.{name}]\ncount = 2\ncarry = \"h\"\ntied = {tied:?}\nparameters = {{ {} }}\nprogram = \"\"\"\n{program}\"\"\"\n",
            listed.join(", ")
        );
        self.define(c, &format!("{name}({})", z.name))
    }
}
