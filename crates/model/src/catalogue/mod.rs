//! Known models: their files, and what theory §6 says of them in closed form.
//!
//! A closed form here is written from its source and evaluated from the named tensors alone. It
//! judges what discovery and geometry find; they never consult it.

mod attention;
mod compact;
mod laws;
mod matrices;
mod networks;
mod norms;
mod point;
mod products;

pub use point::Point;

/// What a closed form gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The charges, in the order of the answer.
    Charges,
    /// log pdet Γ in the basis of the answer (`gram.basis`).
    LogDetGram,
    /// The same at the balanced point of the orbit, as a function of any point of it.
    BalancedLogDetGram,
    /// The regulariser that weight decay induces.
    Decay,
    /// The mirror potential of gradient flow.
    Flow,
    /// R of isotropic noise on compact orbits, p(w) ∝ e^{−ℓ/T − R(w)} dw (theory §5.1).
    Isotropic,
    /// R of isotropic noise conditioned on the balanced slice (theory §5.2).
    Slice,
    /// R of horizontal noise on the balanced leaf (theory §5.3).
    Horizontal,
}

impl Quantity {
    /// In words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Quantity::Charges => "charges",
            Quantity::LogDetGram => "log det Gram",
            Quantity::BalancedLogDetGram => "log det Gram, balanced",
            Quantity::Decay => "decay",
            Quantity::Flow => "flow",
            Quantity::Isotropic => "isotropic noise",
            Quantity::Slice => "gauge slice",
            Quantity::Horizontal => "horizontal noise",
        }
    }
}

/// A closed form and where it is from.
#[derive(Clone, Copy, Debug)]
pub struct ClosedForm {
    /// What it gives.
    pub of: Quantity,
    /// The formula.
    pub formula: &'static str,
    /// Where it is derived.
    pub source: &'static str,
    /// Its values at a point.
    pub value: fn(&Point<'_>) -> Vec<f64>,
}

/// A known model.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The name of its file in `models/`.
    pub name: &'static str,
    /// The model file.
    pub text: &'static str,
    /// Closed forms.
    pub closed_forms: &'static [ClosedForm],
}

impl Known {
    /// The first comment line of the file: what the model is.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.text
            .lines()
            .next()
            .unwrap_or("")
            .trim_start_matches('#')
            .trim()
    }
}

/// All known models.
#[must_use]
pub fn all() -> Vec<&'static Known> {
    let rooms = [
        products::MODELS,
        networks::MODELS,
        matrices::MODELS,
        attention::MODELS,
        compact::MODELS,
        norms::MODELS,
    ];
    rooms.into_iter().flatten().collect()
}

/// The known model of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Known> {
    all().into_iter().find(|k| k.name == name)
}

/// A model of the catalogue: its file and its closed forms.
macro_rules! known {
    ($name:literal, [$($of:ident: $formula:expr, $source:literal, $value:expr);* $(;)?]) => {
        $crate::catalogue::Known {
            name: $name,
            text: include_str!(concat!("../../../../models/", $name, ".toml")),
            closed_forms: &[$($crate::catalogue::ClosedForm {
                of: $crate::catalogue::Quantity::$of,
                formula: $formula,
                source: $source,
                value: $value,
            }),*],
        }
    };
}
use known;
