//! A component and its part of a target.

use super::atoms::{Atoms, Signs};
use super::evaluate::Evaluation;
use super::leaf::{Anchor, Leaf, LinearLeaf};
use super::spell;
use super::structured::Structured;
use super::target::Target;
use symbias_bias::Driver;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Label;

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
    pub leaves: Vec<Leaf>,
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
    pub fn is_sum_of_squares(&self, target: &Target) -> bool {
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
