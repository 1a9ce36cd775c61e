//! What a person asks for: from a model file to symmetries, charges and conservation laws.
//!
//! [`analyze()`](analyze::analyze) answers with everything known of a model, [`mod@eval`] evaluates it,
//! [`mod@fit`] trains designs on data, [`conformance`] checks its derivatives and invariances, [`mod@explain`] says what the words of an answer mean, the
//! catalogue of `symbias-model` lists models with known closed forms. Uses geometry and bias; used by the command line.

pub mod analyze;
pub mod answer;
pub mod conformance;
pub mod design;
pub mod eval;
pub mod experiment;
pub mod explain;
pub mod fit;
pub mod gauge;
pub mod report;
pub mod verify;
pub mod watch;
