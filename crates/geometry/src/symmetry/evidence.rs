//! How something that was found is known.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a rank, a generator or a symmetry is known, best first.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// By a rule with a proof, an identity over a prime field, or an exact rank.
    Proven,
    /// Found by numbers and re-checked at fresh points, where it could have failed.
    Certified,
    /// A rank without a gap, a piece that no probe reached, a certificate without power.
    Open,
}

impl Evidence {
    /// As the answer writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Evidence::Proven => "proven",
            Evidence::Certified => "certified",
            Evidence::Open => "open",
        }
    }
}

/// What is known of affine symmetries beyond those found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Complete {
    /// All affine fields were searched: there are no others.
    All,
    /// The orbits are as large as the redundancy: others could only move along them.
    Explained,
    /// There may be others.
    Open,
}

impl Complete {
    /// As the answer writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Complete::All => "all",
            Complete::Explained => "explained",
            Complete::Open => "open",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
