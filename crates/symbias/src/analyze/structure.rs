//! The structural answer for any number of repetitions of a block, without unrolling it.
//!
//! A chain of equal layers is translation invariant, so a factor lives inside one layer, ties
//! two neighbouring layers, or spans all of them: the number of factors of each kind is an affine
//! function of the number of layers from two layers on. Three and four copies determine it.

use super::charges::of_any_copy;
use std::collections::{BTreeMap, BTreeSet};
use symbias_geometry::charge::charges;
use symbias_geometry::discover::structural::factors;
use symbias_geometry::factor::{Acted, Factor};
use symbias_model::error::Result;
use symbias_model::expression::Model;
use symbias_model::language::{CheckOptions, Copies, SourceFile};
use symbias_model::parts::Parted;

/// Copies of a block in the abridged graph.
const COPIES: u64 = 4;

/// A kind of factor and how many there are.
#[derive(Clone, Debug)]
pub struct FactorKind {
    /// Name of one copy of the group (`gl(4)`, `R`).
    pub base: String,
    /// Copies in all.
    pub copies: u128,
    /// Dimension in all.
    pub dimension: u128,
    /// What it acts on; repetitions of a block are written `layer.*.Wq`.
    pub tensors: Vec<Acted>,
    /// The rule that proves it.
    pub rule: &'static str,
    /// Whether the group is compact.
    pub compact: bool,
    /// Dimension of its maximal compact subgroup.
    pub compact_dimension: u128,
    /// Charges in all.
    pub charges: u128,
}

/// What the rules say.
#[derive(Clone, Debug)]
pub struct Structure {
    /// The graph as the file has it: complete, or with a few copies of each block.
    pub file: Model,
    /// The same function with a parameter for each slice that is read: what is analysed.
    pub parted: Parted,
    /// The factors of that graph.
    pub factors: Vec<Factor>,
    /// Factors of the whole model, by kind, largest first.
    pub kinds: Vec<FactorKind>,
}

/// Applies the rules to a file of any size; blocks are written out if the model has at most
/// `complete` parameters; `sizes` replace those of the file.
///
/// # Errors
/// A mistake in the model file.
pub fn structure(
    source: &SourceFile,
    complete: u128,
    sizes: &BTreeMap<String, u64>,
) -> Result<Structure> {
    let options = |copies| CheckOptions {
        copies,
        sizes: sizes.clone(),
    };
    let mut file = source.check(options(Copies::AtMost(COPIES)))?;
    if !file.is_complete() && file.parameter_count() <= complete {
        file = source.check(options(Copies::All))?;
    }
    let parted = Parted::new(file.clone());
    let model = parted.model();
    let found = factors(model);
    let kinds = if model.is_complete() {
        found.iter().map(|f| kind_of(model, f, false)).collect()
    } else {
        let shorter = Parted::new(source.check(options(Copies::AtMost(COPIES - 1)))?);
        let fewer = factors(shorter.model());
        extrapolated(
            model,
            &tally(model, &found),
            &tally(shorter.model(), &fewer),
        )
    };
    Ok(Structure {
        file,
        parted,
        factors: found,
        kinds,
    })
}

impl Structure {
    /// The graph that is analysed.
    #[must_use]
    pub fn model(&self) -> &Model {
        self.parted.model()
    }
}

fn kind_of(model: &Model, factor: &Factor, erase: bool) -> FactorKind {
    let tensors: BTreeSet<Acted> = factor
        .tensors
        .iter()
        .map(|a| Acted {
            tensor: if erase {
                of_any_copy(&a.tensor)
            } else {
                a.tensor.clone()
            },
            axis: a.axis.clone(),
        })
        .collect();
    let tensors = if erase {
        tensors.into_iter().collect()
    } else {
        factor.tensors.clone()
    };
    FactorKind {
        base: factor.base.clone(),
        copies: factor.copies,
        dimension: factor.dimension,
        tensors,
        rule: factor.rule,
        compact: factor.is_compact(),
        compact_dimension: factor.compact_dimension(),
        charges: charges(model, std::slice::from_ref(factor))
            .iter()
            .map(|c| c.count)
            .sum(),
    }
}

type Signature = (String, Vec<(String, Option<String>)>);

fn tally(model: &Model, factors: &[Factor]) -> BTreeMap<Signature, (FactorKind, u128)> {
    let mut counts: BTreeMap<Signature, (FactorKind, u128)> = BTreeMap::new();
    for factor in factors {
        let kind = kind_of(model, factor, true);
        let acted = kind
            .tensors
            .iter()
            .map(|a| (a.tensor.clone(), a.axis.clone()))
            .collect();
        counts
            .entry((kind.base.clone(), acted))
            .or_insert((kind, 0))
            .1 += 1;
    }
    counts
}

fn extrapolated(
    model: &Model,
    four: &BTreeMap<Signature, (FactorKind, u128)>,
    three: &BTreeMap<Signature, (FactorKind, u128)>,
) -> Vec<FactorKind> {
    let mut kinds: Vec<FactorKind> = four
        .iter()
        .map(|(signature, (kind, count))| {
            let before = three.get(signature).map_or(0, |k| k.1);
            let step = count.saturating_sub(before);
            // The block whose repetitions this kind counts, and how many the graph leaves out.
            let missing = model
                .repetitions
                .iter()
                .filter(|r| {
                    signature
                        .1
                        .iter()
                        .any(|(t, _)| t.starts_with(&format!("{}.*.", r.block)))
                })
                .map(|r| u128::from(r.count - r.copies))
                .max()
                .unwrap_or(0);
            let total = count + step * missing;
            FactorKind {
                copies: kind.copies * total,
                dimension: kind.dimension * total,
                compact_dimension: kind.compact_dimension * total,
                charges: kind.charges * total,
                ..kind.clone()
            }
        })
        .collect();
    kinds.sort_by_key(|k| std::cmp::Reverse(k.dimension));
    kinds
}
