//! The certificate of a model that is too large for one: taken on the same program with shortened axes
//! and fewer blocks. Rules do not look at sizes, so that what a false rule claims is false there too.

use symbias_geometry::discover::certificate::{Certificate, certify};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::field::AffineField;
use symbias_geometry::probe::Probes;
use symbias_model::data;
use symbias_model::error::Result;
use symbias_model::expression::Model;
use symbias_model::language::{CheckOptions, Copies, SourceFile};
use symbias_model::parts::Parted;

/// Sizes that axes are shortened to, the first that the program allows.
const SIZES: [u64; 2] = [4, 8];
/// Repetitions of a block.
const COPIES: u64 = 2;
/// Fresh points.
const POINTS: u64 = 4;
/// Entries of all generators, at most.
const ENTRIES: u128 = 3_000_000;

/// The certificate, and the sizes with which it was taken.
pub(super) struct Scaled {
    pub certificate: Certificate,
    pub sizes: String,
}

/// The certificate of the rules on a shortened program; `None` where it has no symmetry, or cannot be
/// shortened enough (a table of a fixed size).
pub(super) fn certificate(source: &SourceFile, seed: u64) -> Result<Option<Scaled>> {
    let mut options = CheckOptions::from(Copies::AtMost(COPIES));
    let Ok(whole) = source.check(options.clone()) else {
        return Ok(None);
    };
    let mut shortened = Vec::new();
    for axis in &whole.axes {
        for size in SIZES.into_iter().filter(|s| *s < axis.size) {
            let shorter = options.clone().size(&axis.name, size);
            if source.check(shorter.clone()).is_ok() {
                options = shorter;
                shortened.push(format!("{} = {size}", axis.name));
                break;
            }
        }
    }
    let parted = Parted::new(source.check(options)?);
    let model = parted.model();
    let found = factors(model);
    let entries: u128 = found.iter().map(|f| f.dimension).sum::<u128>() * model.parameter_count();
    if found.is_empty() || entries > ENTRIES * 100 {
        return Ok(None);
    }
    let families: Vec<Vec<AffineField>> = found.iter().map(|f| f.generators(model)).collect();
    let files = data::constants(model)?;
    // What cannot be written out number by number even so has no certificate.
    let Ok(probes) = Probes::new(model, &files, None, seed) else {
        return Ok(None);
    };
    let blocks = repetitions(model);
    Ok(
        certify(&probes, &families, POINTS)?.map(|certificate| Scaled {
            certificate,
            sizes: shortened
                .into_iter()
                .chain(blocks)
                .collect::<Vec<_>>()
                .join(", "),
        }),
    )
}

fn repetitions(model: &Model) -> impl Iterator<Item = String> + '_ {
    let fewer = model.repetitions.iter().filter(|r| r.copies < r.count);
    fewer.map(|r| format!("{} of {} repetitions of {}", r.copies, r.count, r.block))
}
