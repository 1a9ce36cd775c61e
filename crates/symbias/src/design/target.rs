//! A target as a sum of terms, one for each component: r of its entries, of norms of its groups, of its singular values. Read off
//! the checked expression, so that spelling, order and letters do not matter.

use super::atoms;
use super::calls::{self, Call, Called, CalledLeaf};
use super::file::DesignSpec;
use super::leaf::{Leaf, LinearLeaf, leaves};
use super::linear;
use super::norms;
use super::spectral::{self, Spectral};
pub(super) use super::term::{Combined, Kind, Term};
use std::fmt::Write;
use symbias_model::Model;
use symbias_model::data::{self, Folder};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::TensorId;
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::Arrays;

/// A target that was read.
pub(super) struct Target {
    pub model: Model,
    pub arrays: Arrays,
    pub terms: Vec<Term>,
    /// The file, with linear combinations in the place of components that are penalised by such.
    pub spec: DesignSpec,
    /// What a reader should know.
    pub warnings: Vec<String>,
}

/// The name of the target's own statement.
const NAME: &str = "target";

impl Target {
    /// Reads the target of a file; files that it names are looked up in `folder`.
    ///
    /// # Errors
    /// A mistake in the expression, or a target that is no sum of such terms.
    pub fn read(spec: &DesignSpec, folder: &Folder) -> Result<Target> {
        let (main, called) = calls::extract(&spec.target)?;
        let (main, spectral) = spectral::extract(&main)?;
        let text = program(spec, &main, &spectral, &called)?;
        let model = SourceFile::parse(&text, folder)?.check(Copies::All)?;
        let files = data::constants(&model)?;
        let arrays = Arrays::new(&model, &files)?;
        let found = leaves(&model, &spectral, &called).map_err(|e| e.in_text(None, &text))?;
        let mut target = Target {
            model,
            arrays,
            terms: Vec::new(),
            spec: spec.clone(),
            warnings: Vec::new(),
        };
        let ids: Vec<TensorId> = target.model.parameters().collect();
        for id in ids {
            let own: Vec<Leaf> = found
                .own
                .iter()
                .filter(|l| l.component == id)
                .cloned()
                .collect();
            let across: Vec<LinearLeaf> = found
                .linear
                .iter()
                .filter(|l| l.component == id)
                .cloned()
                .collect();
            let norms = found.norms.iter().filter(|l| l.linear.component == id);
            let norms: Vec<_> = norms.cloned().collect();
            let called = found.called.iter().filter(|l| l.component == id);
            let called: Vec<&CalledLeaf> = called.collect();
            let term = match (called.as_slice(), norms.is_empty(), across.is_empty()) {
                ([], true, true) => term(&target, id, own),
                ([], true, false) => linear::term(&mut target, id, own, across),
                ([], false, _) => norms::overlapping(&target, id, norms, own, &across),
                ([call], true, true) if own.is_empty() => function(&mut target, id, call),
                ([call, ..], _, _) => Err(together(&target, id, call)),
            };
            target.terms.push(term.map_err(|e| e.in_text(None, &text))?);
        }
        Ok(target)
    }
}

/// A function of a component and a constant.
fn function(target: &mut Target, id: TensorId, leaf: &CalledLeaf) -> Result<Term> {
    match leaf.call.function {
        Called::Latent => norms::latent(target, id, leaf),
        Called::Gauge | Called::Atomic => {
            let (term, warning) = atoms::given(target, id, leaf)?;
            target.warnings.extend(warning);
            Ok(term)
        }
    }
}

fn together(target: &Target, id: TensorId, leaf: &CalledLeaf) -> Error {
    let name = &target.model.tensor(id).name;
    Error::new(
        ErrorKind::Unsupported,
        format!("`{name}` is penalised by `{}` and by another term", leaf.call.function.word()),
    )
    .at(leaf.span)
    .remedy("the nearest that has a construction: two components whose sum are the weights (weights = \"w[…] = a[…] + b[…]\"), an infimal convolution")
}

/// The target as a program whose parameters are the components.
fn program(spec: &DesignSpec, main: &str, spectral: &[Spectral], calls: &[Call]) -> Result<String> {
    let names: Vec<String> = spec.components.keys().cloned().collect();
    // Another axis, and no letter of the same one.
    let axis = |letter: &str| -> String {
        match spec.axes.get(letter) {
            Some(toml::Value::String(alias)) => alias.clone(),
            _ => letter.to_owned(),
        }
    };
    let other = |component: &str, place: usize, letter: &str| -> bool {
        let own = spec
            .components
            .get(component)
            .and_then(toml::Value::as_array);
        let own = own.and_then(|l| l.get(place)).and_then(toml::Value::as_str);
        let number = |l: &str| spec.axes.get(&axis(l)).and_then(toml::Value::as_integer);
        own.is_some_and(|own| {
            axis(own) != axis(letter) && number(letter) < number(own) && number(letter).is_some()
        })
    };
    let main = spectral::shifted(main, &other, &names);
    let mut program = format!("{NAME} = {main}\n");
    let mut outputs = vec![format!("\"{NAME}\"")];
    let mut inputs = String::new();
    calls
        .iter()
        .for_each(|c| c.statements(&mut program, &mut outputs));
    for s in spectral {
        let free = s.free.join(",");
        let at = |name: &str| match free.is_empty() {
            true => name.to_owned(),
            false => format!("{name}[{free}]"),
        };
        let value = at(&s.value());
        let _ = writeln!(program, "{} = {}", at(&s.name), s.of(&value)?);
        let comma = if free.is_empty() { "" } else { "," };
        let [rows, columns] = &s.letters;
        let _ = writeln!(
            program,
            "{}[{free}{comma}{rows},{columns}] = {}",
            s.matrix(),
            s.argument
        );
        outputs.push(format!("\"{}\"", s.name));
        outputs.push(format!("\"{}\"", s.matrix()));
        let letters: Vec<String> = s.free.iter().map(|l| format!("\"{l}\"")).collect();
        let _ = writeln!(inputs, "{} = [{}]", s.value(), letters.join(","));
    }
    let mut text = format!(
        "symbias = 1\noutputs = [{}]\nprogram = '''\n{program}'''\n",
        outputs.join(", ")
    );
    text.push_str(&tables(spec)?);
    let mut parameters = toml::Table::new();
    parameters.insert("parameters".into(), spec.components.clone().into());
    text.push_str(&written(&parameters)?);
    if !inputs.is_empty() {
        let _ = write!(text, "[inputs]\n{inputs}");
    }
    Ok(text)
}

/// The tables of axes and constants that a model has from its design file.
pub(super) fn tables(spec: &DesignSpec) -> Result<String> {
    let mut root = toml::Table::new();
    root.insert("axes".into(), spec.axes.clone().into());
    let mut constants = toml::Table::new();
    for (name, value) in &spec.constants {
        let value = match value {
            toml::Value::Integer(_) | toml::Value::Float(_) => {
                let mut table = toml::Table::new();
                table.insert("axes".into(), toml::Value::Array(Vec::new()));
                table.insert("value".into(), value.clone());
                table.into()
            }
            other => other.clone(),
        };
        constants.insert(name.clone(), value);
    }
    if !constants.is_empty() {
        root.insert("constants".into(), constants.into());
    }
    written(&root)
}

/// TOML as text.
pub(super) fn written(table: &toml::Table) -> Result<String> {
    toml::to_string(table).map_err(|e| Error::new(ErrorKind::Syntax, e.to_string()))
}

/// All leaves of a component as one term.
fn term(target: &Target, id: TensorId, leaves: Vec<Leaf>) -> Result<Term> {
    let model = &target.model;
    let tensor = model.tensor(id);
    let name = tensor.name.clone();
    let Some(kind) = leaves
        .iter()
        .map(|l| &l.kind)
        .max_by_key(|k| match k {
            Kind::Entries => 0,
            Kind::Groups(_) => 1,
            Kind::Singular(_) => 2,
            Kind::Joint => 3,
        })
        .cloned()
    else {
        return Err(Error::new(
            ErrorKind::Value,
            format!("no term of the target names the component `{name}`"),
        )
        .remedy(format!(
            "nothing is free of decay: add a term, `1e-3*sum(…{name}…^2)` say, or leave `{name}` out"
        )));
    };
    if let Some(other) = leaves
        .iter()
        .find(|l| l.kind != kind && !l.is_sum_of_squares(target))
    {
        let say = |k: &Kind| match k {
            Kind::Entries => "its entries",
            Kind::Groups(_) => "norms of its groups",
            Kind::Singular(_) => "its singular values",
            Kind::Joint => "a norm of it as a whole",
        };
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "`{name}` is penalised by {} and by {}: sums of such terms of one component have no exact construction",
                say(&kind),
                if other.kind == kind { "other axes of the same kind" } else { say(&other.kind) }
            ),
        )
        .at(model.node(other.factors[0].node).span)
        .remedy("the nearest that has one: two components whose sum are the weights (weights = \"w[…] = a[…] + b[…]\"), an infimal convolution"));
    }
    let mut letters: Vec<String> = Vec::new();
    for axis in &tensor.axes {
        let name = &model.axes[axis.index()].name;
        let mut letter = name.clone();
        while letters.contains(&letter) {
            letter.push('2');
        }
        letters.push(letter);
    }
    Ok(Term {
        component: name,
        letters,
        shape: model.shape(id).iter().map(|n| *n as usize).collect(),
        kind,
        leaves,
        rows: Vec::new(),
        joint: None,
        atoms: None,
    })
}
