//! What ranks, null spaces and finite group elements say of a model whose numbers the effort allows.

use super::laws::{Laws, established};
use super::{Options, Structure};
use crate::answer::Rank;
use crate::watch;
use symbias_geometry::charge::conserved::{Conserved, conserved};
use symbias_geometry::charge::moment;
use symbias_geometry::factor::Factor;
use symbias_geometry::field::AffineField;
use symbias_geometry::orbit::gram::{Gram, gram};
use symbias_geometry::probe::Probes;
use symbias_geometry::rank::{GenericRank, generic_rank};
use symbias_geometry::structure::orthonormal;
use symbias_geometry::symmetry::{Evidence, Symmetry, Unexplained, establish, unexplained};
use symbias_model::error::Result;
use symbias_numerics::rank::RankDecision;

/// Parameters up to which the laws of the drivers are computed at a point.
const LAWS: usize = 2000;

/// Multiplications that a metric of the outputs may take.
const METRIC: f64 = 4e9;

/// The results, each with how it was decided.
#[derive(Clone, Debug)]
pub(super) struct Findings {
    /// Rank of J at generic points.
    pub rank: GenericRank,
    /// What is established.
    pub symmetry: Symmetry,
    /// The rules' factors that stand.
    pub standing: Vec<Factor>,
    /// Γ at `theta`.
    pub gram: Option<Gram>,
    /// Rank of the gradients of the charges.
    pub independent: RankDecision,
    /// Symmetric fields beyond the rules' factors.
    pub other: Vec<AffineField>,
    /// Functions that gradient flow conserves.
    pub conserved: Option<Conserved>,
    /// Where the unexplained directions live.
    pub unexplained: Vec<Unexplained>,
    /// Pieces of the function that no probe met.
    pub unmet: usize,
    /// The point at which values are computed.
    pub theta: Vec<f64>,
    /// What each driver selects.
    pub laws: Option<Laws>,
}

impl Findings {
    /// `None` where the rank of J would cost more than the effort allows.
    pub fn of(
        structure: &Structure,
        probes: &Probes<'_>,
        theta: Option<Vec<f64>>,
        options: &Options,
    ) -> Result<Option<Findings>> {
        let model = structure.model();
        let families: Vec<Vec<AffineField>> = structure
            .factors
            .iter()
            .map(|f| f.generators(model))
            .collect();
        let d = probes.parameters();
        watch::stage("rank of J");
        let moved = gram(&families.concat(), &probes.point(0))?.decision.rank;
        let Some(rank) = generic_rank(probes, d - moved, options.effort)? else {
            return Ok(None);
        };
        watch::stage("null space of J(θ)ξ(θ) = 0");
        let symmetry = establish(probes, &families, &rank, options.effort)?;
        let standing: Vec<Factor> = structure
            .factors
            .iter()
            .zip(&symmetry.stands)
            .filter(|(_, stands)| **stands)
            .map(|(factor, _)| factor.clone())
            .collect();
        let generic = probes.point(rank.point);
        let algebra = established(model, &standing, &symmetry.beyond)?;
        let theta = theta.unwrap_or_else(|| generic.clone());
        let at_theta = gram(&algebra.split.all(), &theta)?;
        let mut other = Vec::new();
        for beyond in &symmetry.beyond {
            other.extend(moment::symmetric_part(&beyond.fields, d)?);
        }
        let mut symmetric = orthonormal(model, &standing).symmetric;
        symmetric.extend(other.iter().cloned());
        let mut independent = gram(&symmetric, &probes.point(1))?.decision;
        independent.what = "gradients of the charges".into();
        watch::stage("conserved functions");
        let conserved = conserved(probes, &rank, independent.rank)?;
        let directions = (d - rank.decision.rank).saturating_sub(symmetry.orbit.rank);
        let unexplained = match &symmetry.kernel {
            Some(kernel) if directions > 0 => unexplained(
                &model.space(),
                &kernel.vectors,
                &algebra.split.all(),
                &kernel.theta,
                directions,
            ),
            _ => Vec::new(),
        };
        let mut findings = Findings {
            unmet: probes.pieces().all - probes.pieces().met,
            rank,
            symmetry,
            standing,
            gram: Some(at_theta),
            independent,
            other,
            conserved,
            unexplained,
            theta,
            laws: None,
        };
        // K of all outputs at a few points: rows, thin side squared.
        let outputs = probes.outputs().max(findings.rank.decision.rank) as f64;
        let thin = (d as f64).min(outputs);
        if d <= LAWS && thin * thin * outputs.max(d as f64) <= METRIC {
            watch::stage("what each driver selects");
            findings.laws = Some(Laws::of(structure, probes, algebra, &findings, options)?);
        }
        Ok(Some(findings))
    }

    /// Whether what is established is all that there can be.
    pub fn is_complete(&self) -> bool {
        self.symmetry.complete != symbias_geometry::symmetry::Complete::Open
    }

    /// Whether the rules have found every symmetry that there can be.
    pub fn rules_are_all(&self) -> bool {
        let bound = self
            .symmetry
            .upper
            .is_none_or(|u| u == self.symmetry.dimension);
        self.symmetry.is_of_rules() && self.symmetry.refused.is_none() && bound
    }

    /// Every rank that was decided.
    pub fn ranks(&self) -> Vec<Rank> {
        let mut ranks = vec![answer(&self.rank.decision, Some(self.rank.evidence))];
        ranks.extend(self.symmetry.decisions.iter().map(|d| answer(d, None)));
        ranks.push(answer(&self.symmetry.orbit, None));
        ranks.push(answer(&self.independent, None));
        ranks.extend(self.conserved.as_ref().map(|c| answer(&c.decision, None)));
        ranks
    }

    /// Independent conserved functions, where the search was exhausted.
    pub fn conserved_count(&self) -> Option<u64> {
        let found = self.conserved.as_ref().filter(|c| c.exhausted)?;
        Some(found.count as u64)
    }
}

fn answer(decision: &RankDecision, evidence: Option<Evidence>) -> Rank {
    let evidence = evidence.unwrap_or(match (decision.exact, decision.is_certain()) {
        (true, _) => Evidence::Proven,
        (false, true) => Evidence::Certified,
        (false, false) => Evidence::Open,
    });
    Rank {
        what: decision.what.clone(),
        rank: decision.rank as u64,
        gap: decision.gap.is_finite().then_some(decision.gap),
        exact: decision.exact,
        evidence,
        error_probability: decision.error_probability,
    }
}
