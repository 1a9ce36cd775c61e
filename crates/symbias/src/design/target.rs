//! A target as a sum of terms, one for each component: r of its entries, of norms of its groups, of its singular values. Read off
//! the checked expression, so that spelling, order and letters do not matter.

use super::atoms::{self, Atoms, Signs};
use super::calls::{self, Call, Called, CalledLeaf};
use super::evaluate::Evaluation;
use super::file::DesignSpec;
use super::leaf::{Anchor, Leaf, LinearLeaf, leaves};
use super::linear;
use super::norms;
use super::spectral::{self, Spectral};
use super::spell;
use super::structured::Structured;
use std::fmt::Write;
use std::path::Path;
use symbias_bias::Driver;
use symbias_model::Model;
use symbias_model::data;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{Label, TensorId};
use symbias_model::language::{Copies, SourceFile};
use symbias_model::scalar::Arrays;

/// What r is a function of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Each entry.
    Entries,
    /// ‖·‖ over the axes at these places.
    Groups(Vec<usize>),
    /// Singular values, rows and columns at these places.
    Singular([usize; 2]),
    /// The component as a whole, by a norm of its own.
    Joint,
}

/// A component, and its part of the target.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub component: String,
    /// Letters of its axes, distinct.
    pub letters: Vec<String>,
    pub shape: Vec<usize>,
    pub kind: Kind,
    leaves: Vec<Leaf>,
    /// Of linear combinations: what each entry has, in place of leaves.
    pub rows: Vec<Combined>,
    /// The norm of the component as a whole.
    pub joint: Option<Structured>,
    /// What the entries are coefficients of, with penalty 1 each.
    pub atoms: Option<std::sync::Arc<Atoms>>,
}

/// r of one linear combination of entries: factor · weights · Π factors at these letters, with the argument given.
#[derive(Clone, Debug)]
pub(super) struct Combined {
    pub leaf: std::sync::Arc<LinearLeaf>,
    /// Values of the letters summed over.
    pub letters: Vec<usize>,
    /// A factor of its own.
    pub factor: f64,
}

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
    pub fn read(spec: &DesignSpec, folder: Option<&Path>) -> Result<Target> {
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

impl Term {
    /// Places that r is a function of: all axes but those of the norm or of the matrix.
    pub fn outer(&self) -> Vec<usize> {
        (0..self.shape.len())
            .filter(|a| match &self.kind {
                Kind::Entries => true,
                Kind::Groups(inner) => !inner.contains(a),
                Kind::Singular(pair) => !pair.contains(a),
                Kind::Joint => false,
            })
            .collect()
    }

    /// The inner axes.
    pub fn inner(&self) -> Vec<usize> {
        let outer = self.outer();
        (0..self.shape.len())
            .filter(|a| !outer.contains(a))
            .collect()
    }

    /// How many r there are.
    pub fn count(&self) -> usize {
        self.outer().iter().map(|a| self.shape[*a]).product()
    }

    /// Whether r is the same for all.
    pub fn is_uniform(&self, target: &Target) -> bool {
        self.rows.is_empty() && self.leaves.iter().all(|l| l.is_uniform(&target.model))
    }

    /// r(x) of the flat place among those of the outer axes.
    pub fn value(&self, target: &Target, place: usize, x: f64) -> Option<f64> {
        if let Some(row) = self.rows.get(place) {
            return row.at(target, x);
        }
        if let Some(atoms) = &self.atoms {
            return Some(match atoms.signs {
                Signs::Positive if x < 0.0 => f64::INFINITY,
                _ => x.abs(),
            });
        }
        let at = self.at(place);
        let mut sum = 0.0;
        for leaf in &self.leaves {
            sum += leaf.value(target, &at, x)?;
        }
        Some(sum)
    }

    /// r as an expression in one variable, at a place.
    pub fn expression(&self, target: &Target, place: usize) -> Option<spell::Expr> {
        if !self.rows.is_empty() || self.atoms.is_some() {
            return None;
        }
        let at = self.at(place);
        let mut terms = Vec::new();
        for leaf in &self.leaves {
            let mut e = Evaluation::new(&target.model, &target.arrays);
            for (letter, i) in leaf.letters.iter().zip(&at) {
                if let Some(l) = letter {
                    e.letters[l.index()] = *i;
                }
            }
            let mut factors = vec![spell::Expr::Number(leaf.factor)];
            for f in leaf.weights.iter().chain(&leaf.factors) {
                let own = spell::read(&mut e, f.node, &leaf.anchors)?;
                factors.push(if f.inverse { spell::inverse(own) } else { own });
            }
            terms.push(spell::times(factors));
        }
        Some(spell::plus(terms))
    }

    /// The places along the component's axes of a flat outer place; 0 along inner ones.
    fn at(&self, place: usize) -> Vec<usize> {
        let mut at = vec![0; self.shape.len()];
        let mut rest = place;
        for a in self.outer().iter().rev() {
            at[*a] = rest % self.shape[*a];
            rest /= self.shape[*a];
        }
        at
    }

    /// A term of linear combinations.
    pub fn combined(component: String, letter: String, rows: Vec<Combined>) -> Term {
        Term {
            component,
            letters: vec![letter],
            shape: vec![rows.len()],
            kind: Kind::Entries,
            leaves: Vec::new(),
            rows,
            joint: None,
            atoms: None,
        }
    }

    /// Coefficients of atoms.
    pub fn atoms(component: String, axis: String, atoms: Atoms) -> Term {
        Term {
            shape: vec![atoms.array.cols],
            atoms: Some(std::sync::Arc::new(atoms)),
            ..Term::combined(component, axis, Vec::new())
        }
    }

    /// Whether its entries are not negative.
    pub fn is_positive(&self) -> bool {
        self.atoms
            .as_ref()
            .is_some_and(|a| a.signs == Signs::Positive)
    }

    /// A norm of a component as a whole.
    pub fn joint(component: String, letter: String, structured: Structured) -> Term {
        Term {
            kind: Kind::Joint,
            shape: vec![structured.entries()],
            joint: Some(structured),
            ..Term::combined(component, letter, Vec::new())
        }
    }

    /// Whether the driver has such terms.
    ///
    /// # Errors
    /// A term of decay alone.
    pub fn is_for(&self, driver: Driver) -> Result<()> {
        if driver == Driver::Decay || self.joint.is_none() && self.atoms.is_none() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "a norm of the weights as a whole (of `{}`) under {}: the calculus of least norms is that of decay",
                self.component,
                driver.name()
            ),
        )
        .remedy(match driver {
            Driver::Flow => "the nearest that flow has: sum[i](Q(w[i])) with Q strictly convex; or driver = \"decay\"",
            _ => "the nearest that noise has: groups that are apart, sum[g](norm[k](w[g,k])); or driver = \"decay\"",
        }))
    }
}

impl Combined {
    /// r(x).
    pub fn at(&self, target: &Target, x: f64) -> Option<f64> {
        let leaf = &self.leaf;
        let mut e = Evaluation::new(&target.model, &target.arrays);
        for (l, i) in leaf.free.iter().zip(&self.letters) {
            e.letters[l.index()] = *i;
        }
        e.given.insert(leaf.argument, x);
        let mut product = self.factor * leaf.factor;
        for f in leaf.weights.iter().chain(&leaf.factors) {
            let v = e.node(f.node)?;
            product = if f.inverse { product / v } else { product * v };
        }
        Some(product)
    }
}

impl Leaf {
    /// Whether it is Σ c z² of entries, which is Σ c ρ² of norms and of singular values.
    fn is_sum_of_squares(&self, target: &Target) -> bool {
        let at = vec![0; self.letters.len()];
        let value = |x: f64| self.value(target, &at, x);
        let one = value(1.0).unwrap_or(f64::NAN);
        self.kind == Kind::Entries
            && self.is_uniform(&target.model)
            && [-3.0, 1e-2, 7.0].into_iter().all(|x: f64| {
                value(x).is_some_and(|r| (r - one * x * x).abs() <= 1e-12 * (one * x * x).abs())
            })
    }

    /// Its part of r(x) at a place of the component.
    fn value(&self, target: &Target, at: &[usize], x: f64) -> Option<f64> {
        let mut e = Evaluation::new(&target.model, &target.arrays);
        for (letter, i) in self.letters.iter().zip(at) {
            if let Some(Label(l)) = letter {
                e.letters[*l as usize] = *i;
            }
        }
        let mut weight = self.factor;
        for w in &self.weights {
            let v = e.node(w.node)?;
            weight = if w.inverse { weight / v } else { weight * v };
        }
        for (node, anchor) in &self.anchors {
            let given = match anchor {
                Anchor::Plain => x,
                Anchor::Square => x * x,
                Anchor::Scaled(c) => e.node(*c)?.abs() * x,
            };
            e.given.insert(*node, given);
        }
        for f in &self.factors {
            let v = e.node(f.node)?;
            weight = if f.inverse { weight / v } else { weight * v };
        }
        Some(weight)
    }
}
