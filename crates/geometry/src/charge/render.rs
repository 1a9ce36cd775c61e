//! Charges as text and as LaTeX.

use super::formula::{Charge, Form, Term};
use crate::factor::action::Shape;
use crate::factor::action::Span;
use crate::formula::{Script, indexed, number, spelled_tensor, total};
use symbias_model::expression::{IndexExpr, Model, TensorId};

impl Charge {
    /// One line: `mu[h] = (v[h]^2 - sum_d W[h,d]^2)/2`.
    #[must_use]
    pub fn text(&self, model: &Model) -> String {
        self.render(model, Script::Plain)
    }

    /// The same in LaTeX, without delimiters.
    #[must_use]
    pub fn latex(&self, model: &Model) -> String {
        self.render(model, Script::Latex)
    }

    /// Norm of a block of [`Charge::scaled_blocks`], as `|v[h]|` or `||W[h,:]||`.
    #[must_use]
    pub fn norm(&self, tensor: TensorId, model: &Model, script: Script) -> String {
        block_norm(&[self], tensor, model, script)
    }

    /// Norm of what a block of this family and one of another have in common: `|W[j,i]|`.
    #[must_use]
    pub fn common_norm(
        &self,
        other: &Charge,
        tensor: TensorId,
        model: &Model,
        script: Script,
    ) -> String {
        block_norm(&[self, other], tensor, model, script)
    }

    fn render(&self, model: &Model, script: Script) -> String {
        let mut free: Vec<String> = self.letters.iter().map(|l| l.0.clone()).collect();
        let matrix = matches!(
            self.form,
            Form::Symmetric { .. } | Form::Hermitian { .. } | Form::Imaginary { .. }
        );
        let row = matrix.then(|| {
            let first = &self.terms[0];
            let mut name = first.axis(model, first.matrix[0]);
            while free.contains(&name) {
                name.push('2');
            }
            name
        });
        let scope: Vec<String> = free.iter().cloned().chain(row.clone()).collect();
        let mut right = String::new();
        for (k, term) in self.terms.iter().enumerate() {
            let c = term.coefficient / if term.square { 2.0 } else { 1.0 };
            let sign = match (k, c < 0.0) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            };
            let times = if c.abs() == 1.0 {
                String::new()
            } else {
                format!("{} ", number(c.abs()))
            };
            right.push_str(&format!(
                "{sign}{times}{}",
                term.render(model, script, self.form, &free, row.as_deref(), &scope)
            ));
        }
        let half = matches!(self.form, Form::Squares);
        if half {
            right = match (script, self.terms.len()) {
                (Script::Plain, 1) => format!("{right}/2"),
                (Script::Plain, _) => format!("({right})/2"),
                (Script::Latex, _) => format!("\\tfrac{{1}}{{2}}\\Bigl({right}\\Bigr)"),
            };
        }
        let symbol = match (script, matrix) {
            (Script::Plain, true) => "M",
            (Script::Plain, false) => "mu",
            (Script::Latex, true) => "M",
            (Script::Latex, false) => "\\mu",
        };
        if let Some(r) = &row {
            free.push(r.clone());
            free.push(format!("{r}'"));
        }
        let left = indexed(symbol, &free, script);
        match (self.note(), script) {
            (Some(note), Script::Plain) => format!("{left} = {right}, {note}"),
            (Some(note), Script::Latex) => format!(
                "{left} = {right} \\quad \\text{{({})}}",
                note.replace('%', "\\%")
            ),
            (None, _) => format!("{left} = {right}"),
        }
    }

    /// Which combinations are conserved, where it is not each for itself.
    fn note(&self) -> Option<String> {
        match self.form {
            Form::Symmetric {
                traceless: true, ..
            }
            | Form::Hermitian {
                traceless: true, ..
            } => return Some("off-diagonal entries and differences of the diagonal".into()),
            Form::Imaginary { .. } => return Some("imaginary parts".into()),
            _ => {}
        }
        let combinations = self.combinations.as_ref()?;
        let each: Vec<String> = combinations
            .iter()
            .map(|spans| {
                let words: Vec<String> = spans
                    .iter()
                    .zip(&self.letters)
                    .map(|(span, (letter, _))| match span {
                        Span::Constant => format!("summed over {letter}"),
                        Span::Centred => format!("differences over {letter}"),
                        Span::Coarse(shape, _) => {
                            format!("differences over {}", spelled(shape, letter, Script::Plain))
                        }
                        Span::Fibre(shape) => {
                            format!(
                                "differences within equal {}",
                                spelled(shape, letter, Script::Plain)
                            )
                        }
                    })
                    .collect();
                words.join(" and ")
            })
            .collect();
        Some(each.join("; "))
    }
}

impl Term {
    fn axis(&self, model: &Model, axis: usize) -> String {
        model.axes[model.tensor(self.tensor).axes[axis].index()]
            .name
            .clone()
    }

    fn render(
        &self,
        model: &Model,
        script: Script,
        form: Form,
        free: &[String],
        row: Option<&str>,
        scope: &[String],
    ) -> String {
        let info = model.tensor(self.tensor);
        let mut names: Vec<String> = vec![String::new(); info.axes.len()];
        let mut summed: Vec<String> = Vec::new();
        for (axis, name) in names.iter_mut().enumerate() {
            let carried = self
                .free
                .iter()
                .position(|(a, shape)| *a == axis && shape.is_none());
            if let Some(k) = carried {
                *name = free[k].clone();
                continue;
            }
            if self.matrix.contains(&axis) {
                continue;
            }
            let mut own = self.axis(model, axis);
            while scope.contains(&own) || summed.contains(&own) {
                own.push('2');
            }
            let conditions: Vec<String> = self
                .free
                .iter()
                .zip(free)
                .filter(|((a, shape), _)| *a == axis && shape.is_some())
                .map(|((_, shape), letter)| format!("{}={letter}", spelled(shape, &own, script)))
                .collect();
            *name = own.clone();
            summed.push(if conditions.is_empty() {
                own
            } else {
                format!("{own}: {}", conditions.join(","))
            });
        }
        // A fused matrix index is split over its axes: c, a stand for (c,a).
        let place = |prime: &str| -> Vec<String> {
            let mut all = names.clone();
            for (position, axis) in self.matrix.iter().enumerate() {
                let base = match (row, position) {
                    (Some(r), 0) => r.to_owned(),
                    _ => self.axis(model, *axis),
                };
                all[*axis] = format!("{base}{prime}");
            }
            all
        };
        let complex = info.field.width() == 2;
        let (name, sum) = (spelled_tensor(&info.name, script), total(&summed, script));
        let entry = indexed(&name, &place(""), script);
        let square = |x: &str| match (complex, script) {
            (false, _) => format!("{x}^2"),
            (true, Script::Plain) => format!("|{x}|^2"),
            (true, Script::Latex) => format!("\\lvert {x} \\rvert^2"),
        };
        let body = match form {
            Form::Squares => square(&entry),
            Form::Affine if self.square => square(&entry),
            Form::Entries | Form::Affine => entry,
            _ => {
                let other = indexed(&name, &place("'"), script);
                let (first, second) = if self.conjugate {
                    (other, entry)
                } else {
                    (entry, other)
                };
                match (complex, script) {
                    (false, _) => format!("{first} {second}"),
                    (true, Script::Plain) => format!("conj({first}) {second}"),
                    (true, Script::Latex) => format!("\\overline{{{first}}} {second}"),
                }
            }
        };
        format!("{sum}{body}")
    }
}

/// The norm of the entries of a tensor at fixed free indices of one family, or of two.
fn block_norm(families: &[&Charge], tensor: TensorId, model: &Model, script: Script) -> String {
    let info = model.tensor(tensor);
    let mut single = info.field.width() == 1;
    let term = |c: &&Charge| c.terms.iter().position(|t| t.tensor == tensor);
    let carriers: Vec<(usize, &Shape, &String)> = families
        .iter()
        .filter_map(|c| Some((*c, term(c)?)))
        .flat_map(|(c, t)| {
            let free = c.terms[t].free.iter().zip(&c.letters);
            free.map(|((axis, shape), (letter, _))| (*axis, shape, letter))
        })
        .collect();
    let places: Vec<String> = (0..info.axes.len())
        .map(|axis| {
            let mut mine = carriers.iter().filter(|c| c.0 == axis);
            if let Some((_, _, letter)) = mine.clone().find(|c| c.1.is_none()) {
                return (*letter).clone();
            }
            single = false;
            let name = &model.axes[info.axes[axis].index()].name;
            mine.next().map_or_else(
                || ":".to_owned(),
                |(_, shape, letter)| format!("{}={letter}", spelled(shape, name, script)),
            )
        })
        .collect();
    let entry = indexed(&spelled_tensor(&info.name, script), &places, script);
    match (single, script) {
        (true, Script::Plain) => format!("|{entry}|"),
        (true, Script::Latex) => format!("\\lvert {entry} \\rvert"),
        (false, Script::Plain) => format!("||{entry}||"),
        (false, Script::Latex) => format!("\\lVert {entry} \\rVert"),
    }
}

/// An index function of a letter.
fn spelled(shape: &Shape, letter: &str, script: Script) -> String {
    let plain = |e: &IndexExpr| e.display(&|_| letter.to_owned());
    match (shape, script) {
        (None, _) => letter.to_owned(),
        (Some(e), Script::Plain) => plain(e),
        (Some(IndexExpr::FloorDiv(a, n)), Script::Latex) => {
            format!("\\lfloor {}/{n} \\rfloor", plain(a))
        }
        (Some(IndexExpr::Mod(a, n)), Script::Latex) => format!("{} \\bmod {n}", plain(a)),
        (Some(e), Script::Latex) => format!("\\texttt{{{}}}", plain(e).replace('%', "\\%")),
    }
}
