//! The established symmetry: what rules prove and numbers find, certified, as one basis that everything
//! else reads.
//!
//! Rules give factors with generators (a lower bound that may be false only by a mistake of ours).
//! Numbers give all affine fields of every block of ker J that the effort allows (an upper bound). Where
//! numbers find more in some part of the parameters, their fields take the place of the rules' there,
//! if finite group elements at fresh points leave F alone; elsewhere the rules' stay, with their names.
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # let model = ModelBuilder::new("pairs").axis("i", 2).parameter("u", &["i"]).parameter("v", &["i"])
//! #     .statement("w[i] = u[i] * v[i]").output("w").build()?;
//! use symbias_geometry::discover::structural::factors;
//! use symbias_geometry::effort::Effort;
//! use symbias_geometry::probe::{Entries, Probes};
//! use symbias_geometry::rank::generic_rank;
//! use symbias_geometry::symmetry::{Complete, Evidence, establish};
//! let probes = Probes::new(&model, &Entries::new(), None, 0)?;
//! let families = [factors(&model)[0].generators(&model)];
//! let rank = generic_rank(&probes, 2, Effort::default())?.expect("it is small");
//! let found = establish(&probes, &families, &rank, Effort::default())?;
//! assert_eq!((found.dimension, found.evidence, found.complete), (2, Evidence::Proven, Complete::All));
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod ansatz;
mod blocks;
mod constants;
mod echelon;
mod evidence;
mod joined;
mod kernel;
mod quotient;
mod search;
mod structured;
mod turning;
mod unexplained;

pub use echelon::Echelon;
pub use evidence::{Complete, Evidence};
pub use joined::Beyond;
pub use quotient::Quotient;
pub use unexplained::{Unexplained, unexplained};

use crate::discover::certificate::{Certificate, certify};
use crate::effort::Effort;
use crate::field::AffineField;
use crate::orbit::gram::gram;
use crate::probe::Probes;
use crate::rank::GenericRank;
pub use blocks::Kernel;
use blocks::{Block, Reduced};
use search::{Found, Look};
use symbias_model::error::Result;
use symbias_numerics::rank::RankDecision;

/// Fresh points of the certificate.
const POINTS: u64 = 8;
/// Further points at which ker J of a function of pieces is taken apart.
const PIECES: u64 = 5;
/// Further points at which the gap of J may be clearer.
const CLEARER: u64 = 6;
/// They are those of no other search.
const FIRST_POINT: u64 = 1 << 45;

/// What is established of the affine symmetries of a model.
#[derive(Clone, Debug)]
pub struct Symmetry {
    /// Whether each of the rules' families stands; the others are part of something larger.
    pub stands: Vec<bool>,
    /// What numbers found beyond the rules, part by part.
    pub beyond: Vec<Beyond>,
    /// Dimension of what is established.
    pub dimension: usize,
    /// How many affine fields there are at most, functions times constant symmetries not counted;
    /// `None` unless all were searched.
    pub upper: Option<usize>,
    /// How it is known.
    pub evidence: Evidence,
    /// What is known of further symmetries.
    pub complete: Complete,
    /// Ranks of the searches.
    pub decisions: Vec<RankDecision>,
    /// The re-check of everything established; `None` without fields.
    pub certificate: Option<Certificate>,
    /// The re-check of candidates that failed it, which are not established.
    pub refused: Option<Certificate>,
    /// Dimension of the orbit of a generic point.
    pub orbit: RankDecision,
    /// ker J at a point of its rank, where it was computed.
    pub kernel: Option<Kernel>,
}

impl Symmetry {
    /// Whether two statements contradict each other: more is established than there can be, or a
    /// proof fails on a finite group element.
    #[must_use]
    pub fn contradiction(&self) -> Option<String> {
        if let Some(upper) = self.upper.filter(|u| *u < self.dimension) {
            return Some(format!(
                "rules prove dimension {}, ranks allow {upper}",
                self.dimension
            ));
        }
        let certificate = self.certificate.as_ref().filter(|c| !c.holds())?;
        Some(format!(
            "a finite group element changes F by {:.1e}, or moves no parameter",
            certificate.residual
        ))
    }

    /// Whether the rules' families are all that is established.
    #[must_use]
    pub fn is_of_rules(&self) -> bool {
        self.beyond.is_empty()
    }
}

/// The searches of all blocks.
struct Searched {
    quotient: Quotient,
    blocks: Vec<(Block, Option<Found>)>,
    kernel: Kernel,
}

/// Establishes the symmetry of a model from what rules prove: `families`, the generators of each of
/// their factors. `rank` is that of J at generic points.
///
/// # Errors
/// Those of the program; floating linear algebra that does not converge.
pub fn establish(
    probes: &Probes<'_>,
    families: &[Vec<AffineField>],
    rank: &GenericRank,
    effort: Effort,
) -> Result<Symmetry> {
    let rules: usize = families.iter().map(Vec::len).sum();
    let fields: Vec<AffineField> = families.concat();
    let d = probes.parameters();
    let redundancy = d - rank.decision.rank;
    let generic = probes.point(rank.point);
    let orbit = gram(&fields, &generic)?.decision;
    let searched = searched(probes, rank, redundancy, orbit.rank, effort)?;
    let mut found = Symmetry {
        stands: vec![true; families.len()],
        beyond: Vec::new(),
        dimension: rules,
        upper: None,
        evidence: Evidence::Proven,
        complete: Complete::Open,
        decisions: Vec::new(),
        certificate: None,
        refused: None,
        orbit,
        kernel: None,
    };
    if let Some(searched) = searched {
        found.take(probes, families, searched, effort)?;
    }
    let standing = families.iter().zip(&found.stands).filter(|f| *f.1);
    let mut established: Vec<Vec<AffineField>> = standing.map(|f| f.0.clone()).collect();
    established.extend(found.beyond.iter().map(|b| b.fields.clone()));
    found.certificate = certify(probes, &established, POINTS)?;
    if !found.is_of_rules() {
        found.orbit = gram(&established.concat(), &generic)?.decision;
    }
    let powerless = found.certificate.as_ref().is_some_and(|c| !c.has_power());
    if powerless && rank.decision.rank > 0 {
        found.evidence = Evidence::Open;
    }
    let known = rank.evidence != Evidence::Open || redundancy == 0;
    if found.complete != Complete::All && found.orbit.rank == redundancy && known {
        found.complete = Complete::Explained;
    }
    Ok(found)
}

/// The null space of J taken apart, and all fields of each block that the effort allows; `None` where
/// nothing can be said.
fn searched(
    probes: &Probes<'_>,
    rank: &GenericRank,
    redundancy: usize,
    orbit: usize,
    effort: Effort,
) -> Result<Option<Searched>> {
    let d = probes.parameters();
    // What the orbits explain is searched only where it is cheap.
    let effort = if orbit == redundancy {
        effort.of_a_check()
    } else {
        effort
    };
    let needed = rank.probes.saturating_mul(probes.outputs() as u64);
    let pieces = if probes.is_piecewise() { PIECES } else { 0 };
    let rows = turning::rows(probes, needed).saturating_mul(pieces as usize + 1);
    let apart = Effort::null_space(d, probes.length()).with_rows(rows, probes.length());
    if !effort.allows(apart) {
        return Ok(None);
    }
    let effort = effort.without(apart);
    let at = (rank.decision.rank, rank.probes);
    // A gap that took more digits, or more points, is looked for where it is clear.
    let elsewhere = (0..CLEARER).map(|n| probes.point(FIRST_POINT + PIECES + n));
    let mut kernel = None;
    for theta in std::iter::once(probes.point(rank.point)).chain(elsewhere) {
        let (decision, vectors) = kernel::kernel_at(probes, &theta, at, true)?;
        if decision.rank == rank.decision.rank {
            kernel = Some(Kernel { theta, vectors });
            break;
        }
        if !effort.of_a_check().allows(apart) {
            break;
        }
    }
    let Some(kernel) = kernel else {
        return Ok(None);
    };
    let quotient = Quotient::find(probes, &kernel, rank)?;
    let mut points = vec![Reduced::new(&quotient, &kernel)];
    for number in 0..PIECES {
        // Without pieces one point is enough, unless a saturated unit is as good as dead there.
        if number >= pieces && !blocks::is_dead_somewhere(&quotient, &points) {
            break;
        }
        let theta = probes.point(FIRST_POINT + number);
        let (decision, vectors) = kernel::kernel_at(probes, &theta, at, false)?;
        if decision.is_certain() {
            points.push(Reduced::new(&quotient, &Kernel { theta, vectors }));
        }
    }
    let list = blocks::blocks(probes, &quotient, &points, needed)?;
    let mut left = effort;
    let mut blocks = Vec::new();
    for block in list {
        let cost = Effort::null_space(block.unknowns(), probes.length());
        let found = if left.allows(cost) {
            left = left.without(cost);
            Some(search::search(probes, &quotient, &block, Look::First)?)
        } else {
            None
        };
        blocks.push((block, found));
    }
    if orbit < redundancy {
        structured::search(probes, &quotient, left, &mut blocks)?;
    }
    Ok(Some(Searched {
        quotient,
        blocks,
        kernel,
    }))
}

impl Symmetry {
    /// The symmetry of a function that is constant: every translation, and nothing that is no function times
    /// one.
    fn take_all(&mut self, quotient: &Quotient) {
        self.stands.fill(false);
        self.dimension = quotient.dimension();
        self.complete = Complete::All;
        self.beyond = vec![Beyond::of_translations(quotient)];
    }

    /// Compares the searches with the rules, part by part, and takes what is more and certified.
    fn take(
        &mut self,
        probes: &Probes<'_>,
        families: &[Vec<AffineField>],
        mut searched: Searched,
        effort: Effort,
    ) -> Result<()> {
        let parts = joined::parts(families, &searched.quotient, &searched.blocks);
        let mut outcomes = Vec::new();
        if !searched.quotient.kept.is_empty() {
            for part in &parts {
                let mut beyond =
                    part.beyond(probes, families, &searched.quotient, &searched.blocks)?;
                if beyond.as_ref().is_some_and(|b| b.refused.is_some())
                    && part.search_again(
                        probes,
                        &searched.quotient,
                        &mut searched.blocks,
                        effort,
                    )?
                {
                    beyond = part.beyond(probes, families, &searched.quotient, &searched.blocks)?;
                }
                outcomes.push(beyond);
            }
        }
        let all = searched
            .blocks
            .iter()
            .all(|b| b.1.as_ref().is_some_and(|f| f.all));
        self.decisions = searched
            .blocks
            .iter()
            .filter_map(|b| b.1.as_ref().map(|f| f.decision.clone()))
            .collect();
        let upper: usize = searched
            .blocks
            .iter()
            .filter_map(|b| b.1.as_ref().filter(|f| f.all).map(|f| f.upper))
            .sum();
        if all {
            self.upper = Some(upper + searched.quotient.dimension());
        }
        if searched.quotient.kept.is_empty() {
            self.take_all(&searched.quotient);
            self.kernel = Some(searched.kernel);
            return Ok(());
        }
        let mut whole = all;
        for (part, beyond) in parts.into_iter().zip(outcomes) {
            let Some(beyond) = beyond else {
                continue;
            };
            if let Some(certificate) = beyond.refused {
                self.refused = Some(certificate);
                self.evidence = Evidence::Open;
                whole = false;
                continue;
            }
            for family in &part.families {
                self.stands[*family] = false;
                self.dimension -= families[*family].len();
            }
            self.dimension += beyond.dimension;
            self.evidence = self.evidence.max(beyond.evidence);
            self.beyond.push(beyond);
        }
        if whole && self.upper == Some(self.dimension) {
            self.complete = Complete::All;
        }
        self.kernel = Some(searched.kernel);
        Ok(())
    }
}
