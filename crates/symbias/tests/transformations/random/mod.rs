//! Random model files: a chain of stages over one vector axis (contractions, shared and tied tensors, slices and mixed radices,
//! powers, norms, softmaxes, gates, sums of branches, biases in odd places, gathers, complex tensors, blocks), with
//! 5 to 40 parameters, valid by the language's rules by construction.

mod matrix;
mod stage;

use std::fmt::Write;
use symbias_numerics::random::Stream;

/// A model file under construction.
pub struct Draft {
    stream: Stream,
    axes: Vec<(String, usize)>,
    lines: Vec<String>,
    /// Name, axes, whether complex.
    parameters: Vec<(String, Vec<String>, bool)>,
    inputs: Vec<String>,
    constants: Vec<String>,
    blocks: String,
    named: usize,
}

/// A tensor of one axis that is computed so far.
#[derive(Clone)]
pub struct Vector {
    name: String,
    axis: String,
}

impl Vector {
    /// `z3[c]`.
    fn read(&self) -> String {
        format!("{}[{}]", self.name, self.axis)
    }
}

/// The numbered random model of a seed, and its parameters.
pub fn model(seed: u64, number: u64) -> (String, usize) {
    let mut attempt = 0;
    loop {
        let draft = Draft::new(Stream::new(seed, number, attempt)).built();
        let size = draft.size();
        if (5..=40).contains(&size) {
            return (draft.text(&format!("random_{seed}_{number}")), size);
        }
        attempt += 1;
    }
}

impl Draft {
    fn new(stream: Stream) -> Draft {
        Draft {
            stream,
            axes: vec![],
            lines: vec![],
            parameters: vec![],
            inputs: vec![],
            constants: vec![],
            blocks: String::new(),
            named: 0,
        }
    }

    fn below(&mut self, n: usize) -> usize {
        self.stream.next_below(n as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn letter(&mut self, size: usize) -> String {
        let name = format!("i{}", self.axes.len());
        self.axes.push((name.clone(), size));
        name
    }

    /// A fresh axis of two or three.
    fn axis(&mut self) -> String {
        let size = if self.chance(60) { 2 } else { 3 };
        self.letter(size)
    }

    fn length(&self, axis: &str) -> usize {
        self.axes
            .iter()
            .find(|(name, _)| name == axis)
            .map_or(1, |(_, size)| *size)
    }

    fn name(&mut self, stem: &str) -> String {
        self.named += 1;
        format!("{stem}{}", self.named)
    }

    /// Declares a parameter, and reads it by its own letters.
    fn parameter(&mut self, stem: &str, axes: &[&str]) -> String {
        let name = self.declared(stem, axes, false);
        if axes.is_empty() {
            name
        } else {
            format!("{name}[{}]", axes.join(","))
        }
    }

    fn complex(&mut self, stem: &str, axes: &[&str]) -> String {
        format!("{}[{}]", self.declared(stem, axes, true), axes.join(","))
    }

    fn declared(&mut self, stem: &str, axes: &[&str], complex: bool) -> String {
        let name = self.name(stem);
        let axes = axes.iter().map(|a| (*a).to_owned()).collect();
        self.parameters.push((name.clone(), axes, complex));
        name
    }

    fn define(&mut self, axis: &str, expression: &str) -> Vector {
        let name = self.name("z");
        self.lines.push(format!("{name}[{axis}] = {expression}"));
        Vector {
            name,
            axis: axis.to_owned(),
        }
    }

    fn size(&self) -> usize {
        let tables: usize = self
            .parameters
            .iter()
            .map(|(_, axes, complex)| {
                axes.iter().map(|a| self.length(a)).product::<usize>() * (1 + usize::from(*complex))
            })
            .sum();
        tables + self.in_blocks()
    }

    /// Parameters of blocks: their lists are read back from the text, `name = ["i0", "i1"]`, twice unless tied.
    fn in_blocks(&self) -> usize {
        let mut found = 0;
        for block in self.blocks.split("[blocks.").skip(1) {
            let tied = block
                .lines()
                .find(|l| l.starts_with("tied"))
                .unwrap_or_default();
            let list = block
                .lines()
                .find(|l| l.starts_with("parameters"))
                .unwrap_or_default();
            for entry in list.split("], ") {
                let Some((name, axes)) = entry.split_once(" = [") else {
                    continue;
                };
                let name = name.rsplit(' ').next().unwrap_or_default();
                let entries: usize = axes
                    .split('"')
                    .skip(1)
                    .step_by(2)
                    .map(|a| self.length(a))
                    .product();
                found += if tied.contains(&format!("\"{name}\"")) {
                    entries
                } else {
                    2 * entries
                };
            }
        }
        found
    }

    fn built(mut self) -> Draft {
        let mut z = self.start();
        let mut before = vec![z.clone()];
        for _ in 0..1 + self.below(4) {
            z = self.stage(&z);
            let same = before
                .iter()
                .find(|b| b.axis == z.axis && b.name != z.name)
                .cloned();
            if let Some(other) = same
                && self.chance(20)
            {
                let sign = self.pick(&["+", "-", "*"]);
                z = self.define(
                    &z.axis.clone(),
                    &format!("{} {sign} {}", z.read(), other.read()),
                );
            }
            before.push(z.clone());
        }
        self.finish(&z);
        self
    }

    fn finish(&mut self, z: &Vector) {
        let line = match self.below(6) {
            0 => format!("y[{}] = {}", z.axis, z.read()),
            1 => {
                let (v, b) = (self.parameter("v", &[&z.axis]), self.parameter("b", &[]));
                format!("y = {v}*{} + {b}", z.read())
            }
            2 => {
                let fold = self.pick(&["sum", "mean"]);
                format!("y = {fold}[{}]({})", z.axis, z.read())
            }
            3 => format!(
                "y[{}] = {}*{}",
                z.axis,
                self.parameter("v", &[&z.axis]),
                z.read()
            ),
            _ => format!("y = {}*{}", self.parameter("v", &[&z.axis]), z.read()),
        };
        self.lines.push(line);
    }

    fn text(&self, name: &str) -> String {
        let mut out = format!("symbias = 1\nname = \"{name}\"\noutputs = [\"y\"]\n");
        let sizes: Vec<String> = self
            .axes
            .iter()
            .map(|(a, n)| format!("{a} = {n}"))
            .collect();
        let parameters: Vec<String> = self
            .parameters
            .iter()
            .map(|(name, axes, complex)| match complex {
                true => format!("{name} = {{ axes = {axes:?}, field = \"complex\" }}"),
                false => format!("{name} = {axes:?}"),
            })
            .collect();
        let _ = writeln!(out, "axes = {{ {} }}", sizes.join(", "));
        let _ = writeln!(out, "program = \"\"\"\n{}\"\"\"", self.lines.join("\n"));
        let _ = writeln!(out, "parameters = {{ {} }}", parameters.join(", "));
        if !self.inputs.is_empty() {
            let _ = writeln!(out, "inputs = {{ {} }}", self.inputs.join(", "));
        }
        if !self.constants.is_empty() {
            let _ = writeln!(out, "constants = {{ {} }}", self.constants.join(", "));
        }
        out + &self.blocks
    }
}
