//! A model file as written: every key of language.md §1, its kind checked, nothing resolved.

use super::constant::ConstantSpec;
use super::profile::{self, Profile};
use super::syntax::{Expr, Name, Statement};
use super::table::{Table, Value, mismatch, names, number, span_of, string, text};
use super::{constant, parser};
use crate::error::{Error, ErrorKind, Result, Span};
use crate::expression::{Field, Law};
use toml::de::{DeTable, DeValue};

/// The file, decoded.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub name: Option<String>,
    pub outputs: Vec<Name>,
    pub axes: Vec<(Name, Size)>,
    pub statements: Vec<Statement>,
    pub batch: Option<Name>,
    pub tensors: Vec<Declaration>,
    pub profiles: Vec<(Name, Profile)>,
    pub blocks: Vec<BlockSpec>,
    pub loss: Option<LossSpec>,
}

/// A size: a number, or arithmetic (and aliases), by syntax.
#[derive(Clone, Debug)]
pub(super) enum Size {
    Number(i64, Span),
    Written(Expr),
}

/// A declared tensor.
#[derive(Clone, Debug)]
pub(super) struct Declaration {
    pub name: Name,
    pub axes: Vec<Name>,
    pub field: Field,
    pub role: Role,
}

/// What a declared tensor is for.
#[derive(Clone, Debug)]
pub(super) enum Role {
    Parameter,
    Input {
        law: Law,
        index: Option<Name>,
    },
    Constant {
        source: ConstantSpec,
        index: Option<Name>,
    },
}

/// `[blocks.name]`.
#[derive(Clone, Debug)]
pub(super) struct BlockSpec {
    pub name: Name,
    pub count: Size,
    pub carry: Name,
    pub parameters: Vec<Declaration>,
    pub tied: Vec<Name>,
    pub statements: Vec<Statement>,
}

/// `[loss]`.
#[derive(Clone, Debug)]
pub(super) struct LossSpec {
    pub kind: Name,
    pub of: Option<Name>,
    pub target: Option<Name>,
    pub expr: Option<Expr>,
    pub reduce: Reduce,
    pub span: Span,
}

/// What a loss is divided by, as written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reduce {
    Mean,
    Sum,
    Number(f64),
}

/// Decodes a file.
pub(super) fn decode(source: &str) -> Result<File> {
    let root = DeTable::parse(source).map_err(|e| {
        let error = Error::new(
            ErrorKind::Syntax,
            format!("the text is not TOML: {}", e.message().trim()),
        );
        match e.span() {
            Some(r) => error.at(Span {
                start: r.start,
                end: r.end,
            }),
            None => error,
        }
    })?;
    let span = Span::default();
    let mut root = Table::new(root.get_ref(), span, "the model file", source);
    version(&mut root)?;
    let file = File {
        name: root.string("name")?.map(|n| n.text),
        outputs: outputs(&mut root)?,
        axes: axes(&mut root, source)?,
        statements: match root.text("program")? {
            Some(text) => parser::program(&text)?,
            None => {
                return Err(root.missing("program", "program = \"y = W[i] * x[i]\""));
            }
        },
        batch: root.string("batch")?,
        tensors: tensors(&mut root, source)?,
        profiles: profiles(&mut root, source)?,
        blocks: blocks(&mut root, source)?,
        loss: root.table("loss")?.map(|t| loss(t, source)).transpose()?,
    };
    root.done()?;
    Ok(file)
}

fn version(root: &mut Table<'_>) -> Result<()> {
    match root.integer("symbias")? {
        Some((1, _)) => Ok(()),
        Some((other, span)) => Err(Error::new(
            ErrorKind::Unsupported,
            format!("the file is of version {other}, this program reads version 1"),
        )
        .at(span)),
        None => Err(root.missing("symbias", "write `symbias = 1`, the version, first")),
    }
}

fn outputs(root: &mut Table<'_>) -> Result<Vec<Name>> {
    match root.names("outputs")? {
        Some(list) if !list.is_empty() => Ok(list),
        _ => Err(root.missing(
            "outputs",
            "write `outputs = [\"y\"]`, the statements that are F(θ)",
        )),
    }
}

fn axes(root: &mut Table<'_>, source: &str) -> Result<Vec<(Name, Size)>> {
    let Some(mut table) = root.table("axes")? else {
        return Ok(Vec::new());
    };
    table
        .rest()
        .into_iter()
        .map(|(name, value)| {
            word(&name, "axis")?;
            let size = size(value, &name.text, source)?;
            Ok((name, size))
        })
        .collect()
}

fn size(value: &Value<'_>, what: &str, source: &str) -> Result<Size> {
    match value.get_ref() {
        DeValue::Integer(_) => Ok(Size::Number(
            super::table::integer(value, what)?,
            span_of(value),
        )),
        DeValue::String(_) => Ok(Size::Written(parser::expression(&text(
            value, what, source,
        )?)?)),
        other => Err(mismatch(
            &format!("the size of `{what}`"),
            "an integer, or a string with size arithmetic or another letter",
            other,
        )
        .at(span_of(value))),
    }
}

/// Names are words of the program's syntax.
pub(super) fn word(name: &Name, what: &str) -> Result<()> {
    let text = name.text.as_str();
    let fits = text
        .strip_prefix(|c: char| c.is_ascii_alphabetic() || c == '_')
        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    let reserved = ["and", "or", "not", "inf", "pi"].contains(&text);
    if fits && !reserved {
        return Ok(());
    }
    let why = if reserved {
        "is a word of the language"
    } else {
        "is no name"
    };
    Err(Error::new(
        ErrorKind::Syntax,
        format!("the {what} `{}` {why}", text.escape_debug()),
    )
    .at(name.span)
    .remedy("names are ASCII letters, digits and _, not starting with a digit"))
}

fn tensors(root: &mut Table<'_>, source: &str) -> Result<Vec<Declaration>> {
    let mut list = Vec::new();
    for (key, what) in [
        ("parameters", "parameter"),
        ("inputs", "input"),
        ("constants", "constant"),
    ] {
        if let Some(table) = root.table(key)? {
            list.extend(declarations(table, what, source)?);
        }
    }
    Ok(list)
}

fn declarations(mut table: Table<'_>, what: &str, source: &str) -> Result<Vec<Declaration>> {
    table
        .rest()
        .into_iter()
        .map(|(name, value)| {
            word(&name, what)?;
            declaration(name, value, what, source)
        })
        .collect()
}

fn declaration(name: Name, value: &Value<'_>, what: &str, source: &str) -> Result<Declaration> {
    if let DeValue::Array(_) = value.get_ref() {
        let role = match what {
            "parameter" => Role::Parameter,
            "input" => Role::Input {
                law: Law::Normal,
                index: None,
            },
            _ => return Err(constant::no_value(&name)),
        };
        return Ok(Declaration {
            axes: names(value, &name.text)?,
            name,
            field: Field::Real,
            role,
        });
    }
    let mut table = match value.get_ref() {
        DeValue::Table(_) => Table::of(value, format!("the {what} `{}`", name.text), source)?,
        other => {
            return Err(mismatch(
                &format!("the {what} `{}`", name.text),
                "an array of axes or a table with `axes`",
                other,
            )
            .at(span_of(value))
            .remedy(format!("{} = [\"i\",\"j\"], or [] for a scalar", name.text)));
        }
    };
    let Some(axes) = table.names("axes")? else {
        return Err(table.missing("axes", "axes = [\"i\",\"j\"], or [] for a scalar"));
    };
    let field = field(&mut table)?;
    let role = match what {
        "parameter" => Role::Parameter,
        "input" => Role::Input {
            law: law(&mut table)?.unwrap_or(Law::Normal),
            index: table.string("index")?,
        },
        _ => Role::Constant {
            source: constant::decode(&mut table, &name)?,
            index: table.string("index")?,
        },
    };
    table.done()?;
    Ok(Declaration {
        name,
        axes,
        field,
        role,
    })
}

fn field(table: &mut Table<'_>) -> Result<Field> {
    choice(
        table.string("field")?,
        &[("real", Field::Real), ("complex", Field::Complex)],
    )
    .map(Option::unwrap_or_default)
}

pub(super) fn law(table: &mut Table<'_>) -> Result<Option<Law>> {
    let laws = [
        ("normal", Law::Normal),
        ("uniform", Law::Uniform),
        ("sign", Law::Sign),
    ];
    choice(table.string("law")?, &laws)
}

/// One of a few words.
fn choice<T: Copy>(found: Option<Name>, known: &[(&str, T)]) -> Result<Option<T>> {
    let Some(found) = found else {
        return Ok(None);
    };
    if let Some((_, value)) = known.iter().find(|(name, _)| *name == found.text) {
        return Ok(Some(*value));
    }
    let list: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    Err(Error::new(
        ErrorKind::Unknown,
        format!("unknown value \"{}\"", found.text.escape_debug()),
    )
    .at(found.span)
    .remedy(format!("one of: {}", list.join(", "))))
}

fn profiles(root: &mut Table<'_>, source: &str) -> Result<Vec<(Name, Profile)>> {
    let Some(mut table) = root.table("profiles")? else {
        return Ok(Vec::new());
    };
    table
        .rest()
        .into_iter()
        .map(|(name, value)| {
            word(&name, "profile")?;
            let profile = profile::decode(&name, value, source)?;
            Ok((name, profile))
        })
        .collect()
}

fn blocks(root: &mut Table<'_>, source: &str) -> Result<Vec<BlockSpec>> {
    let Some(mut table) = root.table("blocks")? else {
        return Ok(Vec::new());
    };
    table
        .rest()
        .into_iter()
        .map(|(name, value)| {
            word(&name, "block")?;
            let table = Table::of(value, format!("[blocks.{}]", name.text), source)?;
            block(name, table, source)
        })
        .collect()
}

fn block(name: Name, mut table: Table<'_>, source: &str) -> Result<BlockSpec> {
    let count = match table.take("count") {
        Some(value) => size(value, "count", source)?,
        None => return Err(table.missing("count", "count = 4, the number of repetitions")),
    };
    let Some(carry) = table.string("carry")? else {
        return Err(table.missing("carry", "carry = \"h\", the tensor that the block maps"));
    };
    word(&carry, "carry")?;
    let parameters = match table.table("parameters")? {
        Some(parameters) => declarations(parameters, "parameter", source)?,
        None => Vec::new(),
    };
    let Some(program) = table.text("program")? else {
        return Err(table.missing("program", "end it with `h'[t,c] = …` for the carry `h`"));
    };
    let spec = BlockSpec {
        name,
        count,
        carry,
        parameters,
        tied: table.names("tied")?.unwrap_or_default(),
        statements: parser::program(&program)?,
    };
    table.done()?;
    Ok(spec)
}

fn loss(mut table: Table<'_>, source: &str) -> Result<LossSpec> {
    let Some(kind) = table.string("kind")? else {
        return Err(table.missing(
            "kind",
            "kind = \"mse\", \"cross_entropy\", \"logistic\" or \"expression\"",
        ));
    };
    let spec = LossSpec {
        kind,
        of: table.string("of")?,
        target: table.string("target")?,
        expr: match table.take("expr") {
            Some(value) => Some(parser::expression(&text(value, "expr", source)?)?),
            None => None,
        },
        reduce: match table.take("reduce") {
            Some(value) => reduce(value)?,
            None => Reduce::Mean,
        },
        span: table.span,
    };
    table.done()?;
    Ok(spec)
}

fn reduce(value: &Value<'_>) -> Result<Reduce> {
    if let DeValue::String(_) = value.get_ref() {
        let known = [("mean", Reduce::Mean), ("sum", Reduce::Sum)];
        let found = choice(Some(string(value, "reduce")?), &known)?;
        return Ok(found.unwrap_or(Reduce::Mean));
    }
    let divisor = number(value, "reduce")?;
    if divisor > 0.0 {
        return Ok(Reduce::Number(divisor));
    }
    Err(Error::new(
        ErrorKind::Value,
        format!("`reduce` divides the loss and is positive, found {divisor}"),
    )
    .at(span_of(value)))
}
