//! The part of a parameterization that makes one component: which parameters, how they make it, and at what least ½‖θ‖².

use super::form::{Form, number};
use super::structured::{Sharing, Structured};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a component is penalised by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// Its entries.
    Entries,
    /// Norms of its groups.
    Groups,
    /// Its singular values.
    Singular,
    /// The component as a whole, by a norm of its own.
    Joint,
}

/// How parameters make a component z.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Construction {
    /// z = α Π|θ_j|^{a_j}, the first factor with exponent 1, its sign and, in a group, all of its directions:
    /// R = (A/2)((z/α)²/Πa_j^{a_j})^{1/A}, A = Σa_j (theory §7.1). For singular values a product of matrices.
    Product {
        /// α.
        scale: f64,
        /// a_j.
        exponents: Vec<f64>,
    },
    /// z = f(q), f the inverse of r on each side: R(f(q)) = |q| of q = uv, or q²/2 of a single parameter.
    Profile {
        /// r for z > 0.
        plus: Form,
        /// r for z < 0.
        minus: Form,
        /// Whether q is a single parameter.
        single: bool,
    },
    /// z = pre(x) of a raw number x with profiles of the language, x = forward(z); of a group pre(x) times a direction.
    Curve {
        /// What x is.
        raw: Raw,
        /// Of the word `x`.
        pre: String,
        /// Of the word `z`.
        forward: String,
        /// Profiles, by name, as TOML.
        profiles: Vec<(String, String)>,
    },
    /// z = α Σ_{j≤2} u_j v_j, or α u‖v‖ of a group with v of n + 1 entries: under isotropic noise e^{−|z|/(ατ)} (theory §7.2).
    Mixture {
        /// α.
        scale: f64,
    },
    /// z = αt + βuv: z²/(2α²) □ |z|/β, the Huber function.
    Sum {
        /// α.
        alpha: f64,
        /// β.
        beta: f64,
    },
    /// z = αt² ≥ 0: R = z/(2α) (theory §7.1, atoms).
    Square {
        /// α.
        scale: f64,
    },
    /// z_i = u_i η_i(s²)^{−1/2}: factors that entries share.
    Structured(Structured),
}

/// The raw number of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Raw {
    /// x = t; of a group x = ‖v‖.
    Single,
    /// x = uv; of a group x = |s|‖v‖.
    Pair,
}

impl Raw {
    /// What its parameters are called.
    pub(super) fn letters(self, group: bool) -> &'static [&'static str] {
        match (self, group) {
            (Raw::Single, false) => &["t"],
            (Raw::Single, true) => &["v"],
            (Raw::Pair, false) => &["u", "v"],
            (Raw::Pair, true) => &["v", "s"],
        }
    }
}

/// A part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// The component.
    pub component: String,
    /// Letters of its axes.
    pub letters: Vec<String>,
    /// Its sizes.
    pub shape: Vec<usize>,
    /// What it is penalised by.
    pub on: On,
    /// Places of the axes of a group, or of rows and columns.
    pub inner: Vec<usize>,
    /// How it is made.
    pub construction: Construction,
    /// Weights of the places that are not inner, where they differ.
    pub weights: Option<Vec<f64>>,
    /// The parameters, in the order of the construction.
    pub names: Vec<String>,
    /// Letters of the axes between factors of a product of matrices.
    pub between: Vec<String>,
    /// The charge of the leaf that the bias is stated on.
    #[serde(default)]
    pub charge: f64,
}

/// A declared parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its axes.
    pub axes: Vec<String>,
    /// What it stands for.
    pub stands_for: String,
}

impl Part {
    /// Whether its entries are not negative.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        matches!(self.construction, Construction::Square { .. })
    }

    /// Places of the axes that are not inner.
    #[must_use]
    pub fn outer(&self) -> Vec<usize> {
        (0..self.shape.len())
            .filter(|a| !self.inner.contains(a))
            .collect()
    }

    /// How many functions r there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.outer().iter().map(|a| self.shape[*a]).product()
    }

    /// Entries of a group, or the smaller side of a matrix.
    #[must_use]
    pub fn size(&self) -> usize {
        let sizes = self.inner.iter().map(|a| self.shape[*a]);
        match self.on {
            On::Singular => sizes.min().unwrap_or(1),
            _ => sizes.product(),
        }
    }

    /// The size of the axes that are between factors.
    #[must_use]
    pub fn between_size(&self) -> usize {
        match (&self.construction, self.on) {
            (Construction::Mixture { .. }, On::Groups) => self.size() + 1,
            (Construction::Mixture { .. }, _) => 2,
            (Construction::Structured(s), _) => s.groups,
            _ => self.size(),
        }
    }

    /// The profiles that it needs.
    #[must_use]
    pub fn profiles(&self) -> &[(String, String)] {
        match &self.construction {
            Construction::Curve { profiles, .. } => profiles,
            _ => &[],
        }
    }

    fn at(&self, places: &[usize]) -> Vec<String> {
        places.iter().map(|a| self.letters[*a].clone()).collect()
    }

    /// The name of the constant that carries the weights.
    #[must_use]
    pub fn constant(&self) -> String {
        format!("{}_weight", self.component)
    }

    /// What the constant has as entries: the factor of the product, or the weight.
    #[must_use]
    pub fn constants(&self) -> Option<Vec<f64>> {
        if let Construction::Structured(s) = &self.construction {
            return Some(s.factors.clone());
        }
        let weights = self.weights.as_ref()?;
        Some(match &self.construction {
            Construction::Product { scale, exponents } => {
                let half = exponents.iter().sum::<f64>() / 2.0;
                weights.iter().map(|m| scale * m.powf(-half)).collect()
            }
            Construction::Mixture { scale } => weights.iter().map(|m| scale / m).collect(),
            _ => weights.clone(),
        })
    }

    /// The axes of the constant: letters, and sizes.
    #[must_use]
    pub fn constant_axes(&self) -> (Vec<String>, Vec<usize>) {
        if let Construction::Structured(s) = &self.construction {
            let letters = self.letters.iter().chain(&self.between).cloned();
            return (letters.collect(), vec![s.entries(), s.groups]);
        }
        let outer = self.outer();
        let sizes = outer.iter().map(|a| self.shape[*a]).collect();
        (self.at(&outer), sizes)
    }

    /// The parameters with their axes.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let all = self.letters.clone();
        let outer = self.at(&self.outer());
        let shown = indexed(&self.component, &all);
        let declare = |name: &String, axes: Vec<String>, stands_for: String| Parameter {
            name: name.clone(),
            axes,
            stands_for,
        };
        let group = self.on == On::Groups;
        let names = self.names.iter().enumerate();
        names
            .map(|(j, name)| match (&self.construction, self.on) {
                (Construction::Product { exponents, .. }, On::Singular) => {
                    let inner = self.at(&self.inner);
                    let side = |k: usize, end: &String| match k {
                        0 => inner[0].clone(),
                        k if k == exponents.len() => end.clone(),
                        k => self.between[k - 1].clone(),
                    };
                    let mut axes = outer.clone();
                    axes.push(side(j, &inner[1]));
                    axes.push(side(j + 1, &inner[1]));
                    declare(name, axes, format!("matrix factor {} of {shown}", j + 1))
                }
                (Construction::Product { exponents, .. }, _) => match (j, group) {
                    (0, true) => declare(name, all.clone(), format!("direction of {shown}")),
                    (0, false) if exponents.len() == 1 => {
                        declare(name, outer.clone(), format!("{shown} up to a factor"))
                    }
                    (0, false) => {
                        declare(name, outer.clone(), format!("sign and factor 1 of {shown}"))
                    }
                    _ => declare(
                        name,
                        outer.clone(),
                        match exponents[j] {
                            1.0 => format!("factor {} of {shown}", j + 1),
                            a => format!("factor {} of {shown}, to the power {}", j + 1, number(a)),
                        },
                    ),
                },
                (Construction::Mixture { .. }, _) => {
                    let mut axes = if group && j == 1 {
                        outer.clone()
                    } else {
                        all.clone()
                    };
                    if !group || j == 1 {
                        axes.push(self.between[0].clone());
                    }
                    declare(name, axes, format!("factor {} of {shown}", j + 1))
                }
                (Construction::Profile { .. } | Construction::Curve { .. }, _) => {
                    match (j, group) {
                        (0, true) => declare(name, all.clone(), format!("direction of {shown}")),
                        _ if self.names.len() == 1 => {
                            declare(name, outer.clone(), format!("{shown} before its profile"))
                        }
                        _ => declare(
                            name,
                            outer.clone(),
                            format!("factor {} of {shown} before its profile", j + 1),
                        ),
                    }
                }
                (Construction::Square { .. }, _) => {
                    declare(name, outer.clone(), format!("the root of {shown}"))
                }
                (Construction::Structured(_), _) => match j {
                    0 => declare(
                        name,
                        all.clone(),
                        format!("the factor of {shown} that is its own"),
                    ),
                    _ => declare(
                        name,
                        self.between.clone(),
                        format!("the factor that the {shown} of a group share"),
                    ),
                },
                (Construction::Sum { .. }, _) => match (j, group) {
                    (0, _) => declare(
                        name,
                        all.clone(),
                        format!("the part of {shown} with the squared penalty"),
                    ),
                    (1, true) => declare(
                        name,
                        all.clone(),
                        format!("direction of the other part of {shown}"),
                    ),
                    _ => declare(
                        name,
                        outer.clone(),
                        format!("factor of the other part of {shown}"),
                    ),
                },
            })
            .collect()
    }

    /// The statement that makes the component.
    #[must_use]
    pub fn statement(&self) -> String {
        format!(
            "{} = {}",
            indexed(&self.component, &self.letters),
            self.expression()
        )
    }

    fn weight(&self) -> Option<String> {
        let outer = self.at(&self.outer());
        self.weights
            .as_ref()
            .map(|_| indexed(&self.constant(), &outer))
    }

    fn expression(&self) -> String {
        let parameters = self.parameters();
        let spelled: Vec<String> = parameters
            .iter()
            .map(|p| indexed(&p.name, &p.axes))
            .collect();
        let inner = self.at(&self.inner).join(",");
        let weight = self.weight();
        match &self.construction {
            Construction::Product { scale, exponents } => {
                let mut factors = Vec::new();
                match &weight {
                    Some(w) => factors.push(w.clone()),
                    None if *scale != 1.0 => factors.push(number(*scale)),
                    None => {}
                }
                for (name, a) in spelled.iter().zip(exponents) {
                    factors.push(match *a == 1.0 {
                        true => name.clone(),
                        false => format!("abs({name})^{}", number(*a)),
                    });
                }
                factors.join(" * ")
            }
            Construction::Profile {
                plus,
                minus,
                single,
            } => {
                let over = weight.map_or(String::new(), |w| format!("/{w}"));
                if self.on == On::Groups {
                    let size = match single {
                        true => format!("norm[{inner}]({})^2/2{over}", spelled[0]),
                        false => format!("abs({})*norm[{inner}]({}){over}", spelled[1], spelled[0]),
                    };
                    return format!(
                        "({}) * normalize[{inner}]({})",
                        plus.inverse(&size),
                        spelled[0]
                    );
                }
                let side = |form: &Form, minus: &str| {
                    form.inverse(&match single {
                        true => format!("(relu({minus}{})^2/2{over})", spelled[0]),
                        false => format!("relu({minus}{}*{}{over})", spelled[0], spelled[1]),
                    })
                };
                format!("({}) - ({})", side(plus, ""), side(minus, "-"))
            }
            Construction::Mixture { scale } => {
                let mut factors = Vec::new();
                match &weight {
                    Some(w) => factors.push(w.clone()),
                    None if *scale != 1.0 => factors.push(number(*scale)),
                    None => {}
                }
                factors.push(spelled[0].clone());
                factors.push(match self.on {
                    On::Groups => format!("norm[{}]({})", self.between[0], spelled[1]),
                    _ => spelled[1].clone(),
                });
                factors.join(" * ")
            }
            Construction::Curve { raw, pre, .. } => {
                let group = self.on == On::Groups;
                let x = match (raw, group) {
                    (Raw::Single, false) => spelled[0].clone(),
                    (Raw::Pair, false) => format!("({}*{})", spelled[0], spelled[1]),
                    (Raw::Single, true) => format!("norm[{inner}]({})", spelled[0]),
                    (Raw::Pair, true) => {
                        format!("(abs({})*norm[{inner}]({}))", spelled[1], spelled[0])
                    }
                };
                let made = super::spectral::renamed(pre, "x", &x).unwrap_or_default();
                match group {
                    true => format!("({made}) * normalize[{inner}]({})", spelled[0]),
                    false => made,
                }
            }
            Construction::Square { scale } => format!("{} * {}^2", number(*scale), spelled[0]),
            Construction::Structured(s) => {
                let over = &self.between[0];
                let both: Vec<String> = self.letters.iter().chain(&self.between).cloned().collect();
                let constant = indexed(&self.constant(), &both);
                match s.sharing {
                    Sharing::Latent => {
                        format!("{} * norm[{over}]({constant}*{})", spelled[0], spelled[1])
                    }
                    Sharing::Overlapping => {
                        format!("{} / norm[{over}]({constant}/{})", spelled[0], spelled[1])
                    }
                }
            }
            Construction::Sum { alpha, beta } => {
                let (root, over) = match &weight {
                    Some(w) => (format!("/sqrt({w})"), format!("/{w}")),
                    None => (String::new(), String::new()),
                };
                let times = |c: f64| match c == 1.0 {
                    true => String::new(),
                    false => format!("{} * ", number(c)),
                };
                format!(
                    "{}{}{root} + {}{} * {}{over}",
                    times(*alpha),
                    spelled[0],
                    times(*beta),
                    spelled[1],
                    spelled[2]
                )
            }
        }
    }

    /// The same part for one place: sizes 1 outside, at most `most` inside, with the weight of that place. Of a norm of the whole, that
    /// of so many entries from this one on.
    #[must_use]
    pub fn small(&self, place: usize, most: usize) -> Part {
        let mut part = self.clone();
        if let Construction::Structured(s) = &self.construction {
            let n = s.entries();
            let kept = most.min(n);
            let entries: Vec<usize> = (0..kept).map(|k| (place + k) % n).collect();
            part.construction = Construction::Structured(s.restricted(&entries));
            part.shape = vec![kept];
            return part;
        }
        for a in 0..part.shape.len() {
            part.shape[a] = match part.inner.contains(&a) {
                true => part.shape[a].min(most),
                false => 1,
            };
        }
        if let Some(weights) = &self.weights {
            part.weights = Some(vec![weights[place]]);
        }
        part
    }
}

/// `name[i,j]`, or `name`.
#[must_use]
pub fn indexed(name: &str, letters: &[String]) -> String {
    if letters.is_empty() {
        name.to_owned()
    } else {
        format!("{name}[{}]", letters.join(","))
    }
}
