//! Orbits: the Gram matrix of the generators, its rank and its volume element (theory §1).

pub mod gram;
