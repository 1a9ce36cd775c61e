//! What a torus says of volumes, norms, weights and laws (theory §6).
//!
//! For z = ⊗ a_k^{⊗m_k} with n real dimensions of the image, F families, M = Σ m_k, t = ‖z‖: at the balanced point
//! A_k = m_k c, c^M Π m_k^{m_k} = t², det Γ_𝔭 ∝ c^F and pdet K = M (t²/c)^n.

use super::{Balance, Torus, weights};
use crate::factor::{ActionView, Factor};
use crate::formula::{Fold, Formula, Function, Norm, Script, Symbol};
use crate::structure::{Branches, Integrability, Least, Listed, Products, Shares, Structure};
use std::f64::consts::LN_2;
use std::sync::Arc;
use symbias_model::error::Result;
use symbias_model::expression::Model;

/// The size of a weight.
const T: Symbol = Symbol::new("t");

impl Torus {
    /// Scalings, or phases, of the same items.
    pub(in crate::structure) fn recognise(
        model: &Model,
        factors: &[&Factor],
        views: &[ActionView],
    ) -> Option<Box<dyn Structure>> {
        views.iter().all(is_diagonal).then_some(())?;
        Some(Box::new(Torus::new(model, factors)?))
    }

    /// ‖a_k‖.
    fn size(&self, group: usize, model: &Model) -> Formula {
        let spelled = |f: &dyn Fn(Script) -> String| [f(Script::Plain), f(Script::Latex)];
        let places = self.groups[group].places.clone();
        Formula::quantity(Norm {
            names: spelled(&|s| self.norm(group, model, s)),
            squares: spelled(&|s| self.squared_norm(group, model, s)),
            places: Arc::new(move |item| places.of(item)),
        })
    }

    /// t = Π ‖a_k‖^{m_k}.
    fn weight(&self, m: &[f64], model: &Model) -> Formula {
        let factor = |(k, m): (usize, &f64)| self.size(k, model).power(*m);
        Formula::product(m.iter().enumerate().map(factor).collect())
    }

    /// n, the real dimension of the image of an item, where all items have the same.
    fn dimension(&self) -> Option<f64> {
        let mut n = 1.0;
        for group in &self.groups {
            n += group.places.common_count()? as f64 - 1.0;
        }
        Some(n)
    }

    /// R of a law where blocks are scaled: c Σ log(κ t).
    fn law_of_scales(&self, model: &Model, shares: Shares) -> Option<Formula> {
        let Balance::Unique(m) = self.balance() else {
            return None;
        };
        let (p, families) = (shares.symmetric, self.families() as f64);
        let (n, whole) = (self.dimension()?, m.iter().sum::<f64>());
        let slope = (n * (whole - 1.0) + p * families) / whole;
        let minors = self.minors();
        let minor = |(d, s): &(f64, Vec<usize>)| d * s.iter().map(|k| m[*k]).product::<f64>();
        let gram = (self.unit() * minors.iter().map(minor).sum::<f64>()).ln();
        let weights: f64 = m.iter().map(|m| m * m.ln()).sum();
        let metric = whole.ln() + n * weights / whole;
        let mut constant = (metric + p * (gram - families * weights / whole)) / 2.0;
        if shares.ratios {
            // ∇χ = 2 ξ/|ξ|², one for each family.
            constant += families * LN_2;
        }
        if slope.abs() < 1e-12 {
            let all = constant * self.items() as f64;
            return Some(Formula::Number(0.0).log(0.0, all));
        }
        let law = self.weight(&m, model).log(slope, constant);
        Some(law.items(self.letters(), self.items()))
    }

    /// R of a law where blocks are turned: phases of z z*.
    fn law_of_phases(&self, model: &Model, shares: Shares) -> Option<Formula> {
        let [group] = self.groups.as_slice() else {
            return None;
        };
        let n = group.places.common_count()? as f64 / 2.0;
        let k = shares.compact;
        // det Γ = unit q² ‖a‖².
        let minors: f64 = self.minors().iter().map(|m| m.0).sum();
        let gram = (self.unit() * minors).ln();
        let constant = (LN_2 * (2.0 + 2.0 * (n - 1.0)) + k * gram) / 2.0;
        let slope = 2.0 * n - 1.0 + k;
        if slope == 0.0 {
            let all = constant * self.items() as f64;
            return Some(Formula::Number(0.0).log(0.0, all));
        }
        let law = self.size(0, model).log(slope, constant);
        Some(law.items(self.letters(), self.items()))
    }
}

/// Whether a factor multiplies single entries.
pub(in crate::structure) fn is_diagonal(view: &ActionView) -> bool {
    matches!(
        view,
        ActionView::Diagonal { .. }
            | ActionView::Matrix {
                size: 1,
                group: "gl",
                complex: false,
                ..
            }
    )
}

impl Structure for Torus {
    fn volume(&self, model: &Model) -> Option<Formula> {
        let term = |(c, subset): &(f64, Vec<usize>)| {
            let squares = subset.iter().map(|k| self.size(*k, model).power(2.0));
            Formula::product(squares.chain([Formula::Number(*c)]).collect())
        };
        let sum = Formula::sum(self.minors().iter().map(term).collect());
        Some(Formula::Items {
            fold: Fold::Product,
            letters: self.letters(),
            count: self.items(),
            body: Box::new(sum.times(self.unit())),
        })
    }

    fn weights(&self, model: &Model) -> Option<Listed> {
        weights::listed(self, model)
    }

    fn branches(&self) -> Option<Branches> {
        weights::branches(self)
    }

    /// R Σ m_k²/A_k along z, m_k R/A_k with multiplicity n_k − 1 across, R = Π A_k^{m_k}:
    /// pdet K = (Σ_k m_k² R/A_k) Π_k (m_k R/A_k)^{n_k−1}.
    fn log_pdet(&self, theta: &[f64]) -> Option<f64> {
        if self.phase {
            // z z*, z of n complex entries: 4‖z‖² along z, twice ‖z‖² for each other real direction
            // that the phase does not take.
            let item = |i: usize| {
                let n = self.groups[0].places.count(i) / 2;
                let square = self.squares(i, theta)[0];
                (4.0 * square).ln() + 2.0 * (n as f64 - 1.0) * (2.0 * square).ln()
            };
            return (self.groups.len() == 1).then(|| (0..self.items()).map(item).sum());
        }
        let Balance::Unique(m) = self.balance() else {
            return None;
        };
        let item = |i: usize| {
            let a = self.squares(i, theta);
            let log_r: f64 = a.iter().zip(&m).map(|(a, m)| m * a.ln()).sum();
            let along: f64 = a.iter().zip(&m).map(|(a, m)| m * m / a).sum();
            let across = |(k, m): (usize, &f64)| {
                let n = self.groups[k].places.count(i) as f64;
                (n - 1.0) * (m.ln() + log_r - a[k].ln())
            };
            log_r + along.ln() + m.iter().enumerate().map(across).sum::<f64>()
        };
        Some((0..self.items()).map(item).sum())
    }

    /// min over α of ½ Σ_k A_k e^{2⟨q_k, α⟩}: if Σ m_k q_k = 0 has one solution up to a factor and it is positive, the
    /// inequality of the arithmetic and the geometric mean gives (M/2) Π (A_k/m_k)^{m_k/M}; if none is positive, the
    /// infimum is not attained.
    fn least_norm(&self, model: &Model) -> Least {
        let m = match self.balance() {
            Balance::Shrinks(reason) => return Least::NotAttained(reason),
            Balance::Several => return Least::Unknown,
            Balance::Unique(m) => m,
        };
        let whole: f64 = m.iter().sum();
        let coefficient = whole / 2.0 * m.iter().map(|m| m.powf(-m / whole)).product::<f64>();
        let power = |(k, m): (usize, &f64)| self.size(k, model).power(2.0 * m / whole);
        let product = Formula::product(m.iter().enumerate().map(power).collect());
        let all = product.times(coefficient);
        Least::Is(all.items(self.letters(), self.items()))
    }

    fn law(&self, model: &Model, shares: Shares) -> Option<Formula> {
        if self.phase {
            self.law_of_phases(model, shares)
        } else {
            self.law_of_scales(model, shares)
        }
    }

    /// Rank-one weights of two blocks: t^{1−(a+b)/2} K_{|a−b|/2}(ratio t).
    fn tempered(&self, model: &Model, ratio: f64) -> Option<Formula> {
        let two = self.groups.len() == 2 && self.balance() == Balance::Unique(vec![1.0, 1.0]);
        (two && !self.phase).then_some(())?;
        self.dimension()?;
        let [a, b] = [0, 1].map(|k| self.groups[k].places.count(0) as f64);
        let t = Formula::Variable(T, crate::formula::Index::None);
        let bessel = Function::LogBesselK((a - b).abs() / 2.0);
        let terms = [
            t.clone().log((a + b) / 2.0 - 1.0, 0.0),
            t.times(ratio).apply(bessel).times(-1.0),
        ];
        let body = Formula::Let {
            symbol: T,
            value: Box::new(self.weight(&[1.0, 1.0], model)),
            held: false,
            body: Box::new(Formula::joined(terms)),
        };
        Some(body.items(self.letters(), self.items()))
    }

    /// With the volume t^{n−1} dt of the image near t = 0 and a density t^{−p}: integrable iff n > p, where
    /// p = n(1 − 1/M) + F/M on the slice, hence n > F; n(1 − 1/M) for horizontal noise.
    fn integrable(&self, shares: Shares) -> Option<Integrability> {
        if self.phase {
            return Some(Ok(()));
        }
        let Balance::Unique(m) = self.balance() else {
            return None;
        };
        let (n, f) = (self.dimension()?, self.families() as f64);
        let whole = m.iter().sum::<f64>();
        let power = n * (1.0 - 1.0 / whole) + shares.symmetric * f / whole;
        if n > power {
            return Some(Ok(()));
        }
        let kind = if n == power { " logarithmically" } else { "" };
        Some(Err(format!(
            "it goes like t^-{power} against t^{} dt, t the norm of a weight: the integral diverges{kind} at 0",
            n - 1.0
        )))
    }

    fn products(&self, model: &Model) -> Option<Products> {
        let single = self
            .groups
            .iter()
            .all(|g| g.places.common_count() == Some(1));
        let ones = |m: &Vec<f64>| m.iter().all(|m| *m == 1.0);
        let holds =
            single && !self.phase && matches!(self.balance(), Balance::Unique(m) if ones(&m));
        let item = |i: usize| self.groups.iter().flat_map(|g| g.places.of(i)).collect();
        let square = |k: usize| self.size(k, model).power(2.0);
        holds.then(|| Products {
            places: (0..self.items()).map(item).collect(),
            letters: self.letters(),
            squares: (0..self.groups.len()).map(square).collect(),
        })
    }

    fn section(&self) -> std::result::Result<(), &'static str> {
        const SEVERAL: &str = "scalings or phases that leave more than one product of blocks";
        match self.balance() {
            Balance::Shrinks(why) if !self.phase => Err(why),
            _ if self.phase && self.groups.len() == 1 => Ok(()),
            Balance::Unique(m) if !self.phase && m.iter().all(|m| m.fract() == 0.0) => Ok(()),
            _ => Err(SEVERAL),
        }
    }

    fn lift(&self, _: &Listed, w: &[f64], start: &[f64], theta: &mut [f64]) -> Result<()> {
        weights::lift(self, w, start, theta);
        Ok(())
    }
}
