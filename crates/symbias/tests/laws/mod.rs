//! Experiments that ask for laws: what is judged, what is refused before it runs, and what a record keeps of it.

mod common;
mod judged;
mod kept;
mod refused;
