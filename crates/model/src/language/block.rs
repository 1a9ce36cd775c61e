//! Blocks (language §15): a part of a program that maps a carry to its next value, repeated.
//!
//! Expansion happens before indices are resolved: copy k of the block `layer` defines tensors
//! `layer.k.name` and reads parameters `layer.k.Wq` (`layer.Wq` if tied).

use super::check::{Checker, twice};
use super::definition::{Body, Definition, called, left};
use super::file::BlockSpec;
use super::syntax::{Expr, ExprKind, Name, Statement};
use super::{CheckOptions, Copies};
use crate::error::{Error, ErrorKind, Result, Span};
use crate::expression::{AxisId, BlockCall, Repetition};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Parameters, and pieces of statements, that the copies of one block may have in all.
const UNROLLED: u64 = 1 << 20;

/// A block of the file, with its parameters declared.
pub(super) struct Expansion<'a> {
    pub spec: &'a BlockSpec,
    copies: u64,
    /// Local name of a parameter -> name in the model, for each copy.
    parameters: Vec<HashMap<String, String>>,
}

/// Declares the parameters of all blocks.
pub(super) fn parameters<'a>(
    checker: &mut Checker<'a>,
    options: &CheckOptions,
) -> Result<Vec<Expansion<'a>>> {
    let file = checker.file;
    file.blocks
        .iter()
        .map(|spec| {
            well_formed(spec)?;
            let (count, span) = checker.axes.evaluate(&spec.count)?;
            let copies = match options.copies {
                Copies::All => count,
                Copies::AtMost(n) => count.min(n.max(1)),
            };
            let pieces = spec.statements.iter().map(|s| 1 + s.right.pieces());
            let parts = pieces.sum::<u64>() + spec.parameters.len() as u64;
            if copies.saturating_mul(parts) > UNROLLED {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    format!(
                        "{copies} repetitions of `{}` are too many to write out",
                        spec.name.text
                    ),
                )
                .at(span)
                .remedy("a smaller count has the same symmetries, and rules need no repetitions"));
            }
            declare(checker, spec, count, copies)
        })
        .collect()
}

fn declare<'a>(
    checker: &mut Checker<'a>,
    spec: &'a BlockSpec,
    count: u64,
    copies: u64,
) -> Result<Expansion<'a>> {
    let block = &spec.name.text;
    let tied: HashSet<&str> = spec.tied.iter().map(|n| n.text.as_str()).collect();
    let mut names = vec![HashMap::new(); copies as usize];
    for declaration in &spec.parameters {
        let local = &declaration.name.text;
        if tied.contains(local.as_str()) {
            let full = format!("{block}.{local}");
            checker.declare(declaration, &full)?;
            for copy in &mut names {
                copy.insert(local.clone(), full.clone());
            }
        }
    }
    for (k, copy) in names.iter_mut().enumerate() {
        for declaration in &spec.parameters {
            let local = &declaration.name.text;
            if !tied.contains(local.as_str()) {
                let full = format!("{block}.{k}.{local}");
                checker.declare(declaration, &full)?;
                copy.insert(local.clone(), full);
            }
        }
    }
    let separate = spec.parameters.iter().map(|d| d.name.text.clone());
    checker.repetitions.push(Repetition {
        block: block.clone(),
        count,
        copies,
        parameters: separate.filter(|n| !tied.contains(n.as_str())).collect(),
        tied: spec.tied.iter().map(|n| n.text.clone()).collect(),
        carry: spec.carry.text.clone(),
        calls: Vec::new(),
    });
    Ok(Expansion {
        spec,
        copies,
        parameters: names,
    })
}

/// Names defined once; the last statement, and no other, is the next carry.
fn well_formed(spec: &BlockSpec) -> Result<()> {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    seen.insert(&spec.carry.text, spec.carry.span);
    let parameters = spec.parameters.iter().map(|d| &d.name);
    let statements = spec.statements.iter().filter(|s| !s.prime).map(|s| &s.name);
    for name in parameters.chain(statements) {
        if let Some(before) = seen.insert(&name.text, name.span) {
            return Err(twice(name, before));
        }
    }
    for name in &spec.tied {
        let mut known = spec.parameters.iter().map(|d| d.name.text.as_str());
        if !known.clone().any(|k| k == name.text) {
            return Err(Error::new(
                ErrorKind::Unknown,
                format!("`{}` is tied, and no parameter of the block", name.text),
            )
            .at(name.span)
            .suggest(&name.text, known.by_ref()));
        }
    }
    let carry = &spec.carry.text;
    let Some((last, before)) = spec.statements.split_last() else {
        return Err(no_carry(carry, spec.name.span));
    };
    if let Some(early) = before.iter().find(|s| s.prime) {
        return Err(no_carry(carry, early.name.span));
    }
    if !last.prime || last.name.text != *carry {
        return Err(no_carry(carry, last.name.span));
    }
    Ok(())
}

fn no_carry(carry: &str, span: Span) -> Error {
    Error::new(
        ErrorKind::Definition,
        format!("the last statement of the block, and no other, defines the next carry `{carry}'`"),
    )
    .at(span)
    .remedy(format!("end the block's program with {carry}'[t,c] = …"))
}

/// The block and the argument, if a statement is a call of a block.
pub(super) fn call<'a, 'b>(
    statement: &'a Statement,
    blocks: &'b [Expansion<'a>],
) -> Result<Option<(&'b Expansion<'a>, &'a Expr)>> {
    let Some((name, arguments)) = called(statement) else {
        return Ok(None);
    };
    let Some(block) = blocks.iter().find(|b| b.spec.name.text == name.text) else {
        return Ok(None);
    };
    match arguments {
        [argument] => Ok(Some((block, argument))),
        _ => Err(Error::new(
            ErrorKind::Syntax,
            format!(
                "the block `{}` takes one argument, the first carry",
                name.text
            ),
        )
        .at(name.span)
        .remedy(format!("z[t,c] = {}(x)", name.text))),
    }
}

/// Adds the definitions of one call.
pub(super) fn expand<'a>(
    checker: &mut Checker<'a>,
    block: &Expansion<'a>,
    statement: &'a Statement,
    argument: &'a Expr,
    again: bool,
    list: &mut Vec<Definition<'a>>,
) -> Result<()> {
    let spec = block.spec;
    let prefix = match again {
        false => spec.name.text.clone(),
        true => format!("{}.{}", statement.name.text, spec.name.text),
    };
    let mut carry = match &argument.kind {
        ExprKind::Name { name, index: None } => name.clone(),
        _ => {
            let first = format!("{prefix}.{}", spec.carry.text);
            list.push(Definition {
                name: first.clone(),
                span: statement.name.span,
                letters: &statement.letters,
                body: Body::Expr(argument),
                rename: None,
            });
            first
        }
    };
    check_carry(checker, spec, statement, argument, list)?;
    let own = |r: &&mut Repetition| r.block == spec.name.text;
    if let Some(repetition) = checker.repetitions.iter_mut().find(own) {
        repetition.calls.push(BlockCall {
            result: statement.name.text.clone(),
            prefix: prefix.clone(),
            first: carry.clone(),
        });
    }
    for (k, parameters) in block
        .parameters
        .iter()
        .enumerate()
        .take(block.copies as usize)
    {
        let mut rename = parameters.clone();
        rename.insert(spec.carry.text.clone(), carry);
        for s in spec.statements.iter().filter(|s| !s.prime) {
            rename.insert(s.name.text.clone(), format!("{prefix}.{k}.{}", s.name.text));
        }
        let rename = Rc::new(rename);
        for s in &spec.statements {
            let prime = if s.prime { "'" } else { "" };
            list.push(Definition {
                name: format!("{prefix}.{k}.{}{prime}", s.name.text),
                span: s.name.span,
                letters: &s.letters,
                body: Body::Expr(&s.right),
                rename: Some(Rc::clone(&rename)),
            });
        }
        carry = format!("{prefix}.{k}.{}'", spec.carry.text);
    }
    list.push(Definition {
        name: statement.name.text.clone(),
        span: statement.name.span,
        letters: &statement.letters,
        body: Body::Copy(carry),
        rename: None,
    });
    Ok(())
}

/// The carry, the argument and the result of a call have the same axes.
fn check_carry(
    checker: &Checker<'_>,
    spec: &BlockSpec,
    statement: &Statement,
    argument: &Expr,
    list: &[Definition<'_>],
) -> Result<()> {
    let axes = |letters: &[Name]| -> Result<Vec<AxisId>> {
        let labels = left(checker, letters)?;
        Ok(labels.iter().map(|l| checker.axes.axis(*l)).collect())
    };
    let Some(last) = spec.statements.last() else {
        return Ok(());
    };
    let carry = axes(&last.letters)?;
    let fits = |what: &str, found: &[AxisId], span: Span| {
        if found == carry {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Shape,
            format!(
                "{what} has the axes [{}], the carry `{}` of the block has [{}]",
                checker.letters(found),
                spec.carry.text,
                checker.letters(&carry)
            ),
        )
        .at(span)
        .note(last.name.span, "the next carry is defined here"))
    };
    fits(
        "the result",
        &axes(&statement.letters)?,
        statement.name.span,
    )?;
    let ExprKind::Name { name, index: None } = &argument.kind else {
        return Ok(());
    };
    let found = match checker.names.get(name) {
        Some(id) => checker.tensors[id.index()].axes.clone(),
        None => {
            let root = checker
                .file
                .statements
                .iter()
                .find(|s| s.name.text == *name);
            match root.map(|s| &s.letters).or_else(|| {
                list.iter()
                    .find(|d| d.name == *name)
                    .map(|_| &statement.letters)
            }) {
                Some(letters) => axes(letters)?,
                None => {
                    let known = checker.names.keys().map(String::as_str);
                    let statements = checker.file.statements.iter();
                    let all = known.chain(statements.map(|s| s.name.text.as_str()));
                    return Err(
                        Error::new(ErrorKind::Unknown, format!("`{name}` is not defined"))
                            .at(argument.span)
                            .suggest(name, all),
                    );
                }
            }
        }
    };
    fits(&format!("`{name}`"), &found, argument.span)
}
