//! Figures plot the numbers of records, and nothing else.

mod common;
mod plotted;
mod refused;
mod reproduced;
