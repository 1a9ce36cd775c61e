//! Parts of the parameters on which numbers find more than rules: their algebra and its name.

use super::blocks::Block;
use super::evidence::Evidence;
use super::quotient::Quotient;
use super::search::{Found, Look, search};
use crate::algebra::{recognise, span_dimension};
use crate::discover::certificate::{Certificate, certify};
use crate::effort::Effort;
use crate::field::AffineField;
use crate::probe::Probes;
use crate::rank::numerical;
use std::collections::{BTreeMap, BTreeSet};
use symbias_model::Model;
use symbias_model::error::Result;

/// The largest algebra that is named from its generators.
const NAMED: usize = 400;
/// Fresh points of the certificate of candidates.
const POINTS: u64 = 6;

/// Generators that numbers found on a part of the parameters, with those that rules found there.
#[derive(Clone, Debug)]
pub struct Beyond {
    /// The recognised name; `None` where the algebra is too large to be named, or does not close.
    pub name: Option<String>,
    /// A basis.
    pub fields: Vec<AffineField>,
    /// Its dimension.
    pub dimension: usize,
    /// Whether it is compact, and the dimension of a maximal compact subalgebra.
    pub compact: bool,
    /// Dimension of a maximal compact subalgebra.
    pub compact_dimension: usize,
    /// How it is known.
    pub evidence: Evidence,
    /// The certificate that candidates failed, if they did: then nothing here is established.
    pub refused: Option<Certificate>,
}

/// Rules' families, blocks and translations that move common coordinates.
pub(super) struct Part {
    pub families: Vec<usize>,
    blocks: Vec<usize>,
    translations: Vec<usize>,
    rules: usize,
}

/// The parts on which the searches found more than the rules, each closed under sharing coordinates
/// with what it replaces.
pub(super) fn parts(
    families: &[Vec<AffineField>],
    quotient: &Quotient,
    blocks: &[(Block, Option<Found>)],
) -> Vec<Part> {
    // Items: families, then blocks, then translations; joined where they share a coordinate.
    let items = families.len() + blocks.len() + quotient.dimension();
    let mut root: Vec<usize> = (0..items).collect();
    let mut owner: BTreeMap<usize, usize> = BTreeMap::new();
    let mut claim = |item: usize, coordinate: usize, root: &mut Vec<usize>| {
        let other = *owner.entry(coordinate).or_insert(item);
        let (a, b) = (find(root, item), find(root, other));
        root[a.max(b)] = a.min(b);
    };
    for (k, fields) in families.iter().enumerate() {
        for field in fields {
            for i in moved(field) {
                claim(k, i, &mut root);
            }
        }
    }
    for (k, (block, _)) in blocks.iter().enumerate() {
        for i in &block.rows {
            claim(families.len() + k, *i, &mut root);
        }
    }
    for (k, v) in quotient.translations.iter().enumerate() {
        for i in (0..v.len()).filter(|i| v[*i] != 0.0) {
            claim(families.len() + blocks.len() + k, i, &mut root);
        }
    }
    let mut parts: BTreeMap<usize, Part> = BTreeMap::new();
    for item in 0..items {
        let at = find(&mut root, item);
        let part = parts.entry(at).or_insert_with(|| Part {
            families: Vec::new(),
            blocks: Vec::new(),
            translations: Vec::new(),
            rules: 0,
        });
        if item < families.len() {
            part.families.push(item);
            part.rules += families[item].len();
        } else if item < families.len() + blocks.len() {
            part.blocks.push(item - families.len());
        } else {
            part.translations.push(item - families.len() - blocks.len());
        }
    }
    parts.into_values().collect()
}

fn find(root: &mut [usize], mut i: usize) -> usize {
    while root[i] != i {
        root[i] = root[root[i]];
        i = root[i];
    }
    i
}

/// Coordinates that a field moves.
pub(super) fn moved(field: &AffineField) -> BTreeSet<usize> {
    let linear = field.linear.iter().map(|e| e.0);
    linear.chain(field.constant.iter().map(|e| e.0)).collect()
}

impl Part {
    /// How many fields the rules know here with all translations, functions times translations not counted:
    /// a rule may give such a field beside a translation that it gives too.
    fn known(&self, families: &[Vec<AffineField>], quotient: &Quotient) -> usize {
        if self.translations.is_empty() {
            return self.rules;
        }
        let fields = self.families.iter().flat_map(|k| &families[*k]);
        let across: Vec<AffineField> = fields.map(|f| quotient.across(f)).collect();
        span_dimension(&across) + self.translations.len()
    }

    /// Searches the blocks of the part harder, where the effort allows: what numbers suggested is no symmetry, so that they
    /// saw too little. Says whether it did.
    pub fn search_again(
        &self,
        probes: &Probes<'_>,
        quotient: &Quotient,
        blocks: &mut [(Block, Option<Found>)],
        effort: Effort,
    ) -> Result<bool> {
        let cost = |block: &Block| Look::Again.cost(block.unknowns(), probes.length());
        // A share of the effort: equations four times as many are as much more memory.
        let allows = |b: &usize| effort.of_a_check().allows(cost(&blocks[*b].0));
        if !self.blocks.iter().all(allows) {
            return Ok(false);
        }
        for number in &self.blocks {
            let (block, found) = &mut blocks[*number];
            if found.as_ref().is_some_and(|f| f.all) {
                *found = Some(search(probes, quotient, block, Look::Again)?);
            }
        }
        Ok(true)
    }

    /// The algebra of the part, if all its blocks were searched and hold more than the rules know.
    pub fn beyond(
        &self,
        probes: &Probes<'_>,
        families: &[Vec<AffineField>],
        quotient: &Quotient,
        blocks: &[(Block, Option<Found>)],
    ) -> Result<Option<Beyond>> {
        let found: Option<Vec<&Found>> =
            self.blocks.iter().map(|b| blocks[*b].1.as_ref()).collect();
        let Some(found) = found else { return Ok(None) };
        let candidates: usize = found.iter().map(|f| f.fields.len()).sum();
        let dimension = candidates + self.translations.len();
        let known = self.known(families, quotient);
        // Fewer than the rules prove is a contradiction, which their own count shows.
        if dimension < known || (dimension == known && known == self.rules) {
            return Ok(None);
        }
        let constants = quotient.constants();
        let linear: Vec<AffineField> = found
            .iter()
            .flat_map(|f| f.fields.iter().map(|field| quotient.lift(field)))
            .collect();
        let shifts: Vec<AffineField> = self
            .translations
            .iter()
            .map(|k| constants[*k].clone())
            .collect();
        let fields = [linear.clone(), shifts].concat();
        let identity = found.iter().all(|f| f.identity);
        let certificate = certify(probes, std::slice::from_ref(&fields), POINTS)?;
        let refused = certificate.clone().filter(|c| !c.holds());
        let powerless = certificate.is_some_and(|c| !c.has_power());
        let evidence = match (identity, powerless) {
            (true, _) => Evidence::Proven,
            (false, false) => Evidence::Certified,
            (false, true) => Evidence::Open,
        };
        let mut beyond = Beyond {
            name: None,
            compact: false,
            compact_dimension: 0,
            dimension,
            evidence,
            refused,
            fields,
        };
        // What is refused is no algebra, and has no name.
        if beyond.refused.is_none() {
            beyond.recognise(&linear)?;
        }
        Ok(Some(beyond))
    }
}

impl Beyond {
    /// What it is called; `g(n)` for an algebra of dimension n that was not recognised.
    #[must_use]
    pub fn shown_name(&self) -> String {
        let unknown = || format!("g({})", self.dimension);
        self.name.clone().unwrap_or_else(unknown)
    }

    /// Names of the parameters that it moves.
    #[must_use]
    pub fn tensors(&self, model: &Model) -> Vec<String> {
        let moved: BTreeSet<usize> = self.fields.iter().flat_map(moved).collect();
        let space = model.space();
        let blocks = space.blocks().iter();
        let here = blocks.filter(|b| moved.range(b.range()).next().is_some());
        here.map(|b| b.name.clone()).collect()
    }

    /// All constant symmetries.
    pub(super) fn of_translations(quotient: &Quotient) -> Beyond {
        let dimension = quotient.dimension();
        Beyond {
            name: Some(match dimension {
                1 => "R".to_owned(),
                n => format!("R^{n}"),
            }),
            fields: quotient.constants(),
            dimension,
            compact: false,
            compact_dimension: 0,
            evidence: match quotient.rational {
                true => Evidence::Proven,
                false => Evidence::Certified,
            },
            refused: None,
        }
    }

    /// Names the algebra: that of the fields on Θ/V, and the translations beside it.
    fn recognise(&mut self, linear: &[AffineField]) -> Result<()> {
        let shifts = self.dimension - linear.len();
        let of_shifts = (shifts > 0).then(|| match shifts {
            1 => "R".to_owned(),
            n => format!("R^{n}"),
        });
        if linear.is_empty() {
            self.name = of_shifts;
            return Ok(());
        }
        if linear.len() > NAMED {
            return Ok(());
        }
        let algebra = recognise(linear, linear.len()).map_err(numerical)?;
        if !algebra.closed || algebra.dimension != linear.len() {
            return Ok(());
        }
        self.name = Some(match of_shifts {
            None => algebra.name.clone(),
            Some(shifts) => format!("{} + {shifts}", algebra.name),
        });
        self.compact_dimension = algebra.compact;
        self.compact = shifts == 0
            && linear.iter().all(|f| f.constant.is_empty())
            && linear.iter().all(is_antisymmetric);
        Ok(())
    }
}

/// Whether A + Aᵀ vanishes, to the rounding of its entries.
fn is_antisymmetric(field: &AffineField) -> bool {
    let mut sums: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    let mut size = 0.0_f64;
    for &(i, j, x) in &field.linear {
        *sums.entry((i.min(j), i.max(j))).or_default() += x;
        size = size.max(x.abs());
    }
    sums.values().all(|x| x.abs() <= 1e-8 * size)
}
