//! Tests of laws against SciPy, closed forms, and themselves: p-values of what is true are uniform.

mod chains;
mod draws;
mod kolmogorov;
mod multiplicity;
mod null;
mod powers;
mod steps;
mod tilts;
mod verdicts;
