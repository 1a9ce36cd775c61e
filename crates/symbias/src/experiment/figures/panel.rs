//! From curves to the layers of a panel.

use super::numbers::{Curve, Curves, Spreads};
use crate::experiment::spec::{AxisSpec, LegendSpec, Marks, Over, PanelSpec, Role, SeriesSpec};
use symbias_figure::{Axis, Dash, Layer, Legend, Marker, PALE, Panel};

/// Bands are drawn around so many curves of a series at most; more would hide each other.
const BANDS: usize = 6;
/// Width of lines that have others over them, in points.
const BENEATH: f64 = 1.8;
/// The first series of the palette that ink is seen on.
const LIGHT: usize = 3;

/// Everything but the data.
pub fn empty(spec: &PanelSpec) -> Panel {
    let default = match spec.over {
        Over::Steps => "step",
        Over::Index => "index",
    };
    let mut x = axis(&spec.x, default);
    x.whole = spec.over == Over::Index;
    let mut panel = Panel::new(x, axis(&spec.y, ""))
        .title(&spec.title)
        .legend(match spec.legend {
            LegendSpec::Below => Legend::Below,
            LegendSpec::Right => Legend::Right,
            LegendSpec::Ends => Legend::Ends,
            LegendSpec::Shared => Legend::Shared,
            LegendSpec::None => Legend::None,
        });
    if let Some(ratio) = spec.ratio {
        panel = panel.ratio(ratio);
    }
    if let Some(colours) = &spec.colours {
        panel = panel.colours(&colours.label, colours.from, colours.to);
    }
    for level in &spec.levels {
        panel = panel.layer(Layer::horizontal(level.at).label(&level.label));
    }
    panel
}

fn axis(spec: &AxisSpec, default: &str) -> Axis {
    let mut axis = Axis::new(match spec.label.is_empty() {
        true => default,
        false => &spec.label,
    });
    if spec.log {
        axis = axis.log();
    }
    if let Some(linear) = spec.proportional {
        axis = axis.symlog(linear);
    }
    (axis.low, axis.high) = (spec.from, spec.to);
    axis
}

/// The series of a panel, back to front: bands below all lines.
pub fn layers(spec: &PanelSpec, found: &[(&SeriesSpec, Curves)]) -> Vec<Layer> {
    let dashes_mean_something = found.iter().any(|(s, _)| s.role == Role::Over);
    let (mut behind, mut bands, mut lines, mut over) = (vec![], vec![], vec![], vec![]);
    // What is drawn over the series must be seen on them: the light half of the palette.
    let mut next = if dashes_mean_something { LIGHT } else { 0 };
    let mut overs = 0;
    for (series, curves) in found {
        let mut look = Look {
            draw: series.draw.unwrap_or(spec.draw),
            series: series.colour.unwrap_or(next),
            beneath: dashes_mean_something,
            solid: dashes_mean_something || series.role != Role::Measured,
            by_share: series.colour.is_none() && curves.curves.len() > 1,
            dash: [Dash::Dashed, Dash::Dotted, Dash::DashDotted][overs % 3],
        };
        let label = label(series, curves);
        let into = match series.role {
            Role::Behind => &mut behind,
            Role::Measured => &mut lines,
            Role::Over => &mut over,
        };
        if series.role == Role::Measured && series.colour.is_none() && !look.by_share {
            next += 1;
        }
        if series.role == Role::Over {
            overs += 1;
            look.by_share = false;
        }
        for curve in &curves.curves {
            let line = look.line(curve, series.role);
            into.push(line.label(&label));
            if series.role == Role::Measured && curves.curves.len() <= BANDS {
                bands.extend(look.band(curve, curves.spreads));
            }
        }
    }
    behind.extend(bands);
    behind.extend(lines);
    behind.extend(over);
    behind
}

/// What the legend says of a series: that it is a median, too, where no band does.
fn label(series: &SeriesSpec, curves: &Curves) -> String {
    let banded = series.role == Role::Measured && curves.curves.len() <= BANDS;
    let of = match curves.spreads {
        Spreads::None => return series.label.clone(),
        _ if banded => return series.label.clone(),
        Spreads::Replicas(n) | Spreads::Quartiles(n) => format!("medians of {n} seeds"),
        Spreads::Pooled(1) => "median of all entries".to_owned(),
        Spreads::Pooled(n) => format!("median of all entries, {n} seeds"),
    };
    match series.label.is_empty() {
        true => of,
        false => format!("{}, {of}", series.label),
    }
}

/// How a series looks.
struct Look {
    draw: Marks,
    series: usize,
    solid: bool,
    /// Whether something is drawn over it.
    beneath: bool,
    by_share: bool,
    dash: Dash,
}

impl Look {
    fn coloured(&self, layer: Layer, curve: &Curve) -> Layer {
        match curve.share.filter(|_| self.by_share) {
            Some(share) => layer.ramp(share),
            None => layer.series(self.series),
        }
    }

    fn line(&self, curve: &Curve, role: Role) -> Layer {
        let points: Vec<(f64, f64)> = curve.points.iter().map(|p| (p.0, p.1.median)).collect();
        let layer = match self.draw {
            Marks::Line => Layer::line(points),
            Marks::Points => Layer::points(points),
            Marks::Stems => Layer::stems(points.into_iter().filter(|p| p.1 != 0.0).collect()),
            Marks::Step => Layer::steps(edges(&points), points.iter().map(|p| p.1).collect()),
        };
        let drawn = matches!(self.draw, Marks::Line | Marks::Step);
        match role {
            Role::Behind if drawn => layer.colour(PALE).width(2.2),
            Role::Behind => layer.colour(PALE).hollow(),
            Role::Over if drawn => layer.ink().width(0.6).dash(self.dash),
            Role::Over => layer.ink().marker(Marker::Cross),
            Role::Measured => {
                let mut layer = self.coloured(layer, curve);
                if self.beneath && drawn {
                    layer = layer.width(BENEATH);
                }
                match drawn && (self.solid || self.draw == Marks::Step) {
                    true => layer.dash(Dash::Solid),
                    false => layer,
                }
            }
        }
    }

    /// A band, or intervals where there is no curve to be around.
    fn band(&self, curve: &Curve, spreads: Spreads) -> Option<Layer> {
        let label = match spreads {
            Spreads::None => return None,
            Spreads::Replicas(n) => format!("5 to 95 % of {n} seeds"),
            Spreads::Pooled(1) => "5 to 95 % of all entries".to_owned(),
            Spreads::Pooled(n) => format!("5 to 95 % of all entries, {n} seeds"),
            Spreads::Quartiles(n) => format!("quartiles of {n} seeds"),
        };
        let points = curve.points.iter();
        let sides: Vec<[f64; 3]> = points.map(|p| [p.0, p.1.lower, p.1.upper]).collect();
        let layer = match self.draw {
            Marks::Line | Marks::Step => Layer::band(sides),
            Marks::Points | Marks::Stems => Layer::whiskers(sides),
        };
        Some(self.coloured(layer, curve).label(label))
    }
}

/// Half a unit on both sides of each index.
fn edges(points: &[(f64, f64)]) -> Vec<f64> {
    let last = points.last().map(|p| p.0 + 0.5);
    points.iter().map(|p| p.0 - 0.5).chain(last).collect()
}
