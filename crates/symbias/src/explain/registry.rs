//! The topics: their names, what they are, what they are called. Their text is in the book; a test
//! holds both together.

use serde::Serialize;

/// What a topic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// What a driver of training selects.
    Law,
    /// A group, or a property of one.
    Symmetry,
    /// Something that is computed.
    Object,
    /// What a law rests on.
    Hypothesis,
    /// A section of the theory; no topic of the list.
    Section,
}

impl Kind {
    /// The kinds of topics, in the order of a list.
    pub const ALL: [Kind; 4] = [Kind::Law, Kind::Symmetry, Kind::Object, Kind::Hypothesis];

    /// In words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Law => "law",
            Kind::Symmetry => "symmetry",
            Kind::Object => "object",
            Kind::Hypothesis => "hypothesis",
            Kind::Section => "section",
        }
    }

    /// The heading of a list.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Kind::Law => "laws",
            Kind::Symmetry => "symmetries",
            Kind::Object => "objects",
            Kind::Hypothesis => "hypotheses",
            Kind::Section => "sections of the theory",
        }
    }
}

/// A topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Topic {
    /// Its name in commands and in the book's marks.
    #[serde(rename = "topic")]
    pub slug: &'static str,
    /// What it is.
    pub kinds: &'static [Kind],
    /// What it is called.
    pub title: &'static str,
}

const LAW: &[Kind] = &[Kind::Law];
const SYMMETRY: &[Kind] = &[Kind::Symmetry];
const OBJECT: &[Kind] = &[Kind::Object];
const HYPOTHESIS: &[Kind] = &[Kind::Hypothesis];

const BOTH: &[Kind] = &[Kind::Law, Kind::Hypothesis];

const fn topic(slug: &'static str, kinds: &'static [Kind], title: &'static str) -> Topic {
    Topic { slug, kinds, title }
}

/// All topics.
pub const TOPICS: &[Topic] = &[
    topic("flow", LAW, "gradient flow: a mirror flow on a leaf"),
    topic(
        "decay",
        LAW,
        "weight decay: the least norm of equal functions",
    ),
    topic("noise-isotropic", LAW, "isotropic noise: large orbits"),
    topic(
        "noise-slice",
        LAW,
        "isotropic noise conditioned on a gauge slice: small orbits",
    ),
    topic(
        "noise-horizontal",
        BOTH,
        "horizontal noise, none along orbits: a power of det K alone",
    ),
    topic(
        "noise-minibatch",
        LAW,
        "minibatch noise: the process of the weights, integrated",
    ),
    topic(
        "label-noise",
        LAW,
        "label noise: predictor-isotropic, a Gamma law for w = uv",
    ),
    topic("gl", SYMMETRY, "general linear: a contracted index"),
    topic("so", SYMMETRY, "orthogonal: a metric that must be kept"),
    topic("u", SYMMETRY, "unitary: a complex metric that must be kept"),
    topic(
        "scaling",
        SYMMETRY,
        "scalings: homogeneous functions and entrywise products",
    ),
    topic("phase", SYMMETRY, "phases of complex parameters"),
    topic(
        "planes",
        SYMMETRY,
        "what rotary positions leave: scale and rotation of each plane",
    ),
    topic(
        "translation",
        SYMMETRY,
        "translations: shifts that something later ignores",
    ),
    topic(
        "scale-invariance",
        SYMMETRY,
        "weights before a norm: only their direction counts",
    ),
    topic(
        "compact",
        SYMMETRY,
        "compact: rotations, bounded orbits, no charges",
    ),
    topic(
        "reductive",
        &[Kind::Symmetry, Kind::Hypothesis],
        "reductive: closed under transposition, compact plus stretching",
    ),
    topic(
        "reads",
        OBJECT,
        "what is analysed: the model as it was understood",
    ),
    topic("symmetry", OBJECT, "the established symmetry"),
    topic("rank", OBJECT, "a decision that some numbers are zero"),
    topic(
        "certificate",
        OBJECT,
        "finite group elements at fresh points",
    ),
    topic(
        "status",
        OBJECT,
        "how something is known, and whether a law exists",
    ),
    topic("note", OBJECT, "what to know before using the numbers"),
    topic("momentum", OBJECT, "momentum as a driver"),
    topic("redundancy", OBJECT, "parameters minus rank J"),
    topic(
        "effective-weights",
        OBJECT,
        "what the loss sees of the parameters",
    ),
    topic("fibre", OBJECT, "all parameters of one function"),
    topic(
        "orbit",
        OBJECT,
        "all parameters that the symmetry reaches from one point",
    ),
    topic(
        "gram",
        OBJECT,
        "the Gram matrix of the generators and the volume of orbits",
    ),
    topic(
        "stabiliser",
        OBJECT,
        "the part of the symmetry that leaves a point in place",
    ),
    topic("horizontal-projector", OBJECT, "the projector along orbits"),
    topic(
        "mean-curvature",
        OBJECT,
        "how an orbit bends: towards larger or smaller orbits",
    ),
    topic(
        "charge",
        OBJECT,
        "what gradient flow conserves for a symmetric generator",
    ),
    topic(
        "balanced-gauge",
        OBJECT,
        "the point of least norm on an orbit",
    ),
    topic(
        "noise-gauge",
        OBJECT,
        "the point of an orbit where noise stops moving the charges",
    ),
    topic(
        "degenerate-orbit",
        OBJECT,
        "an orbit without a point of least norm",
    ),
    topic("transport", OBJECT, "moving parameters along their orbit"),
    topic(
        "induced-regulariser",
        OBJECT,
        "the least norm of equal functions, as a function of the weights",
    ),
    topic(
        "predictor-metric",
        OBJECT,
        "K = J J^T, the speed of the weights per unit of slope",
    ),
    topic("leaf", OBJECT, "parameters of the same charges"),
    topic(
        "mirror-potential",
        OBJECT,
        "the potential whose Hessian is the inverse metric of a leaf",
    ),
    topic("base-measure", OBJECT, "what a density is a density of"),
    topic(
        "attribution",
        OBJECT,
        "what explains a run: drivers, controls, charges",
    ),
    topic(
        "verdict",
        OBJECT,
        "what a simulation says of a law: confirmed, refuted, undetermined",
    ),
    topic(
        "effect-size",
        OBJECT,
        "by how much a law is wrong: its parameters as samples have them",
    ),
    topic(
        "signs",
        OBJECT,
        "a law that passes w = 0, compared for each sign",
    ),
    topic(
        "effective-samples",
        OBJECT,
        "how many independent values stand behind a verdict",
    ),
    topic("extrapolation", OBJECT, "from two steps to step zero"),
    topic(
        "twin",
        OBJECT,
        "a wrong law that the same numbers must refute",
    ),
    topic(
        "stationarity",
        OBJECT,
        "whether a law stands still at the end of a run",
    ),
    topic(
        "crossings",
        OBJECT,
        "replicas that a step carried over a singular point",
    ),
    topic(
        "orbit-moves",
        OBJECT,
        "parameters moved along their orbit to wanted charges",
    ),
    topic(
        "falling-charges",
        OBJECT,
        "charges that fall turn a smooth penalty into a concave one",
    ),
    topic(
        "fit",
        OBJECT,
        "weights that minimise loss + lambda R for data",
    ),
    topic(
        "lambda-path",
        OBJECT,
        "which values of lambda a fit goes over, and in which order",
    ),
    topic(
        "cross-validation",
        OBJECT,
        "the loss on samples that were left out",
    ),
    topic(
        "kkt-residual",
        OBJECT,
        "how far a fit is from the minimum of loss + lambda R",
    ),
    topic(
        "shared-factors",
        OBJECT,
        "factors that the entries of a group share: latent and overlapping groups",
    ),
    topic(
        "atoms",
        OBJECT,
        "gauges by atoms, and analysis norms by their vertices",
    ),
    topic(
        "homogeneous-unit",
        OBJECT,
        "the bias of a designed layer in a unit that takes a factor",
    ),
    topic(
        "squared-norm-penalty",
        HYPOTHESIS,
        "one multiple of the squared norm of every parameter",
    ),
    topic(
        "fast-decay",
        HYPOTHESIS,
        "decay has had the time to balance",
    ),
    topic(
        "minimum-attained",
        HYPOTHESIS,
        "the orbit is closed, so that its least norm is a point",
    ),
    topic(
        "sign-frozen",
        HYPOTHESIS,
        "training starts on the side of w = 0 where the minimum lies",
    ),
    topic(
        "origin-is-minimum",
        HYPOTHESIS,
        "training does not start in the basin of the origin",
    ),
    topic(
        "whole-fibre",
        HYPOTHESIS,
        "the least norm of all parameters of the function was looked at",
    ),
    topic(
        "fibre-is-orbit",
        HYPOTHESIS,
        "equal functions are on one orbit",
    ),
    topic(
        "effective-weights-known",
        HYPOTHESIS,
        "the model is a function of weights w = F(theta)",
    ),
    topic(
        "metric-closes",
        HYPOTHESIS,
        "on a leaf K is a function of w",
    ),
    topic(
        "metric-is-hessian",
        HYPOTHESIS,
        "the inverse metric of the leaf is a Hessian",
    ),
    topic(
        "image-is-open",
        HYPOTHESIS,
        "the weights fill an open set: K is invertible",
    ),
    topic("compact-orbits", HYPOTHESIS, "orbits have finite volume"),
    topic(
        "leaf-invariant",
        HYPOTHESIS,
        "noise does not leave the balanced leaf",
    ),
    topic(
        "leaf-attracting",
        HYPOTHESIS,
        "noise returns to the balanced leaf",
    ),
    topic(
        "normalisable-at-zero",
        HYPOTHESIS,
        "the density is integrable at w = 0",
    ),
    topic(
        "normalisable-at-infinity",
        HYPOTHESIS,
        "the density is integrable for large w",
    ),
    topic(
        "on-the-slice",
        HYPOTHESIS,
        "the process stays on the gauge slice",
    ),
    topic(
        "slice-choice",
        HYPOTHESIS,
        "which function is zero on the slice",
    ),
    topic(
        "linear-model",
        HYPOTHESIS,
        "outputs are linear in the weights",
    ),
    topic(
        "small-steps",
        HYPOTHESIS,
        "steps are small enough to be a flow",
    ),
];

/// What reports call things in their lines beside the drivers' names, and the topics that explain it; `explain` takes both.
pub const LABELS: &[(&str, &str)] = &[
    ("model", "reads"),
    ("parameters", "reads"),
    ("unexplained", "redundancy"),
    ("algebra", "symmetry"),
    ("generator", "symmetry"),
    ("charges", "charge"),
    ("minibatch", "noise-minibatch"),
    ("confirmed", "verdict"),
    ("refuted", "verdict"),
    ("undetermined", "verdict"),
    ("predicted", "verdict"),
    ("measured", "verdict"),
    ("because", "verdict"),
    ("fitted", "effect-size"),
    ("scheme", "extrapolation"),
    ("test", "effective-samples"),
    ("twins", "twin"),
    ("law", "base-measure"),
    ("no-law", "status"),
    ("crossed", "crossings"),
    ("proven", "status"),
    ("certified", "status"),
    ("verified", "status"),
    ("assumed", "status"),
    ("fails", "status"),
    ("exists", "status"),
    ("absent", "status"),
    ("open", "status"),
    ("noise", "attribution"),
    ("orbit_moves", "orbit-moves"),
    ("samples", "cross-validation"),
    ("tried", "cross-validation"),
    ("chosen", "cross-validation"),
    ("score", "cross-validation"),
    ("path", "lambda-path"),
    ("loss", "fit"),
    ("support", "fit"),
    ("intercept", "fit"),
    ("refit", "fit"),
    ("note", "fit"),
    ("kkt", "kkt-residual"),
    ("mixed", "attribution"),
];
