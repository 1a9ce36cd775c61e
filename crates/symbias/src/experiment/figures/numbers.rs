//! From a series as written to curves of numbers: everything that a picture shows is read here, from a record.

use crate::experiment::quantile::{ordered, quantile};
use crate::experiment::record::{Measured, Record};
use crate::experiment::spec::{Over, PanelSpec, SeriesSpec};
use symbias_model::error::{Error, ErrorKind, Result};

/// Over replicas, and entries where they are pooled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Middle {
    /// 5 % are below; of distances 25 %.
    pub lower: f64,
    /// The median.
    pub median: f64,
    /// 5 % are above; of distances 25 %.
    pub upper: f64,
}

impl Middle {
    fn of(numbers: impl IntoIterator<Item = f64>) -> Middle {
        let all = ordered(numbers);
        Middle {
            lower: quantile(&all, 0.05),
            median: quantile(&all, 0.5),
            upper: quantile(&all, 0.95),
        }
    }
}

impl From<f64> for Middle {
    fn from(x: f64) -> Middle {
        Middle {
            lower: x,
            median: x,
            upper: x,
        }
    }
}

/// What is known of several numbers at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spreads {
    /// There is one number.
    None,
    /// 5 to 95 % of so many replicas.
    Replicas(usize),
    /// 5 to 95 % of all entries of so many replicas.
    Pooled(usize),
    /// The quartiles of so many replicas.
    Quartiles(usize),
}

/// Numbers along the horizontal axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The place among the entries shown, 0 for the first to 1 for the last; `None` if there is one curve.
    pub share: Option<f64>,
    /// Place on the horizontal axis, and what is there.
    pub points: Vec<(f64, Middle)>,
}

/// A series with its numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Curves {
    /// One for each entry over the steps, otherwise one.
    pub curves: Vec<Curve>,
    /// What bands are.
    pub spreads: Spreads,
}

/// The numbers of a series; `None` if its arm or replica did not run, or nothing was predicted for it.
pub fn numbers(
    panel: &PanelSpec,
    series: &SeriesSpec,
    record: &Record,
    measured: &[Measured],
) -> Result<Option<Curves>> {
    if let Some(name) = &series.given {
        let given = record.given.get(name).ok_or_else(|| {
            Error::new(
                ErrorKind::Unknown,
                format!("the record holds no array `{name}`"),
            )
            .remedy("run the experiment again with this version")
        })?;
        return Ok(Some(indexed(panel, series, given)));
    }
    let name = series.arm.as_deref().unwrap_or_default();
    let Some(own) = measured.iter().find(|m| m.arm == name) else {
        return Ok(None);
    };
    if series.of.is_some() {
        return observed(panel, series, record, own);
    }
    let Some(verdict) = record.verdicts.flow.get(name) else {
        return Ok(None);
    };
    let Some(distance) = &series.distance else {
        return Ok(Some(indexed(panel, series, &verdict.predicted)));
    };
    let pace = pace(panel, record, name);
    let claim = verdict
        .claims
        .iter()
        .find(|c| c.claim == distance.claim && c.when == distance.when.name());
    Ok(claim.map(|claim| {
        let points = verdict.steps.iter().zip(&claim.distance);
        let known = points.filter_map(|(step, spread)| {
            let s = (*spread)?;
            let middle = Middle {
                lower: s.lower,
                median: s.median,
                upper: s.upper,
            };
            Some((*step as f64 / pace, middle))
        });
        Curves {
            curves: vec![Curve {
                share: None,
                points: known.filter(|p| shown(panel, p.0)).collect(),
            }],
            spreads: match verdict.replicas {
                0 | 1 => Spreads::None,
                n => Spreads::Quartiles(n),
            },
        }
    }))
}

/// Step 0 has no place on a logarithmic axis.
fn shown(panel: &PanelSpec, x: f64) -> bool {
    !panel.x.log || x > 0.0
}

/// Steps of an arm for one step of the axis.
fn pace(panel: &PanelSpec, record: &Record, arm: &str) -> f64 {
    let control = record
        .experiment
        .arms
        .get(arm)
        .and_then(|a| a.control.as_ref());
    let beside = |of: &str| panel.series.iter().any(|s| s.arm.as_deref() == Some(of));
    control.filter(|c| beside(&c.of)).map_or(1.0, |c| c.pace)
}

fn chosen(series: &SeriesSpec, count: usize) -> Vec<usize> {
    let some: Vec<usize> = series
        .entries
        .iter()
        .copied()
        .filter(|e| *e < count)
        .collect();
    match series.entries.is_empty() {
        true => (0..count).collect(),
        false => some,
    }
}

fn sized(series: &SeriesSpec, x: f64) -> f64 {
    if series.size { x.abs() } else { x }
}

/// One array over its index.
fn indexed(panel: &PanelSpec, series: &SeriesSpec, array: &[f64]) -> Curves {
    let points = chosen(series, array.len()).into_iter().map(|e| {
        (
            panel.first as f64 + e as f64,
            sized(series, array[e]).into(),
        )
    });
    Curves {
        curves: vec![Curve {
            share: None,
            points: points.collect(),
        }],
        spreads: Spreads::None,
    }
}

fn observed(
    panel: &PanelSpec,
    series: &SeriesSpec,
    record: &Record,
    own: &Measured,
) -> Result<Option<Curves>> {
    let numbers = own.series(series.of.as_deref().unwrap_or_default())?;
    let replicas: Vec<usize> = match series.replica {
        Some(r) if (r as usize) < numbers.replicas => vec![r as usize],
        Some(_) => return Ok(None),
        None => (0..numbers.replicas).collect(),
    };
    let entries = chosen(series, numbers.len());
    let value = |r: usize, look: usize, e: usize| {
        let x = numbers.at(r, look)[e];
        if series.change {
            let start = numbers.at(r, 0)[e];
            (x - start).abs() / start.abs()
        } else {
            sized(series, x)
        }
    };
    // Of more replicas than have values there is a summary, of what was observed as it was.
    let summary = own.samples.summary.as_ref();
    let summary = summary.filter(|_| !series.change && !series.size && series.replica.is_none());
    let summarised = |look: usize, entries: &[usize]| {
        let of: Vec<usize> = entries.iter().map(|e| numbers.number(look, *e)).collect();
        summary.map(|s| Middle {
            lower: s.quantile(&of, 0.05),
            median: s.quantile(&of, 0.5),
            upper: s.quantile(&of, 0.95),
        })
    };
    let over_replicas = |look: usize, e: usize| {
        summarised(look, &[e])
            .unwrap_or_else(|| Middle::of(replicas.iter().map(|r| value(*r, look, e))))
    };
    let count = summary.map_or(replicas.len(), |s| s.replicas().count());
    let pace = pace(panel, record, &own.arm);
    let several = count > 1;
    if panel.over == Over::Index {
        let last = numbers.steps.last().copied().unwrap_or(0);
        let at = panel.at.map_or(last, |s| (s as f64 * pace).round() as u64);
        let look = numbers.look_at(at);
        let points = entries
            .iter()
            .map(|e| (panel.first as f64 + *e as f64, over_replicas(look, *e)));
        return Ok(Some(Curves {
            curves: vec![Curve {
                share: None,
                points: points.collect(),
            }],
            spreads: match several {
                true => Spreads::Replicas(count),
                false => Spreads::None,
            },
        }));
    }
    let steps = numbers.steps.iter().enumerate();
    let looks: Vec<(usize, f64)> = steps
        .map(|(look, step)| (look, *step as f64 / pace))
        // Nothing has changed at the start.
        .filter(|(look, x)| shown(panel, *x) && !(series.change && *look == 0))
        .collect();
    if series.pooled {
        let at = |look: usize| {
            let all = || {
                let each = replicas
                    .iter()
                    .flat_map(|r| entries.iter().map(move |e| (r, e)));
                Middle::of(each.map(|(r, e)| value(*r, look, *e)))
            };
            summarised(look, &entries).unwrap_or_else(all)
        };
        return Ok(Some(Curves {
            curves: vec![Curve {
                share: None,
                points: looks.iter().map(|(look, x)| (*x, at(*look))).collect(),
            }],
            spreads: Spreads::Pooled(count),
        }));
    }
    let last = entries.len().saturating_sub(1);
    let curve = |(k, e): (usize, &usize)| Curve {
        share: (last > 0).then(|| k as f64 / last as f64),
        points: looks
            .iter()
            .map(|(look, x)| (*x, over_replicas(*look, *e)))
            .collect(),
    };
    Ok(Some(Curves {
        curves: entries.iter().enumerate().map(curve).collect(),
        spreads: match several {
            true => Spreads::Replicas(count),
            false => Spreads::None,
        },
    }))
}
