//! What ranks, null spaces and finite group elements say of a model of moderate size.

use super::laws::{Laws, established};
use super::{Options, Structure};
use crate::answer::Rank;
use symbias_geometry::algebra;
use symbias_geometry::charge::conserved::{Conserved, conserved};
use symbias_geometry::charge::moment;
use symbias_geometry::component::orthonormal;
use symbias_geometry::discover::certificate::{Certificate, certify};
use symbias_geometry::discover::numerical::{Numerical, numerical};
use symbias_geometry::field::AffineField;
use symbias_geometry::orbit::gram::{Gram, gram};
use symbias_geometry::probe::Probes;
use symbias_geometry::rank::{GenericRank, generic_rank};
use symbias_model::data;
use symbias_model::error::Result;
use symbias_model::scalar::{Exact, Inputs};
use symbias_numerics::field::MERSENNE61;
use symbias_numerics::rank::{ExactRowSpace, RankDecision};

/// Fresh points of the certificate.
const POINTS: u64 = 8;
/// The largest algebra that is named from its generators.
const NAMED: usize = 400;

/// The results, each with how it was decided.
#[derive(Clone, Debug)]
pub(super) struct Findings {
    /// Rank of J at generic points.
    pub rank: GenericRank,
    /// Dimension of the orbit of a generic point.
    pub orbit: RankDecision,
    /// Γ at `theta`.
    pub gram: Option<Gram>,
    /// Upper bound on the algebra.
    pub upper: Option<Numerical>,
    /// Translations beyond the rules, established by an exact identity test.
    pub translations: Vec<AffineField>,
    /// Symmetries beyond the rules, established by an exact identity test.
    pub extra: Option<Extra>,
    pub certificate: Option<Certificate>,
    /// Rank of the gradients of the charges.
    pub independent: RankDecision,
    /// Symmetric generators, where the rules have not found all.
    pub symmetric: Option<Vec<AffineField>>,
    /// Functions that gradient flow conserves.
    pub conserved: Option<Conserved>,
    /// The point at which values are computed.
    pub theta: Vec<f64>,
    /// What each driver selects.
    pub laws: Option<Laws>,
}

/// An algebra found by numerics alone.
#[derive(Clone, Debug)]
pub(super) struct Extra {
    /// Its name, with what the rules found.
    pub name: String,
    /// Its dimension, with what the rules found.
    pub dimension: usize,
    /// All its generators.
    pub fields: Vec<AffineField>,
    /// Whether it is compact, and the dimension of 𝔨.
    pub compact: bool,
    pub compact_dimension: usize,
}

impl Findings {
    pub fn of(
        structure: &Structure,
        theta: Option<Vec<f64>>,
        samples: Option<Vec<Inputs>>,
        options: &Options,
        stage: &mut dyn FnMut(&str),
    ) -> Result<Findings> {
        let model = &structure.model;
        let files = data::constants(model)?;
        let probes = Probes::new(model, &files, samples, options.seed)?;
        let mut families: Vec<Vec<AffineField>> = structure
            .factors
            .iter()
            .map(|f| f.generators(model))
            .collect();
        let rules: Vec<AffineField> = families.concat();
        stage("rank of J");
        let moved = gram(&rules, &probes.point(0))?.decision.rank;
        let rank = generic_rank(&probes, probes.parameters() - moved)?;
        stage("null space of J(θ)ξ(θ) = 0");
        let upper = numerical(&probes, &rules)?;
        let translations = upper
            .as_ref()
            .map_or_else(Vec::new, |u| more_translations(&probes, u, &rules));
        let rules = [rules, translations.clone()].concat();
        if !translations.is_empty() {
            families.push(translations.clone());
        }
        let extra = match &upper {
            Some(upper) => beyond_rules(&probes, upper, rules.len())?,
            None => None,
        };
        let fields = extra.as_ref().map_or(rules, |e| e.fields.clone());
        if let Some(extra) = &extra {
            families.push(extra.fields.clone());
        }
        stage("certificate");
        let certificate = certify(&probes, &families, POINTS)?;
        let generic = probes.point(rank.point);
        let orbit = gram(&fields, &generic)?.decision;
        let theta = theta.unwrap_or(generic);
        let at_theta = match &extra {
            Some(extra) => gram(&extra.fields, &theta)?,
            None => {
                let split = orthonormal(model, &structure.factors);
                gram(&[split.all(), translations.clone()].concat(), &theta)?
            }
        };
        let symmetric = match &extra {
            Some(extra) => moment::symmetric_part(&extra.fields, probes.parameters())?,
            None => [
                orthonormal(model, &structure.factors).symmetric,
                translations.clone(),
            ]
            .concat(),
        };
        let mut independent = gram(&symmetric, &probes.point(1))?.decision;
        independent.what = "gradients of the charges".into();
        stage("conserved functions");
        let conserved = conserved(&probes, &rank, independent.rank)?;
        let algebra = established(
            structure,
            extra.as_ref().map(|e| e.fields.as_slice()),
            &translations,
        )?;
        let mut findings = Findings {
            rank,
            orbit,
            gram: Some(at_theta),
            upper,
            certificate,
            independent,
            symmetric: (extra.is_some() || !translations.is_empty()).then_some(symmetric),
            translations,
            extra,
            conserved,
            theta,
            laws: None,
        };
        stage("what each driver selects");
        findings.laws = Some(Laws::of(structure, &probes, algebra, &findings, options)?);
        Ok(findings)
    }

    /// Whether rules and identities have found every symmetry that there can be.
    pub fn rules_or_identities(&self, structure: &Structure) -> bool {
        self.upper
            .as_ref()
            .is_none_or(|u| u.dimension <= self.proven(structure))
    }

    /// Dimension of what is established.
    pub fn proven(&self, structure: &Structure) -> usize {
        let rules: u128 = structure.kinds.iter().map(|k| k.dimension).sum();
        let known = self.translations.len() + rules as usize;
        self.extra.as_ref().map_or(known, |e| e.dimension)
    }

    /// Whether the rules have found every symmetry that there can be.
    pub fn rules_are_all(&self, structure: &Structure) -> bool {
        let open = self
            .upper
            .as_ref()
            .is_some_and(|u| u.dimension > self.proven(structure));
        self.extra.is_none() && self.translations.is_empty() && !open
    }

    /// Every rank that was decided.
    pub fn ranks(&self) -> Vec<Rank> {
        let mut ranks = vec![answer(&self.rank.decision)];
        ranks.extend(self.upper.as_ref().map(|u| answer(&u.decision)));
        ranks.push(answer(&self.orbit));
        ranks.push(answer(&self.independent));
        ranks.extend(self.conserved.as_ref().map(|c| answer(&c.decision)));
        ranks
    }

    /// Independent conserved functions, where the search was exhausted.
    pub fn conserved_count(&self) -> Option<u64> {
        let found = self.conserved.as_ref().filter(|c| c.exhausted)?;
        Some(found.count as u64)
    }
}

fn answer(decision: &RankDecision) -> Rank {
    Rank {
        what: decision.what.clone(),
        rank: decision.rank as u64,
        gap: decision.gap.is_finite().then_some(decision.gap),
        exact: decision.exact,
        error_probability: decision.error_probability,
    }
}

/// What the null space holds beyond the rules, where it is an identity: exact arithmetic on a
/// function without pieces. Multiples of translations are in the null space too and are no
/// symmetries of their own; where there are some, the gap is reported and nothing is claimed.
fn beyond_rules(probes: &Probes<'_>, upper: &Numerical, rules: usize) -> Result<Option<Extra>> {
    let identity = upper.decision.exact && !probes.is_piecewise() && upper.translations == 0;
    if upper.dimension <= rules || !identity || upper.dimension > NAMED {
        return Ok(None);
    }
    let fields = match upper.fields()? {
        Some(fields) => fields,
        // Generic constants are no small fractions: the dimension is exact, the fields are rounded.
        None => match upper.in_floating_point(probes)? {
            Some(rounded) => rounded.fields()?.unwrap_or_default(),
            None => return Ok(None),
        },
    };
    let Ok(found) = algebra::recognise(&fields, NAMED) else {
        return Ok(None);
    };
    if found.dimension != upper.dimension || !found.closed {
        return Ok(None);
    }
    let antisymmetric = fields.iter().all(|f| {
        let turned = AffineField {
            linear: f
                .linear
                .iter()
                .map(|(i, j, x)| (*j, *i, *x))
                .chain(f.linear.iter().copied())
                .collect(),
            constant: Vec::new(),
        };
        let probe: Vec<f64> = probes.point(3);
        f.constant.is_empty() && turned.at(&probe).iter().all(|x| x.abs() < 1e-9)
    });
    Ok(Some(Extra {
        name: found.name.clone(),
        dimension: found.dimension,
        compact: antisymmetric,
        compact_dimension: found.compact,
        fields,
    }))
}

/// Translations that no rule found (a symmetric combination of entries is all that is read), as
/// far as they are identities: exact arithmetic on a function without pieces. They are chosen
/// among all translations to complete those of the rules.
fn more_translations(
    probes: &Probes<'_>,
    upper: &Numerical,
    rules: &[AffineField],
) -> Vec<AffineField> {
    if probes.is_piecewise() {
        return Vec::new();
    }
    let d = probes.parameters();
    let dense = |field: &AffineField| {
        let mut row = vec![Exact::of(0.0).residue; d];
        field
            .constant
            .iter()
            .for_each(|(i, x)| row[*i] += Exact::of(*x).residue);
        row
    };
    let mut known: ExactRowSpace<MERSENNE61> = ExactRowSpace::new(d);
    for field in rules.iter().filter(|f| f.linear.is_empty()) {
        known.insert(&mut dense(field));
    }
    let all = upper.constants().unwrap_or_default();
    all.into_iter()
        .filter(|field| known.insert(&mut dense(field)))
        .collect()
}
