//! Figures as written: panels of series, each series from what a record holds and from nothing else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A figure. What belongs to arms that did not run is left out of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureSpec {
    /// Name of its files.
    pub name: String,
    /// What it shows, for those who cannot see it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Panels beside each other; 2 without, or 1 for a single panel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<usize>,
    /// Width in millimetres; 170 without, the two columns of a journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<f64>,
    /// Its panels, row by row.
    pub panels: Vec<PanelSpec>,
}

/// A panel: numbers over the steps of training, or at one step over their index.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PanelSpec {
    /// Above it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// `steps` (default) or `index`. Where a panel shows a control and the arm that it is a control of, steps of the control
    /// are divided by its pace.
    #[serde(default)]
    pub over: Over,
    /// Over an index: the step; the end of each arm without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// Over an index: what the first entry is called (default 0).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub first: i64,
    /// How series are drawn that do not say so themselves.
    #[serde(default)]
    pub draw: Marks,
    /// Horizontal axis.
    #[serde(default)]
    pub x: AxisSpec,
    /// Vertical axis.
    #[serde(default)]
    pub y: AxisSpec,
    /// Height over width.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Where labels stand.
    #[serde(default)]
    pub legend: LegendSpec,
    /// A law of the table `laws` instead of series: the histogram of what was measured, the predicted density, and the wrong
    /// laws dashed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub law: Option<String>,
    /// What is shown, back to front.
    #[serde(default)]
    pub series: Vec<SeriesSpec>,
    /// Levels to compare with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<LevelSpec>,
    /// What the colours of entries mean, from the first to the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colours: Option<ColoursSpec>,
}

fn is_zero(n: &i64) -> bool {
    *n == 0
}

/// The horizontal axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    /// Steps of training.
    #[default]
    Steps,
    /// The index of an array.
    Index,
}

/// How numbers are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Marks {
    /// Lines.
    #[default]
    Line,
    /// Points.
    Points,
    /// Points on stems from 0; what is exactly 0 has none.
    Stems,
    /// A level around each index.
    Step,
}

/// An axis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AxisSpec {
    /// What it shows; `step` or `index` without.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// Logarithmic. Step 0 has no place there.
    #[serde(default)]
    pub log: bool,
    /// Logarithmic for both signs beyond ± this number, in proportion between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proportional: Option<f64>,
    /// Where it begins; where the numbers do without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// Where it ends; where the numbers do without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
}

/// Where labels stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LegendSpec {
    /// Below the panel.
    #[default]
    Below,
    /// Beside it.
    Right,
    /// At the ends of curves.
    Ends,
    /// Below the figure, for all panels that say so.
    Shared,
    /// Nowhere.
    None,
}

/// A level to compare with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelSpec {
    /// The value.
    pub at: f64,
    /// Its name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
}

/// A bar that says what colours mean.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColoursSpec {
    /// What differs between entries.
    pub label: String,
    /// Its value for the first entry shown.
    pub from: f64,
    /// Its value for the last.
    pub to: f64,
}

/// Numbers: exactly one of `of`, `distance`, `predicted` and `given` says which.
///
/// Each entry is a series of its own: the median over replicas with a band from 5 to 95 %, or the line of the only replica.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesSpec {
    /// The arm; only `given` has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arm: Option<String>,
    /// An observable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Over steps: how far the weights of `predict` are from what a geometry predicts, of the latter; the band is quartiles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance: Option<DistanceSpec>,
    /// Over the index: the weights at the end that `predict` follows the mirror flow to, for the first replica.
    #[serde(default, skip_serializing_if = "is_false")]
    pub predicted: bool,
    /// Over the index: an array of the table `given`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// In the legend.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// |x(t) − x(0)|/|x(0)| of each entry instead of x(t).
    #[serde(default, skip_serializing_if = "is_false")]
    pub change: bool,
    /// |x| instead of x.
    #[serde(default, skip_serializing_if = "is_false")]
    pub size: bool,
    /// Only these entries, counted from 0 in C order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<usize>,
    /// All entries and replicas as one: their median and the band from 5 to 95 %.
    #[serde(default, skip_serializing_if = "is_false")]
    pub pooled: bool,
    /// Only this replica, counted from 0 within the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica: Option<u64>,
    /// What it is to the other series.
    #[serde(default)]
    pub role: Role,
    /// How it is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw: Option<Marks>,
    /// The look of this series of the palette, counted from 0. Without, several entries are coloured from dark to light.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<usize>,
}

fn is_false(b: &bool) -> bool {
    !b
}

/// What a series is to the others of its panel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A measurement.
    #[default]
    Measured,
    /// Dashed, in the colour of text, over measurements: a prediction, a control.
    Over,
    /// Pale and wide, behind measurements: a truth.
    Behind,
}

/// A claim of what flow leads to (theory §4.1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DistanceSpec {
    /// `leaf`, `charges x 10`, `charges x 0.1`, `l2` or `l1`.
    pub claim: String,
    /// `path`, the flow to the same time, or `limit`, what it selects for all times.
    pub when: WhenSpec,
}

/// When a claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WhenSpec {
    /// The same time.
    Path,
    /// t → ∞.
    Limit,
}

impl WhenSpec {
    /// As verdicts write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            WhenSpec::Path => "path",
            WhenSpec::Limit => "limit",
        }
    }
}
