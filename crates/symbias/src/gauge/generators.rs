//! The generators of a gauge: the symmetric part of each factor, and single ones by name.

use symbias_geometry::discover::structural::{ActionView, Factor};
use symbias_geometry::field::AffineField;
use symbias_model::Model;
use symbias_model::error::{Error, ErrorKind, Result};

/// Entries of all generators together, at most: 2 GiB of (row, column, value).
const ENTRIES: u128 = 1 << 26;

/// The symmetric generators, and where each is from.
pub(super) struct Symmetric {
    pub fields: Vec<AffineField>,
    /// For each field its factor, as [`Family::name`].
    pub factor: Vec<usize>,
    pub families: Vec<Family>,
    pub notes: Vec<String>,
}

/// A factor as a person names it.
#[derive(Clone, Debug)]
pub struct Family {
    /// `R^18`, or `gl(2)/1`, `gl(2)/2` where several have a name.
    pub name: String,
    /// Number of generators.
    pub generators: u128,
    /// The parameters that it moves.
    pub tensors: Vec<String>,
}

/// The factors of a model by the names that `--along` takes.
#[must_use]
pub fn families(factors: &[Factor]) -> Vec<Family> {
    let name = |k: usize| {
        let own = factors[k].name();
        let same = |f: &&Factor| f.name() == own;
        match factors.iter().filter(same).count() {
            1 => own,
            _ => {
                let before = factors[..k].iter().filter(same).count();
                format!("{own}/{}", before + 1)
            }
        }
    };
    factors
        .iter()
        .enumerate()
        .map(|(k, f)| {
            let mut tensors: Vec<String> = f.tensors.iter().map(|a| a.tensor.clone()).collect();
            tensors.dedup();
            Family {
                name: name(k),
                generators: f.dimension,
                tensors,
            }
        })
        .collect()
}

impl Symmetric {
    /// None yet.
    pub fn new(factors: &[Factor]) -> Symmetric {
        Symmetric {
            fields: Vec::new(),
            factor: Vec::new(),
            families: families(factors),
            notes: Vec::new(),
        }
    }

    /// Adds the symmetric part of the factors that are not compact, of those that `include` admits.
    ///
    /// # Errors
    /// Generators that no memory holds.
    pub fn add(
        &mut self,
        model: &Model,
        factors: &[Factor],
        include: impl Fn(usize) -> bool,
    ) -> Result<()> {
        let own = |(k, f): &(usize, &Factor)| include(*k) && !f.is_compact();
        let own: Vec<(usize, &Factor)> = factors.iter().enumerate().filter(own).collect();
        let entries: u128 = own.iter().map(|(_, f)| size(model, f)).sum();
        if entries > ENTRIES {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the generators have some {entries} entries, more than {ENTRIES}"),
            )
            .remedy("smaller groups of matrices fit: n generators of gl(n) move each entry"));
        }
        for (k, factor) in own {
            let part = factor.split(model).symmetric;
            let expected = factor.dimension - factor.compact_dimension();
            if (part.len() as u128) < expected {
                self.notes.push(format!(
                    "{} on {} is not closed under transposition: the gauge is over {} of its {expected} non-compact generators",
                    self.families[k].name,
                    self.families[k].tensors.join(", "),
                    part.len(),
                ));
            }
            self.factor.extend(part.iter().map(|_| k));
            self.fields.extend(part);
        }
        Ok(())
    }

    /// Notes that there is nothing to balance, where there is nothing: `others` are generators that
    /// are not written out.
    ///
    /// # Errors
    /// Factors that are not compact and have no symmetric generator.
    pub fn concluded(&mut self, factors: &[Factor], others: usize) -> Result<()> {
        if !self.fields.is_empty() || others > 0 {
            return Ok(());
        }
        if !factors.iter().all(Factor::is_compact) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "no generator of this model is symmetric: there are no charges, and no gauge is balanced",
            )
            .remedy("`symbias analyze --full` lists the generators; --along moves along one"));
        }
        self.notes.push(
            "the symmetry is compact: it keeps the norm, there are no charges, and every point is balanced".into(),
        );
        Ok(())
    }
}

/// Entries of the generators of a factor.
fn size(model: &Model, factor: &Factor) -> u128 {
    match factor.view() {
        ActionView::Matrix { size, slots, .. } => slots
            .iter()
            .map(|s| u128::from(size) * u128::from(model.entries(s.tensor)))
            .sum(),
        ActionView::Diagonal { parts, .. } => {
            parts.iter().map(|p| u128::from(model.entries(p.0))).sum()
        }
        ActionView::Translation { tensor, .. } => u128::from(model.entries(tensor)),
    }
}

/// The generator `NAME#INDEX`: a factor's name as printed by `analyze`, `/N` behind it where
/// several have the name, and the number that `analyze --full` prints.
pub(super) fn named(model: &Model, factors: &[Factor], name: &str) -> Result<AffineField> {
    let families = families(factors);
    let list = || {
        let each = families.iter().map(|f| {
            let last = f.generators.saturating_sub(1);
            let numbers = if last == 0 {
                "#0".to_owned()
            } else {
                format!("#0 to #{last}")
            };
            format!("{}{numbers} on {}", f.name, f.tensors.join(", "))
        });
        each.collect::<Vec<_>>().join("; ")
    };
    let unknown = || {
        Error::new(
            ErrorKind::Unknown,
            format!("no generator is named `{name}`"),
        )
        .remedy(format!("the model has {}", list()))
    };
    let (family, index) = name.split_once('#').ok_or_else(unknown)?;
    let (family, index) = (family.trim(), index.trim());
    let at = families.iter().position(|f| f.name == family);
    let (at, index) = at.zip(index.parse::<usize>().ok()).ok_or_else(unknown)?;
    if index as u128 >= families[at].generators {
        return Err(unknown());
    }
    let mut generators = factors[at].generators(model);
    if index >= generators.len() {
        return Err(unknown());
    }
    Ok(generators.swap_remove(index))
}
