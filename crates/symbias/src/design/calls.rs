//! What a target adds to the language besides functions of singular values: `name[i,k](w[i], A[i,k])`, a norm or gauge of w that a constant
//! array makes. Each call is taken out of the text, and statements of its own put its arguments in the checked program.

use super::evaluate::Evaluation;
use super::spectral::{bracketed, split, words};
use super::target::Target;
use std::fmt::Write;
use symbias_model::error::{Error, ErrorKind, Result, Span};
use symbias_model::expression::{Factor, NodeId, Source, TensorId};

/// Which function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Called {
    /// min{Σ_g ‖v_g‖_{M_g} : Σ_g v_g = w}.
    Latent,
    /// min{Σ y_k : Ay = w, y ≥ 0}.
    Gauge,
    /// min{Σ|y_k| : Ay = w}.
    Atomic,
}

impl Called {
    const ALL: [Called; 3] = [Called::Latent, Called::Gauge, Called::Atomic];

    /// Its word in a target.
    pub fn word(self) -> &'static str {
        match self {
            Called::Latent => "latent",
            Called::Gauge => "gauge",
            Called::Atomic => "atomic",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Called::Latent => "latent[i,g](w[i], M[i,g]), M a constant without negative entries",
            Called::Gauge => "gauge[i,k](w[i], A[i,k]), the atoms in the columns of a constant A",
            Called::Atomic => "atomic[i,k](w[i], A[i,k]), the atoms in the columns of a constant A",
        }
    }
}

/// A call in a target.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    pub function: Called,
    /// The name that stands for it.
    pub name: String,
    letters: [String; 2],
    vector: String,
    matrix: String,
}

impl Call {
    /// The name of its first argument.
    pub fn vector(&self) -> String {
        format!("{}_vector", self.name)
    }

    /// The name of its second argument.
    pub fn matrix(&self) -> String {
        format!("{}_matrix", self.name)
    }

    /// Its statements; what stands for it is only looked up.
    pub fn statements(&self, program: &mut String, outputs: &mut Vec<String>) {
        let [i, k] = &self.letters;
        let (vector, matrix) = (self.vector(), self.matrix());
        let _ = writeln!(program, "{} = sum[{i}]({vector}[{i}])", self.name);
        let _ = writeln!(program, "{vector}[{i}] = {}", self.vector);
        let _ = writeln!(program, "{matrix}[{i},{k}] = {}", self.matrix);
        outputs.extend([vector, matrix].map(|o| format!("\"{o}\"")));
    }
}

/// A call as a term: factor · weights · function(scale·w, A).
#[derive(Clone, Debug)]
pub(super) struct CalledLeaf {
    pub component: TensorId,
    pub call: Call,
    pub factor: f64,
    pub weights: Vec<Factor>,
    pub scale: Option<NodeId>,
    pub span: Span,
}

impl CalledLeaf {
    /// factor · weights · |scale|: the functions are of degree one.
    pub fn times(&self, target: &Target) -> Option<f64> {
        let mut e = Evaluation::new(&target.model, &target.arrays);
        let mut product = self.factor;
        for w in &self.weights {
            let v = e.node(w.node)?;
            product = if w.inverse { product / v } else { product * v };
        }
        match self.scale {
            Some(scale) => Some(product * e.node(scale)?.abs()),
            None => Some(product),
        }
    }

    /// Whether its first argument is a negative multiple of the component.
    pub fn turns(&self, target: &Target) -> bool {
        let mut e = Evaluation::new(&target.model, &target.arrays);
        let scale = self.scale.and_then(|s| e.node(s));
        scale.is_some_and(|s| s < 0.0)
    }

    /// Its array: rows, and their length.
    pub fn array(&self, target: &Target) -> Result<(Vec<f64>, usize)> {
        let model = &target.model;
        let wrong = || {
            Error::new(
                ErrorKind::Unsupported,
                format!(
                    "the second argument of `{}` is no constant array",
                    self.call.function.word()
                ),
            )
            .at(self.span)
            .remedy(format!("write {}", self.call.function.example()))
        };
        let id = model.find(&self.call.matrix()).ok_or_else(wrong)?;
        let Source::Defined { node, labels } = &model.tensor(id).source else {
            return Err(wrong());
        };
        let [rows, columns] = [0, 1].map(|k| model.label_size(labels[k]) as usize);
        let mut e = Evaluation::new(model, &target.arrays);
        let mut entries = Vec::with_capacity(rows * columns);
        for i in 0..rows {
            for k in 0..columns {
                e.letters[labels[0].index()] = i;
                e.letters[labels[1].index()] = k;
                let x = e.node(*node).ok_or_else(wrong)?;
                if !x.is_finite() {
                    return Err(Error::new(
                        ErrorKind::Value,
                        format!(
                            "entry [{i},{k}] of the array of `{}` is {x}",
                            self.call.function.word()
                        ),
                    )
                    .at(self.span)
                    .remedy("its entries are finite numbers"));
                }
                entries.push(x);
            }
        }
        Ok((entries, columns))
    }
}

/// Takes calls out of a target.
///
/// # Errors
/// Brackets that do not close, or hold something else.
pub(super) fn extract(text: &str) -> Result<(String, Vec<Call>)> {
    let mut rest = text.to_owned();
    let mut found = Vec::new();
    loop {
        let next = words(&rest).into_iter().find_map(|(at, w)| {
            let function = Called::ALL.into_iter().find(|f| f.word() == w)?;
            Some((at, function))
        });
        let Some((start, function)) = next else { break };
        let wrong = |what: &str| {
            Error::new(
                ErrorKind::Syntax,
                format!("`{}` in the target: {what}", function.word()),
            )
            .remedy(format!("write {}", function.example()))
        };
        let (letters, end) = bracketed(&rest, start + function.word().len(), '[', ']')
            .ok_or_else(|| wrong("the two letters that it runs over are missing"))?;
        let letters: Vec<String> = letters.split(',').map(|l| l.trim().to_owned()).collect();
        let letters =
            <[String; 2]>::try_from(letters).map_err(|_| wrong("it runs over two letters"))?;
        let (inner, end) =
            bracketed(&rest, end, '(', ')').ok_or_else(|| wrong("its arguments are missing"))?;
        let [vector, matrix] = split(inner)[..] else {
            return Err(wrong("it takes the weights and a constant array"));
        };
        let call = Call {
            function,
            name: format!("{}_{}", function.word(), found.len()),
            letters,
            vector: vector.trim().to_owned(),
            matrix: matrix.trim().to_owned(),
        };
        rest.replace_range(start..end, &call.name);
        found.push(call);
    }
    Ok((rest, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_taken_out_with_their_arguments() {
        let (rest, found) =
            extract("0.5*latent[i,g](w[i], abs(M[i,g])) + sum[i](z[i]^2)").expect("fits");
        assert_eq!(rest, "0.5*latent_0 + sum[i](z[i]^2)");
        assert_eq!(found[0].vector, "w[i]");
        assert_eq!(found[0].matrix, "abs(M[i,g])");
        for wrong in ["latent(w)", "latent[i](w[i], M[i,i])", "latent[i,g](w[i])"] {
            assert!(extract(wrong).is_err(), "{wrong}");
        }
    }
}
