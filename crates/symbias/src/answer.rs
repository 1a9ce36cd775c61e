//! The machine-readable answer of `analyze`, schema 2 (docs/answer.md).
//!
//! ```
//! # use symbias::{SourceFile, Watch};
//! # let source = SourceFile::parse("symbias = 1\noutputs = [\"w\"]\nprogram = \"w = u * v\"\n\
//! #     parameters = { u = [], v = [] }\nloss = { kind = \"expression\", expr = \"0.5 * (w - 1)^2\" }\n", None)?;
//! use symbias::{Answer, analyze};
//! let found = analyze(&source, &Default::default(), &Watch::default())?;
//! let text = serde_json::to_string(&found.answer).expect("JSON");
//! assert_eq!(Answer::read(&text)?, found.answer);
//! # Ok::<(), symbias::Error>(())
//! ```

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_bias::{Driver, Existence, Pull, Status};
use symbias_geometry::formula::Formula;
use symbias_geometry::symmetry::{Complete, Evidence};
use symbias_model::error::{Error, ErrorKind, Result};

/// What `symbias analyze --json` prints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Answer {
    /// Always 2.
    pub schema: u32,
    /// The model's name.
    pub model: String,
    /// Each statement with its sums written out, as the program understood it.
    pub reads: Vec<String>,
    /// d, the number of real parameters.
    pub parameters: u64,
    /// Rank of the Jacobian at a generic point; `null` where it was not computed.
    pub rank: Option<u64>,
    /// d − rank J.
    pub redundancy: Option<u64>,
    /// Dimension of a generic orbit.
    pub orbit_dimension: Option<u64>,
    /// Redundancy that no symmetry found explains.
    pub unexplained: Option<u64>,
    /// Where those directions live; empty where there are none, or where they were not located.
    pub unexplained_on: Vec<UnexplainedOn>,
    /// The algebra.
    pub symmetry: Symmetry,
    /// The independent re-check.
    pub certificate: Certificate,
    /// Every rank that was decided.
    pub ranks: Vec<Rank>,
    /// Conserved quantities.
    pub charges: Charges,
    /// The Gram matrix of the generators.
    pub gram: Gram,
    /// The orbit of the point; `null` where no point was computed.
    pub orbit: Option<Orbit>,
    /// What each driver selects.
    pub bias: Biases,
    /// What a reader should know before believing the rest.
    pub warnings: Vec<Warning>,
    /// Seed of the random points.
    pub seed: u64,
}

/// The version of the answer.
const SCHEMA: u32 = 2;

impl Answer {
    /// An answer of `symbias analyze --json`.
    ///
    /// # Errors
    /// A text that is no JSON, or an answer of another version.
    pub fn read(text: &str) -> Result<Answer> {
        versioned(text, SCHEMA, "symbias analyze --json")
    }
}

/// Reads an answer whose field `schema` must be this version.
pub(crate) fn versioned<A: serde::de::DeserializeOwned>(
    text: &str,
    version: u32,
    of: &str,
) -> Result<A> {
    let wrong = |e: serde_json::Error| {
        Error::new(
            ErrorKind::Syntax,
            format!("this is no answer of `{of}`: {e}"),
        )
        .caused_by(e)
    };
    let value: serde_json::Value = serde_json::from_str(text).map_err(wrong)?;
    match value["schema"].as_u64() {
        Some(found) if found != u64::from(version) => Err(Error::new(
            ErrorKind::Value,
            format!("the answer is of schema {found}, and this program reads schema {version}"),
        )
        .remedy(format!("run `{of}` again with this version"))),
        _ => serde_json::from_value(value).map_err(wrong),
    }
}

/// The JSON schema of the answer.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Answer).to_value()
}

/// Flat directions that belong to no symmetry found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct UnexplainedOn {
    /// The parameters that they move.
    pub tensors: Vec<String>,
    /// How many.
    pub directions: u64,
    /// The directions at the point, each as its entries that are not 0; empty where they are many.
    pub basis: Vec<Vec<Entry>>,
}

/// An entry of a direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Entry {
    /// The coordinate of θ: `W[0,1]`, complex ones with `.re` and `.im`.
    pub entry: String,
    /// How much it moves.
    pub value: f64,
}

/// The symmetry algebra.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Symmetry {
    /// Its dimension.
    pub dimension: u64,
    /// Whether the group is compact.
    pub compact: bool,
    /// Dimension of a maximal compact subalgebra.
    pub compact_dimension: u64,
    /// ASCII name.
    pub name: String,
    /// Proven lower and computed upper bound on the dimension.
    pub bounds: Bounds,
    /// How it is known.
    pub evidence: Evidence,
    /// What is known of others.
    pub complete: Complete,
    /// Ideals, with what they act on.
    pub factors: Vec<Factor>,
}

/// Bounds on the dimension of the symmetry algebra.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Bounds {
    /// Proven by rules, or found by numbers and certified.
    pub lower: u64,
    /// Of all affine fields; `null` unless all were searched.
    pub upper: Option<u64>,
    /// Whether both agree.
    pub exact: bool,
}

/// One ideal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Factor {
    /// Name, e.g. `gl(4)^2`.
    pub name: String,
    /// Dimension.
    pub dimension: u64,
    /// What it acts on.
    pub tensors: Vec<TensorAxis>,
    /// What found it.
    pub found_by: FoundBy,
    /// The rule, where one found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// What found a factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FoundBy {
    /// A rule, with a proof.
    Rule,
    /// The null space of J.
    Numerics,
    /// Both, independently.
    Both,
}

/// A parameter and the axis acted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TensorAxis {
    /// The parameter.
    pub name: String,
    /// The axis, `null` where all entries are acted on alike.
    pub axis: Option<String>,
}

/// The independent re-check by finite group elements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Certificate {
    /// Largest relative change of F; `null` if it was not run.
    pub residual: Option<f64>,
    /// Points.
    pub points: u64,
    /// How much the outputs move when the same points are moved by as much off the orbit; `null` if
    /// it was not run.
    pub power: Option<f64>,
    /// The sizes of axes and blocks with which it was taken, where they are not those of the model.
    pub scale: Option<String>,
}

/// One rank decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Rank {
    /// What was ranked.
    pub what: String,
    /// The rank.
    pub rank: u64,
    /// Last kept over first dropped magnitude; `null` if nothing was dropped or it is exact.
    pub gap: Option<f64>,
    /// Decided in exact arithmetic.
    pub exact: bool,
    /// How it is known.
    pub evidence: Evidence,
    /// Probability that an exact decision is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_probability: Option<f64>,
}

/// Conserved quantities of gradient flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Charges {
    /// Dimension of the space of charges.
    pub count: u64,
    /// Independent conserved functions; `null` where not computed.
    pub independent: Option<u64>,
    /// Formulas.
    pub formulas: Vec<String>,
    /// Values at the point.
    pub values: Vec<f64>,
    /// Charges of fields that numbers found, which have no formula by rule: their values are among
    /// `values` too.
    pub other: Vec<OtherCharge>,
}

/// A charge ½θᵀAθ + ⟨b, θ⟩ of a field without a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OtherCharge {
    /// The parameters that it reads.
    pub tensors: Vec<String>,
    /// Its value at the point.
    pub value: f64,
}

/// The Gram matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Gram {
    /// The basis of the algebra.
    pub basis: String,
    /// Closed form of det Γ where the structure gives one.
    pub formula: Option<String>,
    /// Log pseudo-determinant at the point, by numbers.
    pub log_det: Option<f64>,
    /// The same by the formula.
    pub log_det_by_formula: Option<f64>,
    /// Each factor by itself, where it has a formula.
    pub factors: Vec<GramFactor>,
}

/// det Γ of one factor by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct GramFactor {
    /// Name of the factor.
    pub name: String,
    /// Closed form.
    pub formula: String,
    /// Its logarithm at the point, by the formula.
    pub log_det: Option<f64>,
}

/// The orbit of the point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Orbit {
    /// Its dimension, rank Γ at the point.
    pub dimension: u64,
    /// Dimension of the stabiliser.
    pub stabiliser: u64,
    /// Whether generic orbits have larger dimension.
    pub singular: bool,
    /// ½ log pdet Γ.
    pub log_volume: f64,
    /// Norm of the mean curvature vector H.
    pub mean_curvature: f64,
    /// What H obeys, by the class of the action (theory §1).
    pub curvature_law: String,
    /// Relative deviation of H from it; `null` where there is no law.
    pub curvature_residual: Option<f64>,
}

/// One entry per driver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Biases {
    /// Weight decay.
    pub decay: Bias,
    /// Gradient flow.
    pub flow: Bias,
    /// Isotropic noise.
    pub noise_isotropic: Bias,
    /// Gauge slice.
    pub noise_slice: Bias,
    /// Horizontal noise.
    pub noise_horizontal: Bias,
}

impl Biases {
    /// One of each driver.
    pub(crate) fn each(of: impl Fn(Driver) -> Bias) -> Biases {
        Biases {
            decay: of(Driver::Decay),
            flow: of(Driver::Flow),
            noise_isotropic: of(Driver::Isotropic),
            noise_slice: of(Driver::Slice),
            noise_horizontal: of(Driver::Horizontal),
        }
    }

    /// That of a driver.
    #[must_use]
    pub fn of(&self, driver: Driver) -> &Bias {
        match driver {
            Driver::Decay => &self.decay,
            Driver::Flow => &self.flow,
            Driver::Isotropic => &self.noise_isotropic,
            Driver::Slice => &self.noise_slice,
            Driver::Horizontal => &self.noise_horizontal,
        }
    }
}

/// What a driver selects: R with p(w) ∝ e^{−ℓ/T − R(w)} for a law of noise, the regulariser for
/// decay, the mirror potential for flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Bias {
    /// Whether there is such a bias.
    pub status: Existence,
    /// Whether `status` is `exists`.
    pub exists: bool,
    /// Its value at the point.
    pub value: Option<f64>,
    /// How the value of decay is known as the least of the whole fibre.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The same by the formula.
    pub value_by_formula: Option<f64>,
    /// Its formula.
    pub formula: Option<String>,
    /// With respect to which measure.
    pub base_measure: String,
    /// Which orbits a law of noise favours.
    pub pull: Option<Pull>,
    /// Components of the fibre, where their number is known.
    pub components: Option<u64>,
    /// What it rests on.
    pub hypotheses: Vec<Hypothesis>,
}

impl From<&symbias_bias::Potential> for Bias {
    fn from(potential: &symbias_bias::Potential) -> Bias {
        let hypothesis = |h: &symbias_bias::Hypothesis| Hypothesis {
            text: h.text.clone(),
            status: h.status,
            topic: h.topic.into(),
        };
        // JSON has no infinity.
        let finite = |x: Option<f64>| x.filter(|x| x.is_finite());
        let status = potential.existence();
        Bias {
            status,
            exists: status == Existence::Exists,
            value: finite(potential.value),
            evidence: potential.evidence,
            value_by_formula: finite(potential.by_formula),
            formula: potential.formula.as_ref().map(Formula::text),
            base_measure: potential.base_measure.clone(),
            pull: potential.pull,
            components: potential.components,
            hypotheses: potential.hypotheses.iter().map(hypothesis).collect(),
        }
    }
}

/// A hypothesis and what is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Hypothesis {
    /// In words.
    pub text: String,
    /// What is known of it.
    pub status: Status,
    /// What `symbias explain` calls it.
    pub topic: String,
}

/// A warning for programs and people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Warning {
    /// Stable code.
    pub code: String,
    /// In words.
    pub text: String,
}
