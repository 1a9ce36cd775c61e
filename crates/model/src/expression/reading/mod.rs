//! Statements as the program understood them: one line each, with its sums written out.
//!
//! A sum `sum_{i}` runs over the product that follows it and ends at the next `+` or `−` outside brackets. Block statements are
//! written once, with the names that they have inside the block.

mod places;

use super::{BlockCall, Repetition, Source, TensorId};
use super::{Condition, Function, IndexExpr, Label, Model, NodeId, Op, Reduction, RopeLayout};
use places::{Places, Role};
use std::collections::HashMap;
use std::f64::consts::PI;

/// Bytes of a line, at most about: what profiles of profiles unfold to may be longer than any memory.
const LENGTH: usize = 1 << 14;

/// How tightly a piece of text holds together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Grip {
    /// a + b.
    Sum,
    /// a * b, also with `sum_{i}` before it.
    Product,
    /// −a.
    Unary,
    /// a^b.
    Power,
    /// Brackets, names and calls.
    Atom,
}

impl Model {
    /// Each statement with its sums written out, in the order of the file; statements of a block after its name, once.
    ///
    /// ```
    /// use symbias_model::language::ModelBuilder;
    /// let model = ModelBuilder::new("shallow ReLU")
    ///     .axis("h", 16)
    ///     .axis("d", 3)
    ///     .parameter("v", &["h"])
    ///     .parameter("W", &["h", "d"])
    ///     .input("x", &["d"])
    ///     .statement("y = v[h] * relu(W[h,d] * x[d])")
    ///     .output("y")
    ///     .build()?;
    /// assert_eq!(model.reads(), ["y = sum_{h} v[h] * relu(sum_{d} W[h,d] * x[d])"]);
    /// # Ok::<(), symbias_model::Error>(())
    /// ```
    #[must_use]
    pub fn reads(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let places = Places::of(self);
        for (number, tensor) in self.tensors.iter().enumerate() {
            let Source::Defined { node, labels } = &tensor.source else {
                continue;
            };
            let id = TensorId(number as u32);
            match places.role(self, id) {
                Role::Statement => {
                    lines.push(Line::new(self).statement(&tensor.name, labels, *node))
                }
                Role::Call(repetition, call) => {
                    lines.push(Line::new(self).call(repetition, call, labels));
                }
                Role::Inside(repetition, local) => {
                    let mut line = Line::new(self);
                    line.local = places.local(self, repetition);
                    let said = line.statement(&local, labels, *node);
                    lines.push(format!("{}: {said}", repetition.block));
                }
                Role::Shown => {}
            }
        }
        lines
    }
}

/// A line as it is written.
struct Line<'m> {
    model: &'m Model,
    /// Names that tensors have here.
    local: HashMap<TensorId, String>,
    text: String,
}

impl<'m> Line<'m> {
    fn new(model: &'m Model) -> Line<'m> {
        Line {
            model,
            local: HashMap::new(),
            text: String::new(),
        }
    }

    fn statement(mut self, name: &str, labels: &[Label], node: NodeId) -> String {
        let letters = self.letters(labels);
        self.text = left(name, &letters);
        self.text.push_str(" = ");
        self.node(node, Grip::Sum);
        self.text
    }

    /// `z[t,c] = layer(x[t,c]), repeated 12 times`.
    fn call(mut self, repetition: &Repetition, call: &BlockCall, labels: &[Label]) -> String {
        let letters = self.letters(labels);
        self.text = format!("{} = {}(", left(&call.result, &letters), repetition.block);
        let first = self.model.find(&call.first).map(|id| self.model.tensor(id));
        match first.map(|t| &t.source) {
            Some(Source::Defined { node, .. }) if call.first.contains('.') => {
                self.node(*node, Grip::Sum);
            }
            _ => self.text.push_str(&left(&call.first, &letters)),
        }
        self.text.push(')');
        if repetition.count > 1 {
            self.text
                .push_str(&format!(", repeated {} times", repetition.count));
        }
        self.text
    }

    fn letter(&self, label: Label) -> &'m str {
        &self.model.labels[label.index()].name
    }

    fn letters(&self, labels: &[Label]) -> String {
        let names: Vec<&str> = labels.iter().map(|l| self.letter(*l)).collect();
        names.join(",")
    }

    fn name(&self, tensor: TensorId) -> &str {
        match self.local.get(&tensor) {
            Some(local) => local,
            None => &self.model.tensor(tensor).name,
        }
    }

    fn index(&self, expression: &IndexExpr) -> String {
        expression.written(&|l| self.letter(l).to_owned(), &|t, i| self.entry(t, i))
    }

    fn entry(&self, tensor: TensorId, index: &[IndexExpr]) -> String {
        let index: Vec<String> = index.iter().map(|i| self.index(i)).collect();
        left(self.name(tensor), &index.join(","))
    }

    /// Writes a node, in brackets if it does not hold together as tightly as its place asks for.
    fn node(&mut self, id: NodeId, place: Grip) {
        if self.text.len() > LENGTH {
            if !self.text.ends_with('…') {
                self.text.push('…');
            }
            return;
        }
        let brackets = self.grip(id) < place;
        if brackets {
            self.text.push('(');
        }
        self.bare(id);
        if brackets {
            self.text.push(')');
        }
    }

    fn grip(&self, id: NodeId) -> Grip {
        match &self.model.node(id).op {
            Op::Number(x) if *x < 0.0 => Grip::Unary,
            Op::Product { .. } => Grip::Product,
            Op::Reduce {
                reduction: Reduction::Sum,
                ..
            } => Grip::Product,
            Op::Sum { terms } if terms.len() == 1 => Grip::Unary,
            Op::Sum { .. } => Grip::Sum,
            Op::Map {
                function: Function::Square | Function::Power(_),
                ..
            }
            | Op::Power { .. } => Grip::Power,
            _ => Grip::Atom,
        }
    }

    fn bare(&mut self, id: NodeId) {
        let model = self.model;
        match &model.node(id).op {
            Op::Number(x) => self.text.push_str(&number(*x)),
            Op::Position(index) => {
                let index = self.index(index);
                self.text.push_str(&format!("pos({index})"));
            }
            Op::Access {
                tensor,
                index,
                zero,
            } => {
                let entry = self.entry(*tensor, index);
                self.text.push_str(&match zero {
                    true => format!("zero({entry})"),
                    false => entry,
                });
            }
            Op::Product { .. } => self.product(id),
            Op::Sum { .. } => self.sum(id),
            Op::Map { function, argument } => self.map(*function, *argument),
            Op::Power { base, exponent } => {
                self.node(*base, Grip::Atom);
                self.text.push('^');
                self.node(*exponent, Grip::Power);
            }
            Op::Extreme { largest, pair } => {
                self.text.push_str(if *largest { "max(" } else { "min(" });
                self.node(pair[0], Grip::Sum);
                self.text.push_str(", ");
                self.node(pair[1], Grip::Sum);
                self.text.push(')');
            }
            Op::Reduce {
                reduction: Reduction::Sum,
                over,
                argument,
            } => {
                self.sign(over);
                self.node(*argument, Grip::Product);
            }
            Op::Reduce {
                reduction,
                over,
                argument,
            } => self.along(reduction.name(), over, *argument, 0.0),
            Op::Axial {
                operation,
                over,
                eps,
                argument,
            } => self.along(operation.name(), over, *argument, *eps),
            Op::Where {
                condition,
                then,
                otherwise,
            } => {
                let condition = self.condition(condition, 0);
                self.text.push_str(&format!("where({condition}, "));
                self.node(*then, Grip::Sum);
                self.text.push_str(", ");
                self.node(*otherwise, Grip::Sum);
                self.text.push(')');
            }
            Op::Rope { .. } => self.rope(id),
        }
    }

    fn sign(&mut self, over: &[Label]) {
        let letters = self.letters(over);
        self.text.push_str(&format!("sum_{{{letters}}} "));
    }

    /// What multiplies comes first, then what divides.
    fn product(&mut self, id: NodeId) {
        let Op::Product { factors, summed } = &self.model.node(id).op else {
            return;
        };
        if !summed.is_empty() {
            self.sign(summed);
        }
        let above = factors.iter().filter(|f| !f.inverse).map(|f| f.node);
        let below = factors.iter().filter(|f| f.inverse).map(|f| f.node);
        let mut place = Grip::Unary;
        for node in above {
            if place == Grip::Power {
                self.text.push_str(" * ");
            }
            self.node(node, place);
            place = Grip::Power;
        }
        if place == Grip::Unary {
            self.text.push('1');
        }
        for node in below {
            self.text.push_str(" / ");
            self.node(node, Grip::Power);
        }
    }

    fn sum(&mut self, id: NodeId) {
        let Op::Sum { terms } = &self.model.node(id).op else {
            return;
        };
        for (place, term) in terms.iter().enumerate() {
            let value = match self.model.node(term.node).op {
                Op::Number(x) => Some(x),
                _ => None,
            };
            let negative = term.negative != value.is_some_and(|x| x < 0.0);
            self.text.push_str(match (place, negative) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            });
            match value {
                Some(x) => self.text.push_str(&number(x.abs())),
                None => self.node(term.node, Grip::Product),
            }
        }
    }

    fn map(&mut self, function: Function, argument: NodeId) {
        let exponent = match function {
            Function::Square => Some(2.0),
            Function::Power(p) => Some(p),
            _ => None,
        };
        if let Some(p) = exponent {
            self.node(argument, Grip::Atom);
            self.text.push_str(&match p < 0.0 {
                true => format!("^({})", number(p)),
                false => format!("^{}", number(p)),
            });
            return;
        }
        self.text.push_str(function.name());
        self.text.push('(');
        self.node(argument, Grip::Sum);
        if let Function::LeakyRelu(slope) = function {
            self.text.push_str(&format!(", {}", number(slope)));
        }
        self.text.push(')');
    }

    fn along(&mut self, name: &str, over: &[Label], argument: NodeId, eps: f64) {
        let letters = self.letters(over);
        self.text.push_str(&format!("{name}[{letters}]("));
        self.node(argument, Grip::Sum);
        if eps != 0.0 {
            self.text.push_str(&format!(", eps = {}", number(eps)));
        }
        self.text.push(')');
    }

    fn rope(&mut self, id: NodeId) {
        let Op::Rope {
            over,
            argument,
            position,
            base,
            layout,
        } = &self.model.node(id).op
        else {
            return;
        };
        let letter = self.letter(*over);
        self.text.push_str(&format!("rope[{letter}]("));
        self.node(*argument, Grip::Sum);
        self.text.push_str(", ");
        self.node(*position, Grip::Sum);
        let layout = match layout {
            RopeLayout::Half => "half",
            RopeLayout::Pairs => "pairs",
        };
        self.text.push_str(&format!(
            ", base = {}, layout = \"{layout}\")",
            number(*base)
        ));
    }

    /// A condition; `place` is 0 anywhere, 1 inside `and`, 2 after `not`.
    fn condition(&self, condition: &Condition, place: u8) -> String {
        let bracket = |own: u8, text: String| match own < place {
            true => format!("({text})"),
            false => text,
        };
        let value = |e: &IndexExpr| {
            e.written(&|l| format!("pos({})", self.letter(l)), &|t, i| {
                self.entry(t, i)
            })
        };
        match condition {
            Condition::Compare(comparison, a, b) => {
                let text = format!("{} {} {}", value(a), comparison.sign(), value(b));
                bracket(1, text)
            }
            Condition::And(a, b) => {
                let text = format!("{} and {}", self.condition(a, 1), self.condition(b, 1));
                bracket(1, text)
            }
            Condition::Or(a, b) => {
                let text = format!("{} or {}", self.condition(a, 0), self.condition(b, 0));
                bracket(0, text)
            }
            Condition::Not(a) => format!("not {}", self.condition(a, 2)),
        }
    }
}

fn left(name: &str, letters: &str) -> String {
    match letters {
        "" => name.to_owned(),
        _ => format!("{name}[{letters}]"),
    }
}

/// A number with all its digits.
fn number(x: f64) -> String {
    if x.is_infinite() {
        return if x > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    if x.abs().to_bits() == PI.to_bits() {
        return if x > 0.0 { "pi" } else { "-pi" }.to_owned();
    }
    let text = format!("{x:?}");
    match text.strip_suffix(".0") {
        Some(integer) => integer.to_owned(),
        None => text,
    }
}
