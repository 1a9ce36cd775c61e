//! Profiles (language §9): functions of one number that a file declares.

use super::check::{Checker, Needed, Scope};
use super::constant;
use super::function::Call;
use super::parser;
use super::syntax::{Expr, Name};
use super::table::{Table, Value, number, text};
use crate::curve::Curve;
use crate::error::{Error, ErrorKind, Result};
use crate::expression::{Field, Function, Model, NodeId, Op, Source, Tensor, TensorId};
use toml::de::DeValue;

/// As written.
#[derive(Clone, Debug)]
pub(super) enum Profile {
    /// An expression in z.
    Expression(Expr),
    /// The function that undoes an expression in z.
    Inverse(Expr),
    /// The integral of an expression in z from a point.
    Integral { of: Expr, from: f64 },
    /// A table of Chebyshev series.
    Table { file: Name, key: Name },
}

/// Reads an entry of `[profiles]`.
pub(super) fn decode(name: &Name, value: &Value<'_>, source: &str) -> Result<Profile> {
    if !matches!(value.get_ref(), DeValue::Table(_)) {
        let text = text(value, &name.text, source)?;
        return Ok(Profile::Expression(parser::expression(&text)?));
    }
    let mut table = Table::of(value, format!("the profile `{}`", name.text), source)?;
    let inverse = table.text("inverse")?;
    let integral = table.text("integral")?;
    let from = table.take("from").map(|v| number(v, "from")).transpose()?;
    let (file, key) = (table.string("file")?, table.string("key")?);
    let span = table.span;
    let profile = match (inverse, integral, from, file, key) {
        (Some(text), None, None, None, None) => Profile::Inverse(parser::expression(&text)?),
        (None, Some(text), Some(from), None, None) => Profile::Integral {
            of: parser::expression(&text)?,
            from,
        },
        (None, None, None, Some(file), Some(key)) => Profile::Table { file, key },
        _ => {
            table.done()?;
            return Err(Error::new(
                ErrorKind::Definition,
                format!("the profile `{}` is not one of the three kinds", name.text),
            )
            .at(span)
            .remedy(
                "give { inverse = \"…\" }, { integral = \"…\", from = 0 } or { file = \"…\", key = \"…\" }, or an \
                 expression in z as a text",
            ));
        }
    };
    table.done()?;
    Ok(profile)
}

impl<'a> Checker<'a> {
    /// A profile, applied to its argument (language §9): an expression with z for the value, or a function of its own.
    pub(super) fn profile(
        &mut self,
        call: &Call<'_>,
        needed: &Needed,
        scope: &Scope<'_>,
    ) -> Result<NodeId> {
        let name = call.name.text.as_str();
        let Some(profile) = self.profiles.get(name).copied() else {
            return Err(self.unknown_operation(call, scope));
        };
        call.shape(1, &[])?;
        let argument = self.close(&call.arguments[0], needed, scope)?;
        let key = (name.to_owned(), argument);
        if let Some(done) = self.applied.get(&key) {
            return Ok(*done);
        }
        if self.open.iter().any(|n| n == name) || self.open.len() >= 32 {
            self.open.push(name.to_owned());
            return Err(Error::new(
                ErrorKind::Definition,
                format!("profiles form a cycle: {}", self.open.join(" -> ")),
            )
            .at(call.span));
        }
        self.open.push(name.to_owned());
        let node = match profile {
            Profile::Expression(body) => self.unfolded(name, body, argument)?,
            _ => {
                let curve = self.curve(name, profile)?;
                self.graph
                    .map(Function::Profile(curve), argument, call.span)?
            }
        };
        self.open.pop();
        self.applied.insert(key, node);
        Ok(node)
    }

    /// The expression of a profile with a value for z.
    fn unfolded(&mut self, name: &str, body: &Expr, argument: NodeId) -> Result<NodeId> {
        let inner = Scope {
            rename: None,
            variable: Some(argument),
        };
        let labels: Needed = self.graph.labels(argument).iter().copied().collect();
        let node = self.close(body, &labels, &inner)?;
        if self.graph.labels(node).len() != labels.len() {
            return Err(Error::new(
                ErrorKind::Definition,
                format!("the profile `{name}` does not use its variable z"),
            )
            .at(body.span));
        }
        Ok(node)
    }

    /// The function of a profile that is no expression; made once.
    fn curve(&mut self, name: &str, profile: &Profile) -> Result<Curve> {
        if let Some(curve) = self.curves.get(name) {
            return Ok(*curve);
        }
        let curve = match profile {
            Profile::Expression(body) | Profile::Inverse(body) => {
                let (model, text) = (self.alone(body)?, self.snippet(body.span));
                Curve::inverse(name, &model, &text).map_err(|e| e.at(body.span))?
            }
            Profile::Integral { of, from } => {
                let (model, text) = (self.alone(of)?, self.snippet(of.span));
                Curve::integral(name, &model, *from, &text).map_err(|e| e.at(of.span))?
            }
            Profile::Table { file, key } => {
                let table = constant::file(self.folder, file)?;
                Curve::table(name, &table, &key.text).map_err(|e| e.at(file.span))?
            }
        };
        self.curves.insert(name.to_owned(), curve);
        Ok(curve)
    }

    /// An expression in z as a model of its own: z is its only parameter, the value its only output.
    fn alone(&self, body: &Expr) -> Result<Model> {
        let mut checker = Checker::new(self.source, self.file, self.folder, self.axes.clone());
        checker.open.clone_from(&self.open);
        checker.axes.batch = None;
        let tensor = |name: &str, source: Source| Tensor {
            name: name.to_owned(),
            axes: Vec::new(),
            field: Field::Real,
            source,
            span: body.span,
        };
        let z = checker.add(tensor("z", Source::Parameter))?;
        let access = Op::Access {
            tensor: z,
            index: Vec::new(),
            zero: false,
        };
        let z = checker
            .graph
            .leaf(access, Vec::new(), Field::Real, true, body.span);
        let scope = Scope {
            rename: None,
            variable: Some(z),
        };
        let node = checker.close(body, &Needed::new(), &scope)?;
        let labels = Vec::new();
        let value: TensorId = checker.add(tensor("value", Source::Defined { node, labels }))?;
        Ok(checker.finish("profile", vec![value], vec![value], None))
    }
}
