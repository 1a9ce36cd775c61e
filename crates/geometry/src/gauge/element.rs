//! The group element that a gauge applied: a product of exponentials of symmetric generators and
//! of translations.

use super::local::Local;
use super::pair::{Rows, read, write};
use std::sync::Arc;
use symbias_numerics::dense::Matrix;

/// g = g_n … g_1, each g_k an exponential of a symmetric generator or a translation of θ ∈ ℝᵈ.
/// The default is the identity.
#[derive(Clone, Debug, Default)]
pub struct Element {
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    /// θ_i ← e^{x_i} θ_i.
    Diagonal(Vec<(usize, f64)>),
    /// θ ← e^X θ, X = Σ x_a A_a on the coordinates of a component.
    Linear(Arc<Local>, Vec<f64>),
    /// A ← e^X A, B ← e^{−X} B for a pair of stacks.
    Stacks(Stacks),
    /// θ ← θ + c.
    Shift(Vec<(usize, f64)>),
}

/// Symmetric matrices, each the inverse of the other, that act on a pair of stacks.
#[derive(Clone, Debug)]
pub(super) struct Stacks {
    places: Arc<Rows>,
    factors: Arc<[Matrix; 2]>,
    /// Whether they are exchanged: the inverse.
    inverse: bool,
}

impl Stacks {
    pub fn new(places: &Arc<Rows>, factors: [Matrix; 2]) -> Stacks {
        Stacks {
            places: Arc::clone(places),
            factors: Arc::new(factors),
            inverse: false,
        }
    }

    fn inverse(&self) -> Stacks {
        Stacks {
            inverse: !self.inverse,
            ..self.clone()
        }
    }

    fn apply(&self, at: &mut [f64]) {
        let [a, b] = read(&self.places, at);
        let [g, h] = self.factors.as_ref();
        let (g, h) = if self.inverse { (h, g) } else { (g, h) };
        // The shapes are those that the factors were computed from.
        if let (Ok(a), Ok(b)) = (g.matmul(&a), h.matmul(&b)) {
            write(&self.places, &[a, b], at);
        }
    }
}

impl Element {
    pub(super) fn scale(&mut self, exponents: Vec<(usize, f64)>) {
        if !exponents.is_empty() {
            self.steps.push(Step::Diagonal(exponents));
        }
    }

    pub(super) fn exponential(&mut self, local: &Arc<Local>, x: Vec<f64>) {
        self.steps.push(Step::Linear(Arc::clone(local), x));
    }

    pub(super) fn stacks(&mut self, stacks: Stacks) {
        self.steps.push(Step::Stacks(stacks));
    }

    pub(super) fn shift(&mut self, by: Vec<(usize, f64)>) {
        if !by.is_empty() {
            self.steps.push(Step::Shift(by));
        }
    }

    pub(super) fn then(&mut self, next: Element) {
        self.steps.extend(next.steps);
    }

    /// Coefficients of the exponentials of matrices, in the order of application.
    pub(super) fn coefficients(&self) -> Vec<&[f64]> {
        self.steps
            .iter()
            .filter_map(|step| match step {
                Step::Linear(_, x) => Some(x.as_slice()),
                Step::Diagonal(_) | Step::Stacks(_) | Step::Shift(_) => None,
            })
            .collect()
    }

    /// Whether nothing was applied.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.steps.is_empty()
    }

    /// gθ, of length d.
    #[must_use]
    pub fn apply(&self, theta: &[f64]) -> Vec<f64> {
        let mut at = theta.to_vec();
        self.steps.iter().for_each(|s| s.apply(true, &mut at));
        at
    }

    /// Lᵀc for the linear part L of g and a covector c of length d: the factors are symmetric, so
    /// that the transpose is the reversed product. A gradient at gθ is taken back to θ by it.
    #[must_use]
    pub fn transposed(&self, covector: &[f64]) -> Vec<f64> {
        let mut at = covector.to_vec();
        let steps = self.steps.iter().rev();
        steps.for_each(|s| s.apply(false, &mut at));
        at
    }

    /// g⁻¹, as an element.
    #[must_use]
    pub fn inverse(&self) -> Element {
        let mut inverse = self.negated();
        inverse.steps.reverse();
        inverse
    }

    /// g⁻ᵀ, the linear part: what moves gradients when g moves θ, and the other way round. The
    /// factors are symmetric, so that it has theirs with opposite signs, in the same order.
    #[must_use]
    pub fn dual(&self) -> Element {
        let mut dual = self.negated();
        dual.steps.retain(|s| !matches!(s, Step::Shift(_)));
        dual
    }

    fn negated(&self) -> Element {
        let minus = |x: &[(usize, f64)]| x.iter().map(|(i, x)| (*i, -x)).collect();
        let step = |step: &Step| match step {
            Step::Diagonal(x) => Step::Diagonal(minus(x)),
            Step::Linear(local, x) => Step::Linear(local.clone(), x.iter().map(|x| -x).collect()),
            Step::Stacks(stacks) => Step::Stacks(stacks.inverse()),
            Step::Shift(c) => Step::Shift(minus(c)),
        };
        Element {
            steps: self.steps.iter().map(step).collect(),
        }
    }
}

impl Step {
    fn apply(&self, affine: bool, at: &mut [f64]) {
        match self {
            Step::Diagonal(x) => x.iter().for_each(|(i, x)| at[*i] *= x.exp()),
            Step::Linear(local, x) => {
                let mut part = local.gather(at);
                local.combination(x).exponential(1.0, &mut part);
                local.scatter(&part, at);
            }
            Step::Stacks(stacks) => stacks.apply(at),
            Step::Shift(c) if affine => c.iter().for_each(|(i, c)| at[*i] += c),
            Step::Shift(_) => {}
        }
    }
}
