//! Published closed forms and statements, one per module: the statement and its source, what is
//! computed, an oracle that shares no code with it, and a twin that must fail.
//!
//! `oracle` has the linear algebra, quadrature and models of the judge; `subject` asks symbias. The
//! numbers of `reference.json` are an independent derivation (`reference.py`).

mod oracle;
mod subject;

mod attention_rope;
mod balanced_gauge;
mod bessel_law;
mod conserved_count;
mod deep_linear_volume;
mod gamma_law;
mod hadamard_metric;
mod horizontal_drift;
mod horizontal_law;
mod induced_regulariser;
mod law_calibration;
mod mean_curvature;
mod metric_closure;
mod mirror_flow;
mod noise_equilibrium;
mod normalisability;
mod published_training;
mod reference;
mod scale_invariant_equilibrium;
mod slice_law;
mod wishart;
