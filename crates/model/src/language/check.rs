//! The checker: what is known of the file while statements become nodes.

use super::axes::{self, Axes};
use super::definition::{self, Definition};
use super::file::{Declaration, File, Role};
use super::graph::Graph;
use super::profile::Profile;
use super::syntax::Name;
use super::{CheckOptions, block, loss};
use crate::curve::Curve;
use crate::data::Folder;
use crate::error::{Error, ErrorKind, Result, Span};
use crate::expression::{
    AxisId, Field, Label, Law, Loss, Model, NodeId, Repetition, Source, Tensor, TensorId,
};
use std::collections::{BTreeSet, HashMap};

/// Where names are looked up.
#[derive(Clone, Copy, Default)]
pub(super) struct Scope<'a> {
    /// In a copy of a block: local names and what they are called in the model.
    pub rename: Option<&'a HashMap<String, String>>,
    /// In a profile: the value of its variable `z`.
    pub variable: Option<NodeId>,
}

/// Index letters that an expression may keep.
pub(super) type Needed = BTreeSet<Label>;

/// The state of a check.
pub(super) struct Checker<'a> {
    pub source: &'a str,
    pub file: &'a File,
    pub folder: &'a Folder,
    pub axes: Axes,
    pub graph: Graph,
    pub tensors: Vec<Tensor>,
    pub names: HashMap<String, TensorId>,
    pub profiles: HashMap<&'a str, &'a Profile>,
    /// Profiles that are no expressions, as far as they were made.
    pub curves: HashMap<String, Curve>,
    /// Profiles already applied to a value, and those being expanded.
    pub applied: HashMap<(String, NodeId), NodeId>,
    pub open: Vec<String>,
    pub repetitions: Vec<Repetition>,
    /// Numbers of all tensors that are not defined by statements.
    pub numbers: u64,
}

/// Checks a file.
pub(super) fn check(
    file: &File,
    source: &str,
    folder: &Folder,
    name: &str,
    options: &CheckOptions,
) -> Result<Model> {
    let axes = axes::resolve(file, options)?;
    let mut checker = Checker::new(source, file, folder, axes);
    checker.builtin_names()?;
    let (parameters, others): (Vec<_>, Vec<_>) = file
        .tensors
        .iter()
        .partition(|d| matches!(d.role, Role::Parameter));
    for declaration in parameters {
        checker.declare(declaration, &declaration.name.text)?;
    }
    let blocks = block::parameters(&mut checker, options)?;
    for declaration in others {
        checker.declare(declaration, &declaration.name.text)?;
    }
    let definitions = definition::collect(&mut checker, &blocks)?;
    let target = loss::create_target(&mut checker, &definitions)?;
    let first = definition::declare(&mut checker, &definitions)?;
    let order = definition::order(&checker, &definitions)?;
    for i in &order {
        definition::resolve(&mut checker, &definitions[*i], first + i)?;
    }
    let outputs = definition::outputs(&checker)?;
    let loss = match &file.loss {
        Some(spec) => Some(loss::lower(&mut checker, spec, target)?),
        None => None,
    };
    let order = order.iter().map(|i| TensorId((first + i) as u32)).collect();
    Ok(checker.finish(name, order, outputs, loss))
}

impl<'a> Checker<'a> {
    /// Nothing defined yet.
    pub(super) fn new(
        source: &'a str,
        file: &'a File,
        folder: &'a Folder,
        axes: Axes,
    ) -> Checker<'a> {
        Checker {
            source,
            file,
            folder,
            axes,
            graph: Graph::default(),
            tensors: Vec::new(),
            names: HashMap::new(),
            profiles: file
                .profiles
                .iter()
                .map(|(n, e)| (n.text.as_str(), e))
                .collect(),
            curves: HashMap::new(),
            applied: HashMap::new(),
            open: Vec::new(),
            repetitions: Vec::new(),
            numbers: 0,
        }
    }
}

impl Checker<'_> {
    pub(super) fn finish(
        self,
        name: &str,
        order: Vec<TensorId>,
        outputs: Vec<TensorId>,
        mut loss: Option<Loss>,
    ) -> Model {
        let mut tensors = self.tensors;
        let defined = tensors.iter().filter_map(|t| match t.source {
            Source::Defined { node, .. } => Some(node),
            _ => None,
        });
        let roots: Vec<NodeId> = defined.chain(loss.iter().map(|l| l.node)).collect();
        let (nodes, place) = self.graph.compact(roots);
        for tensor in &mut tensors {
            if let Source::Defined { node, .. } = &mut tensor.source {
                *node = place[node.index()];
            }
        }
        if let Some(loss) = &mut loss {
            loss.node = place[loss.node.index()];
        }
        Model {
            name: name.to_owned(),
            axes: self.axes.axes,
            labels: self.axes.labels,
            tensors,
            nodes,
            order,
            outputs,
            batch: self.axes.batch,
            loss,
            repetitions: self.repetitions,
        }
    }

    /// Profiles and blocks may not hide operations or each other.
    fn builtin_names(&self) -> Result<()> {
        let profiles = self.file.profiles.iter().map(|(name, _)| name);
        let blocks = self.file.blocks.iter().map(|b| &b.name);
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for name in profiles.chain(blocks) {
            if super::function::is_operation(&name.text) {
                return Err(Error::new(
                    ErrorKind::Definition,
                    format!("`{}` is an operation of the language", name.text),
                )
                .at(name.span)
                .remedy("choose another name"));
            }
            if let Some(before) = seen.insert(&name.text, name.span) {
                return Err(twice(name, before));
            }
        }
        Ok(())
    }

    /// Adds a declared tensor under a name of the model.
    pub fn declare(&mut self, declaration: &Declaration, name: &str) -> Result<TensorId> {
        let mut axes = Vec::with_capacity(declaration.axes.len());
        for letter in &declaration.axes {
            axes.push(self.axes.axis(self.axes.label(&letter.text, letter.span)?));
        }
        let index_axis = |index: &Option<Name>| match index {
            Some(letter) if declaration.field == Field::Complex => Err(Error::new(
                ErrorKind::Value,
                "an index is an integer, not complex",
            )
            .at(letter.span)),
            Some(letter) => Ok(Some(
                self.axes.axis(self.axes.label(&letter.text, letter.span)?),
            )),
            None => Ok(None),
        };
        let shape: Vec<u64> = axes
            .iter()
            .map(|a| self.axes.axes[a.index()].size)
            .collect();
        let source = match &declaration.role {
            Role::Parameter => Source::Parameter,
            Role::Input { law, index } => Source::Input {
                law: *law,
                index: index_axis(index)?,
            },
            Role::Constant { source, index } => Source::Constant {
                source: source.resolve(
                    &declaration.name,
                    &shape,
                    declaration.field,
                    self.folder,
                )?,
                index: index_axis(index)?,
            },
        };
        self.integers(declaration, &source)?;
        self.add(Tensor {
            name: name.to_owned(),
            axes,
            field: declaration.field,
            source,
            span: declaration.name.span,
        })
    }

    /// Integer constants in the file hold indices of their axis.
    fn integers(&self, declaration: &Declaration, source: &Source) -> Result<()> {
        let Source::Constant {
            source,
            index: Some(axis),
        } = source
        else {
            return Ok(());
        };
        use crate::expression::ConstantSource::{Random, Value, Values};
        let size = self.axes.axes[axis.index()].size;
        let fits = |x: &f64| x.fract() == 0.0 && *x >= 0.0 && *x < size as f64;
        let bad = match source {
            Value(x) => Some(*x).filter(|x| !fits(x)),
            Values(list) => list.iter().copied().find(|x| !fits(x)),
            Random { law, .. } if *law != Law::Uniform => {
                return Err(Error::new(
                    ErrorKind::Value,
                    format!("random indices `{}` are uniform", declaration.name.text),
                )
                .at(declaration.name.span)
                .remedy("write law = \"uniform\""));
            }
            _ => None,
        };
        match bad {
            None => Ok(()),
            Some(x) => Err(Error::new(
                ErrorKind::Index,
                format!(
                    "`{}` holds {x}, which is no index of the axis {}",
                    declaration.name.text,
                    self.axes.describe(*axis)
                ),
            )
            .at(declaration.name.span)
            .remedy(format!("indices are integers from 0 to {}", size - 1))),
        }
    }

    /// Adds a tensor: a new name, a size that fits in 64 bits.
    pub fn add(&mut self, tensor: Tensor) -> Result<TensorId> {
        let id = TensorId(self.tensors.len() as u32);
        let entries = tensor
            .axes
            .iter()
            .map(|a| self.axes.axes[a.index()].size)
            .chain([tensor.field.width() as u64])
            .try_fold(1u64, u64::checked_mul)
            .filter(|n| *n <= i64::MAX as u64);
        let Some(entries) = entries else {
            return Err(Error::new(
                ErrorKind::Shape,
                format!("the sizes of `{}` multiply to more than 2^63", tensor.name),
            )
            .at(tensor.span)
            .remedy("smaller axes have the same symmetries"));
        };
        if !matches!(tensor.source, Source::Defined { .. }) {
            self.numbers = self.numbers.saturating_add(entries);
        }
        if self.numbers > i64::MAX as u64 {
            return Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "with those of `{}` the model has more than 2^63 numbers",
                    tensor.name
                ),
            )
            .at(tensor.span)
            .remedy("smaller axes have the same symmetries"));
        }
        if let Some(before) = self.names.insert(tensor.name.clone(), id) {
            let name = Name {
                text: tensor.name,
                span: tensor.span,
            };
            return Err(twice(&name, self.tensors[before.index()].span));
        }
        self.tensors.push(tensor);
        Ok(id)
    }

    /// What a name is called in the model, from inside a scope.
    pub fn full<'s>(&self, name: &'s str, scope: &Scope<'s>) -> &'s str {
        scope
            .rename
            .and_then(|r| r.get(name))
            .map_or(name, String::as_str)
    }

    pub fn lookup(&self, name: &str, scope: &Scope<'_>) -> Option<TensorId> {
        self.names.get(self.full(name, scope)).copied()
    }

    /// The tensor of a name, or an error that suggests one.
    pub fn find(&self, name: &str, span: Span, scope: &Scope<'_>) -> Result<TensorId> {
        self.lookup(name, scope).ok_or_else(|| {
            let locals = scope.rename.into_iter().flat_map(|r| r.keys());
            let mut known: Vec<&str> = self
                .names
                .keys()
                .chain(locals)
                .map(String::as_str)
                .collect();
            known.sort_unstable();
            let error = Error::new(ErrorKind::Unknown, format!("`{name}` is not defined")).at(span);
            match crate::error::nearest(name, known) {
                Some(near) => error.remedy(format!("did you mean `{near}`?")),
                None if self.axes.find(name).is_some() => error.remedy(format!(
                    "`{name}` is an index; its value is written pos({name}), its size size({name})"
                )),
                None => error.remedy(
                    "declare it in parameters, inputs or constants, or define it by a statement",
                ),
            }
        })
    }

    /// `h,d`: the axes of a tensor by their letters.
    pub fn axes_of(&self, tensor: TensorId) -> String {
        self.letters(&self.tensors[tensor.index()].axes)
    }

    pub fn letters(&self, axes: &[AxisId]) -> String {
        let names: Vec<&str> = axes
            .iter()
            .map(|a| self.axes.axes[a.index()].name.as_str())
            .collect();
        names.join(",")
    }

    /// A piece of the source for a message.
    pub fn snippet(&self, span: Span) -> String {
        let text = self.source.get(span.start..span.end).unwrap_or("…");
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.chars().count() > 40 || text.is_empty() {
            "…".into()
        } else {
            text
        }
    }
}

/// A name defined a second time.
pub(super) fn twice(name: &Name, before: Span) -> Error {
    Error::new(
        ErrorKind::Definition,
        format!("`{}` is defined twice", name.text),
    )
    .at(name.span)
    .note(before, "first defined here")
    .remedy("each name is defined once; give one of them another name")
}

pub(super) type Definitions<'a> = Vec<Definition<'a>>;
