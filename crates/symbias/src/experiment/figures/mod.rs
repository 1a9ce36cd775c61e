//! The figures of a record: what its spec asks for, from what was recorded and from nothing else, so that every figure can be
//! made again from a stored run and no number is born in a picture.
//!
//! `check` refuses unknown names when the experiment is planned, `numbers` reads the record, `panel` decides looks.

mod check;
mod law;
mod numbers;
mod panel;

pub(super) use check::check;
pub use law::wanted;
pub use numbers::{Curve, Curves, Middle, Spreads};

use super::record::{self, Measured, Record};
use super::spec::{FigureSpec, SeriesSpec};
use std::path::{Path, PathBuf};
use symbias_figure::{Figure, Panel, TooLarge, Width};
use symbias_model::data::output::{self, write_bytes};
use symbias_model::error::{Error, ErrorKind, Result};

/// The folder of figures in that of a record.
pub const FIGURES: &str = "figures";

/// A figure, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// Its name.
    pub name: String,
    /// The figure; `None` if nothing of it is in the record.
    pub figure: Option<Figure>,
    /// Arms, or replicas of arms, that it shows and the record does not hold.
    pub without: Vec<String>,
}

/// Draws figures from a record; those of the record itself are [`wanted`] by its experiment.
///
/// # Errors
/// Observables, replicas and arrays that the record does not hold.
pub fn draw(specs: &[FigureSpec], record: &Record, measured: &[Measured]) -> Result<Vec<Drawn>> {
    specs
        .iter()
        .map(|s| one(s, record, measured).map_err(|e| e.context(&format!("figure `{}`", s.name))))
        .collect()
}

fn one(spec: &FigureSpec, record: &Record, measured: &[Measured]) -> Result<Drawn> {
    let mut without: Vec<String> = Vec::new();
    let mut panels = Vec::new();
    for own in &spec.panels {
        if let Some(name) = &own.law {
            match law::layers(record, name) {
                Some((layers, top)) => {
                    let own = law::described(&record.experiment, own, name);
                    let mut panel = panel::empty(&own).layers(layers);
                    panel.y.high = panel.y.high.or(Some(top));
                    panel.y.low = panel.y.low.or(Some(0.0));
                    panels.push(panel);
                }
                None => without.push(name.clone()),
            }
            continue;
        }
        let mut found = Vec::new();
        for series in &own.series {
            match numbers::numbers(own, series, record, measured)? {
                Some(curves) => found.push((series, curves)),
                None => without.extend(absent(series)),
            }
        }
        // What is given is no result: a panel of nothing else is left out.
        if found.iter().any(|(s, _)| s.given.is_none()) {
            panels.push(panel::empty(own).layers(panel::layers(own, &found)));
        }
    }
    without.sort();
    without.dedup();
    let figure = (!panels.is_empty()).then(|| framed(spec, panels));
    Ok(Drawn {
        name: spec.name.clone(),
        figure,
        without,
    })
}

/// Panels as a figure.
fn framed(spec: &FigureSpec, panels: Vec<Panel>) -> Figure {
    Figure {
        title: spec.title.clone(),
        columns: spec.columns.unwrap_or(2).clamp(1, panels.len().max(1)),
        panels,
        width: spec.width.map_or(Width::Double, Width::Mm),
    }
}

/// Whether a figure has pixels, as far as that does not depend on what is measured.
///
/// # Errors
/// How many there would be.
fn sized(spec: &FigureSpec) -> Result<()> {
    let panels = spec.panels.iter().map(panel::empty).collect();
    framed(spec, panels).size().map(drop).map_err(too_large)
}

fn too_large(error: TooLarge) -> Error {
    Error::new(ErrorKind::Value, error.to_string()).remedy("make it narrower, or its panels fewer")
}

/// What a series lacks.
fn absent(series: &SeriesSpec) -> Option<String> {
    let arm = series.arm.as_ref()?;
    Some(match series.replica {
        Some(r) => format!("replica {r} of {arm}"),
        None => arm.clone(),
    })
}

/// Writes figures, each as SVG and PNG, into a folder below a root that they do not leave, by names or by links, and returns
/// the files.
///
/// # Errors
/// A folder that cannot be written, or leads out of the root; a figure too large for pixels.
pub fn write(root: &Path, below: &Path, drawn: &[Drawn]) -> Result<Vec<PathBuf>> {
    let folder = root.join(below);
    let mut files = Vec::new();
    if drawn.iter().all(|d| d.figure.is_none()) {
        return Ok(files);
    }
    record::make_folder(&folder)?;
    for drawn in drawn {
        let Some(figure) = &drawn.figure else {
            continue;
        };
        let named = |e| too_large(e).context(&format!("figure `{}`", drawn.name));
        let png = figure.png().map_err(named)?;
        for (ending, bytes) in [("svg", figure.svg().as_bytes()), ("png", &png)] {
            let path = folder.join(format!("{}.{ending}", drawn.name));
            stays(root, &path)?;
            write_bytes(&path, bytes)?;
            files.push(path);
        }
    }
    Ok(files)
}

/// Whether a file is below a root when all links are followed: a record may come from anywhere.
fn stays(root: &Path, path: &Path) -> Result<()> {
    let real = |p: &Path| std::fs::canonicalize(p).map_err(|e| output::cannot(path, e));
    let parent = real(path.parent().unwrap_or(root))?;
    // A link to nothing would make what it names.
    let link = path.is_symlink().then(|| real(path)).transpose()?;
    let root = real(root)?;
    if parent.starts_with(&root) && link.is_none_or(|to| to.starts_with(&root)) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::File,
        format!("`{}` leads out of `{}`", path.display(), root.display()),
    )
    .remedy("remove the link, or name a folder for the figures with -o"))
}
