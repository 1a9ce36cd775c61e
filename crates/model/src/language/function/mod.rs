//! Calls: pointwise functions, profiles, `where`, `zero`, `pos`, `size`, and the operations
//! over letters (language §8–§12).

mod over;

use super::check::{Checker, Needed, Scope};
use super::syntax::{Expr, ExprKind, Name};
use crate::error::{Error, ErrorKind, Result, Span};
use crate::expression::{Axial, Field, Function, NodeId, Reduction};

const FUNCTIONS: [(&str, Function); 19] = [
    ("relu", Function::Relu),
    ("abs", Function::Abs),
    ("square", Function::Square),
    ("exp", Function::Exp),
    ("log", Function::Log),
    ("sqrt", Function::Sqrt),
    ("sign", Function::Sign),
    ("erf", Function::Erf),
    ("tanh", Function::Tanh),
    ("sigmoid", Function::Sigmoid),
    ("gelu", Function::Gelu),
    ("gelu_tanh", Function::GeluTanh),
    ("silu", Function::Silu),
    ("sin", Function::Sin),
    ("cos", Function::Cos),
    ("conj", Function::Conj),
    ("re", Function::Re),
    ("im", Function::Im),
    ("abs2", Function::Abs2),
];

const REDUCTIONS: [(&str, Reduction); 5] = [
    ("sum", Reduction::Sum),
    ("mean", Reduction::Mean),
    ("max", Reduction::Max),
    ("logsumexp", Reduction::LogSumExp),
    ("norm", Reduction::Norm),
];

const AXIAL: [(&str, Axial); 7] = [
    ("softmax", Axial::Softmax),
    ("log_softmax", Axial::LogSoftmax),
    ("cumsum", Axial::CumSum),
    ("normalize", Axial::Normalize),
    ("rmsnorm", Axial::RmsNorm),
    ("layernorm", Axial::LayerNorm),
    ("standardize", Axial::Standardize),
];

const OTHERS: [&str; 7] = ["leaky_relu", "min", "where", "zero", "pos", "size", "rope"];

/// The reducing operation of this name.
pub(super) fn reduction(name: &str) -> Option<Reduction> {
    REDUCTIONS.iter().find(|(n, _)| *n == name).map(|(_, r)| *r)
}

fn axial(name: &str) -> Option<Axial> {
    AXIAL.iter().find(|(n, _)| *n == name).map(|(_, a)| *a)
}

fn pointwise(name: &str) -> Option<Function> {
    FUNCTIONS.iter().find(|(n, _)| *n == name).map(|(_, f)| *f)
}

/// The names of all operations of the language.
pub(super) fn operations() -> impl Iterator<Item = &'static str> {
    let functions = FUNCTIONS.iter().map(|(n, _)| *n);
    let reductions = REDUCTIONS.iter().map(|(n, _)| *n);
    let axial = AXIAL.iter().map(|(n, _)| *n);
    functions.chain(reductions).chain(axial).chain(OTHERS)
}

/// Whether the language has an operation of this name.
pub(super) fn is_operation(name: &str) -> bool {
    operations().any(|n| n == name)
}

/// A call, taken apart.
pub(super) struct Call<'e> {
    pub name: &'e Name,
    over: Option<&'e [Name]>,
    pub arguments: &'e [Expr],
    named: &'e [(Name, Expr)],
    pub span: Span,
}

impl<'e> Call<'e> {
    /// Exactly `n` arguments and, of the options, only those listed.
    pub fn shape(&self, n: usize, options: &[&str]) -> Result<()> {
        let name = &self.name.text;
        if self.arguments.len() != n {
            let s = if n == 1 { "" } else { "s" };
            return Err(Error::new(
                ErrorKind::Syntax,
                format!(
                    "`{name}` takes {n} argument{s}, found {}",
                    self.arguments.len()
                ),
            )
            .at(self.span));
        }
        for (i, (key, _)) in self.named.iter().enumerate() {
            if !options.contains(&key.text.as_str()) {
                let error = Error::new(
                    ErrorKind::Unknown,
                    format!("`{name}` has no option `{}`", key.text),
                )
                .at(key.span);
                return Err(match options {
                    [] => error.remedy(format!("`{name}` has no options")),
                    _ => error.remedy(format!("its options: {}", options.join(", "))),
                });
            }
            if self.named[..i].iter().any(|(k, _)| k.text == key.text) {
                return Err(Error::new(
                    ErrorKind::Syntax,
                    format!("the option `{}` stands twice", key.text),
                )
                .at(key.span));
            }
        }
        Ok(())
    }

    fn option(&self, key: &str) -> Option<&'e Expr> {
        self.named
            .iter()
            .find(|(k, _)| k.text == key)
            .map(|(_, e)| e)
    }

    /// No `[…]` between the name and its arguments.
    fn no_letters(&self) -> Result<()> {
        let Some(over) = self.over else {
            return Ok(());
        };
        let name = &self.name.text;
        let span = over.first().map_or(self.span, |l| l.span);
        Err(Error::new(
            ErrorKind::Syntax,
            format!("`{name}` does not run over index letters"),
        )
        .at(span)
        .remedy(format!("write {name}(…)")))
    }
}

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        expr: &Expr,
        needed: &Needed,
        scope: &Scope<'_>,
    ) -> Result<NodeId> {
        let ExprKind::Call {
            name,
            over,
            arguments,
            named,
        } = &expr.kind
        else {
            return Err(Error::new(ErrorKind::Syntax, "no call").at(expr.span));
        };
        let call = Call {
            name,
            over: over.as_deref(),
            arguments,
            named,
            span: expr.span,
        };
        // `max[i](e)` reduces; `max(a, b)` and `min(a, b)` compare entry by entry.
        if name.text == "min" || name.text == "max" && over.is_none() && arguments.len() == 2 {
            return self.extreme(&call, needed, scope);
        }
        if let Some(reduction) = reduction(&name.text) {
            return self.reducing(&call, reduction, needed, scope);
        }
        if let Some(operation) = axial(&name.text) {
            return self.keeping(&call, operation, needed, scope);
        }
        if name.text == "rope" {
            return self.rope(&call, needed, scope);
        }
        if is_operation(&name.text) || self.profiles.contains_key(name.text.as_str()) {
            call.no_letters()?;
        }
        if let Some(function) = pointwise(&name.text) {
            call.shape(1, &[])?;
            let argument = self.close(&arguments[0], needed, scope)?;
            return self.graph.map(function, argument, expr.span);
        }
        match name.text.as_str() {
            "leaky_relu" => self.leaky_relu(&call, needed, scope),
            "where" => self.choose(&call, needed, scope),
            "zero" => self.zero(&call, needed, scope),
            "pos" => {
                call.shape(1, &[])?;
                self.position(&arguments[0], expr.span, needed, scope)
            }
            "size" => {
                call.shape(1, &[])?;
                let label = self.size_letter(&arguments[0])?;
                self.graph.number(self.axes.size(label) as f64, expr.span)
            }
            _ => self.profile(&call, needed, scope),
        }
    }

    /// `max(a, b)`, `min(a, b)`: each argument is a scope of its own.
    fn extreme(&mut self, call: &Call<'_>, needed: &Needed, scope: &Scope<'_>) -> Result<NodeId> {
        if let Some(letter) = call.over.and_then(|o| o.first()) {
            return Err(Error::new(
                ErrorKind::Syntax,
                "`min` does not run over index letters: it compares two values entry by entry",
            )
            .at(letter.span)
            .remedy(format!("the least entry is -max[{0}](-(…))", letter.text)));
        }
        call.shape(2, &[])?;
        let mut pair = [NodeId(0); 2];
        for (node, expr) in pair.iter_mut().zip(call.arguments) {
            *node = self.close(expr, needed, scope)?;
        }
        self.graph.extreme(call.name.text == "max", pair, call.span)
    }

    fn leaky_relu(
        &mut self,
        call: &Call<'_>,
        needed: &Needed,
        scope: &Scope<'_>,
    ) -> Result<NodeId> {
        let slope = match (call.arguments, call.option("slope")) {
            ([_, slope], None) => slope,
            ([_], Some(slope)) => {
                call.shape(1, &["slope"])?;
                slope
            }
            _ => {
                return Err(call
                    .shape(2, &[])
                    .err()
                    .unwrap_or_else(|| no_constant(call.span)));
            }
        };
        let argument = self.close(&call.arguments[0], needed, scope)?;
        let slope = self.constant(slope, scope)?;
        self.graph
            .map(Function::LeakyRelu(slope), argument, call.span)
    }

    /// The value of an expression without tensors and letters.
    fn constant(&mut self, expr: &Expr, scope: &Scope<'_>) -> Result<f64> {
        let node = self.close(expr, &Needed::new(), scope)?;
        self.graph
            .as_number(node)
            .ok_or_else(|| no_constant(expr.span))
    }

    fn choose(&mut self, call: &Call<'_>, needed: &Needed, scope: &Scope<'_>) -> Result<NodeId> {
        call.shape(3, &[])?;
        let condition = self.condition(&call.arguments[0], scope)?;
        let mut labels = Vec::new();
        condition.for_each_label(&mut |label| labels.push(label));
        self.all_needed(&labels, needed, call.arguments[0].span)?;
        let mut branches = [NodeId(0); 2];
        for (branch, expr) in branches.iter_mut().zip(&call.arguments[1..]) {
            *branch = if is_minus_infinity(expr) {
                self.graph.minus_infinity(expr.span)
            } else {
                self.close(expr, needed, scope)?
            };
        }
        let [then, otherwise] = branches;
        let infinite = call.arguments[1..].iter().any(is_minus_infinity);
        if infinite
            && branches
                .iter()
                .any(|b| self.graph.field(*b) == Field::Complex)
        {
            return Err(
                Error::new(ErrorKind::Unsupported, "`-inf` beside a complex value").at(call.span),
            );
        }
        Ok(self.graph.choose(condition, then, otherwise, call.span))
    }

    fn zero(&mut self, call: &Call<'_>, needed: &Needed, scope: &Scope<'_>) -> Result<NodeId> {
        call.shape(1, &[])?;
        match &call.arguments[0].kind {
            ExprKind::Name {
                name,
                index: Some(index),
            } if scope.variable.is_none() => {
                let span = call.arguments[0].span;
                let tensor = self.find(name, span, scope)?;
                self.access(tensor, index, true, span, needed, scope)
            }
            _ => Err(
                Error::new(ErrorKind::Syntax, "`zero` wraps the entry of a tensor")
                    .at(call.arguments[0].span)
                    .remedy("zero(x[c, t+k-1]) is 0 where the index is outside"),
            ),
        }
    }

    pub(super) fn unknown_operation(&self, call: &Call<'_>, scope: &Scope<'_>) -> Error {
        let name = call.name.text.as_str();
        if self.file.blocks.iter().any(|b| b.name.text == name) {
            return Error::new(
                ErrorKind::Syntax,
                format!("the block `{name}` is called inside an expression"),
            )
            .at(call.span)
            .remedy(format!(
                "call it by a statement of its own, z[t,c] = {name}(x)"
            ));
        }
        if let Some(tensor) = self.lookup(name, scope) {
            let axes = self.axes_of(tensor);
            return Error::new(
                ErrorKind::Unknown,
                format!("`{name}` is a tensor, not a function"),
            )
            .at(call.name.span)
            .remedy(format!("write {name}[{axes}], and * for a product"));
        }
        let error = Error::new(ErrorKind::Unknown, format!("unknown operation `{name}`"))
            .at(call.name.span);
        let mut profiles: Vec<&str> = self.profiles.keys().copied().collect();
        profiles.sort_unstable();
        for operation in operations() {
            profiles.push(operation);
        }
        match crate::error::nearest(name, profiles) {
            Some(near) => error.remedy(format!("did you mean `{near}`?")),
            None => error.remedy("a pointwise function of your own is declared in [profiles]"),
        }
    }
}

fn is_minus_infinity(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Negative(inner)
        if matches!(&inner.kind, ExprKind::Name { name, index: None } if name == "inf"))
}

fn no_constant(span: Span) -> Error {
    Error::new(ErrorKind::Value, "this has to be a constant number")
        .at(span)
        .remedy("numbers, pi and size(i) make constants")
}
