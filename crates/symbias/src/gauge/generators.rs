//! The generators of a gauge: the symmetric part of each group that is established, and single ones by name.

use symbias_geometry::charge::moment;
use symbias_geometry::discover::structural::factors;
use symbias_geometry::effort::Effort;
use symbias_geometry::factor::{ActionView, Factor};
use symbias_geometry::field::AffineField;
use symbias_geometry::orbit::gram::gram;
use symbias_geometry::probe::Probes;
use symbias_geometry::rank::generic_rank;
use symbias_geometry::symmetry::{Beyond, Complete, establish};
use symbias_model::Model;
use symbias_model::error::{Error, ErrorKind, Result};

/// Entries of all generators together, at most: 2 GiB of (row, column, value).
const ENTRIES: u128 = 1 << 26;

/// What is established: the rules' factors that stand, then the algebras that numbers certify.
pub(super) struct Established {
    pub factors: Vec<Factor>,
    pub beyond: Vec<Beyond>,
    /// Whether nothing else acts, as far as is known.
    complete: bool,
}

impl Established {
    /// Of the rules, and of the searches of an analysis where the rank of J costs little beside a gauge.
    ///
    /// # Errors
    /// Those of the program; floating linear algebra that does not converge.
    pub fn of(model: &Model, probes: Option<&Probes<'_>>) -> Result<Established> {
        let mut found = Established {
            factors: factors(model),
            beyond: Vec::new(),
            complete: false,
        };
        let effort = Effort::default().of_a_check();
        let Some(probes) = probes else {
            return Ok(found);
        };
        if !effort.allows(Effort::null_space(probes.parameters(), probes.length())) {
            return Ok(found);
        }
        let families: Vec<Vec<AffineField>> =
            found.factors.iter().map(|f| f.generators(model)).collect();
        let orbit = gram(&families.concat(), &probes.point(0))?.decision.rank;
        let Some(rank) = generic_rank(probes, probes.parameters() - orbit, effort)? else {
            return Ok(found);
        };
        let symmetry = establish(probes, &families, &rank, Effort::default())?;
        let mut stands = symmetry.stands.iter();
        found.factors.retain(|_| stands.next().is_some_and(|s| *s));
        found.beyond = symmetry.beyond;
        found.complete = symmetry.complete != Complete::Open;
        Ok(found)
    }

    pub fn is_empty(&self) -> bool {
        self.factors.is_empty() && self.beyond.is_empty()
    }

    fn is_compact(&self) -> bool {
        self.factors.iter().all(Factor::is_compact) && self.beyond.iter().all(|b| b.compact)
    }

    /// The groups by the names that `--along` takes: those that `analyze` prints, numbered where several have
    /// one.
    fn families(&self, model: &Model) -> Vec<Family> {
        let of_rule = |f: &Factor| {
            let mut tensors: Vec<String> = f.tensors.iter().map(|a| a.tensor.clone()).collect();
            tensors.dedup();
            (f.name(), f.dimension, tensors)
        };
        let of_numbers = |b: &Beyond| (b.shown_name(), b.dimension as u128, b.tensors(model));
        let rules = self.factors.iter().map(of_rule);
        let all: Vec<_> = rules.chain(self.beyond.iter().map(of_numbers)).collect();
        let name = |k: usize| {
            let same = |f: &&(String, u128, Vec<String>)| f.0 == all[k].0;
            match all.iter().filter(same).count() {
                1 => all[k].0.clone(),
                _ => format!("{}/{}", all[k].0, all[..k].iter().filter(same).count() + 1),
            }
        };
        let family = |k: usize| Family {
            name: name(k),
            generators: all[k].1,
            tensors: all[k].2.clone(),
        };
        (0..all.len()).map(family).collect()
    }
}

/// The symmetric generators, and where each is from.
pub(super) struct Symmetric {
    pub fields: Vec<AffineField>,
    /// For each field its group, as [`Family::name`].
    pub factor: Vec<usize>,
    pub families: Vec<Family>,
    pub notes: Vec<String>,
}

/// A group as a person names it.
#[derive(Clone, Debug)]
pub(super) struct Family {
    /// `R^18`, or `gl(2)/1`, `gl(2)/2` where several have a name.
    pub name: String,
    /// Number of generators.
    pub generators: u128,
    /// The parameters that it moves.
    pub tensors: Vec<String>,
}

impl Symmetric {
    /// Those that numbers found.
    ///
    /// # Errors
    /// Floating linear algebra that does not converge.
    pub fn new(model: &Model, established: &Established) -> Result<Symmetric> {
        let mut found = Symmetric {
            fields: Vec::new(),
            factor: Vec::new(),
            families: established.families(model),
            notes: Vec::new(),
        };
        if !established.complete {
            found.notes.push(
                "the gauge is over the symmetries that rules prove; there may be others (`symbias analyze` says)".into(),
            );
        }
        let d = model.space().dim();
        for (k, beyond) in (established.factors.len()..).zip(&established.beyond) {
            let part = moment::symmetric_part(&beyond.fields, d)?;
            let part = moment::linear_and_translations(&part, d)?.unwrap_or_default();
            found.is_over(k, part.len(), beyond.dimension - beyond.compact_dimension);
            found.factor.extend(part.iter().map(|_| k));
            found.fields.extend(part);
        }
        Ok(found)
    }

    /// Notes where a group has other non-compact generators than the symmetric ones.
    fn is_over(&mut self, group: usize, symmetric: usize, expected: usize) {
        if symmetric < expected {
            self.notes.push(format!(
                "{} on {} is not closed under transposition: the gauge is over {symmetric} of its {expected} non-compact generators",
                self.families[group].name,
                self.families[group].tensors.join(", "),
            ));
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
            self.is_over(
                k,
                part.len(),
                usize::try_from(expected).unwrap_or(usize::MAX),
            );
            self.factor.extend(part.iter().map(|_| k));
            self.fields.extend(part);
        }
        Ok(())
    }

    /// Notes that there is nothing to balance, where there is nothing: `others` are generators that
    /// are not written out.
    ///
    /// # Errors
    /// Groups that are not compact and have no symmetric generator.
    pub fn concluded(&mut self, established: &Established, others: usize) -> Result<()> {
        if !self.fields.is_empty() || others > 0 {
            return Ok(());
        }
        if !established.is_compact() {
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

/// The generator `NAME#INDEX`: a group's name as printed by `analyze`, `/N` behind it where
/// several have the name, and the number that `analyze --full` prints.
pub(super) fn named(model: &Model, established: &Established, name: &str) -> Result<AffineField> {
    let families = established.families(model);
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
    let mut generators = match established.factors.get(at) {
        Some(factor) => factor.generators(model),
        None => established.beyond[at - established.factors.len()]
            .fields
            .clone(),
    };
    if index >= generators.len() {
        return Err(unknown());
    }
    Ok(generators.swap_remove(index))
}
