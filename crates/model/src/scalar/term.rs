//! Numbers modulo a prime in which every function that is no polynomial is an unknown one.

use super::number::{Exact, Scalar};
use crate::expression::Function;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::discriminant;
use symbias_numerics::field::{Fp, MERSENNE61};

/// The value of an expression at residues, where relu, exp and their like stand for functions of which nothing is
/// known but that equal arguments have equal values, and a maximum is taken in an order of its own.
///
/// A linear relation between expressions that holds at random such values is one between their forms, but for a
/// probability of the order of the length over the prime: it holds for the true functions too, on all of their pieces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term(pub Fp<MERSENNE61>);

impl Term {
    fn hashed(self, what: impl Hash) -> Fp<MERSENNE61> {
        let mut hasher = DefaultHasher::new();
        (what, self.0.value()).hash(&mut hasher);
        Fp::new(hasher.finish() >> 3)
    }
}

impl Scalar for Term {
    fn constant(&self, value: f64) -> Term {
        Term(Exact::of(value).residue)
    }
    fn plus(&self, other: &Term) -> Term {
        Term(self.0 + other.0)
    }
    fn times(&self, other: &Term) -> Term {
        Term(self.0 * other.0)
    }
    fn minus(&self) -> Term {
        Term(-self.0)
    }
    fn inverse(&self) -> Option<Term> {
        Some(Term(self.0.inverse()?))
    }
    fn shadow(&self) -> f64 {
        self.hashed(()).value() as f64
    }
    fn apply(&self, function: Function) -> Option<Term> {
        let of = match function {
            Function::Square => return Some(self.times(self)),
            Function::LeakyRelu(x) | Function::Power(x) => x.to_bits(),
            // Their curves have no names.
            Function::Profile(_) => return None,
            _ => 0,
        };
        Some(Term(self.hashed((discriminant(&function), of))))
    }
}
