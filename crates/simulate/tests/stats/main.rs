//! Tests of laws against SciPy, closed forms, and themselves: p-values of what is true are uniform.

mod bands;
mod chains;
mod distances;
mod draws;
mod kolmogorov;
mod null;
mod powers;
mod steps;
mod tilts;
mod verdicts;
