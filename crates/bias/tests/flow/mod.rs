//! Predictions of flow against oracles that share nothing with them: closed forms of the literature,
//! quadrature, descent in θ, enumeration. Each has a twin that fails.

mod common;
mod entropy;
mod limit;
mod path;
mod published;
mod readout;
