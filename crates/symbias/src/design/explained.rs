//! How each part was built, with the rule and its place in the theory.

use super::answer::DesignAnswer;
use super::part::{Construction, On, Part, indexed};
use std::fmt::Write;
use symbias_bias::Driver;

/// The rules that a design used, one paragraph a part.
#[must_use]
pub fn explained(answer: &DesignAnswer) -> String {
    let mut out = String::new();
    for part in &answer.lift.parts {
        let _ = writeln!(
            out,
            "explain       {}: {}",
            indexed(&part.component, &part.letters),
            rule(answer.driver, part)
        );
    }
    if answer.lift.weights.is_some() {
        let _ = writeln!(
            out,
            "explain       weights: a linear statement; R(w) = min {{R(z) : Phi z = w}}, and a sum of components is an infimal convolution (theory 7.1)"
        );
    }
    out
}

fn rule(driver: Driver, part: &Part) -> String {
    let text = match (driver, &part.construction) {
        (Driver::Decay, Construction::Product { exponents, .. }) if exponents.len() == 1 => {
            "one parameter: R = z^2/(2 alpha^2) (theory 7.1, identity and scale)"
        }
        (Driver::Decay, Construction::Product { .. }) if part.on == On::Singular => {
            "a product of D matrices: the least norm of all factors of W is (D/2) sum s^(2/D) (theory 7.1)"
        }
        (Driver::Decay, Construction::Product { .. }) => {
            "a product of powers: by the inequality of means the least norm is (A/2) (z^2/prod a^a)^(1/A), A the sum of the exponents a (theory 7.1)"
        }
        (Driver::Decay, Construction::Profile { single: true, .. }) => {
            "a profile of one parameter q: R(f(q)) = q^2/2 (theory 7.1)"
        }
        (Driver::Decay, Construction::Profile { .. }) => {
            "a profile of a product q: the least norm at q is |q|, so that R(f(q)) = |q|, f the inverse of r (theory 7.1)"
        }
        (Driver::Decay, Construction::Curve { .. }) => {
            "a profile f, the inverse of r (of sqrt(2r) where r'(0) = 0): R(f(q)) = |q| (theory 7.1)"
        }
        (Driver::Decay, Construction::Sum { .. }) => {
            "a sum of parts is the infimal convolution of their biases: z^2/(2 alpha^2) and |z|/beta make the Huber function (theory 7.1)"
        }
        (Driver::Isotropic, Construction::Mixture { .. }) => {
            "a normal vector times a gamma variance is a Laplace law: sum of two products, or u||v|| with n + 1 entries of v (theory 7.2)"
        }
        (Driver::Isotropic, _) => {
            "quantiles of a normal law: w = F0^-1(Phi(z/sqrt(tau))) (theory 7.2)"
        }
        (Driver::Horizontal, _) => {
            "p ~ exp(-l/T) K^(-1/2): along the leaf the arc length x has dx = exp(-R) dw (theory 7.3)"
        }
        (Driver::Slice, _) => {
            "p ~ exp(-l/T) det(Gamma)^(-1/2) det(K)^(-1/2) on the slice of the charges (theory 7.3)"
        }
        (Driver::Flow, Construction::Product { .. }) => {
            "K = sqrt(c^2 + 4 w^2) of a product at the charge c: its mirror potential is the hyperbolic entropy (theory 7.4)"
        }
        _ => "K^-1 = Q'': w = f(s) with s the integral of sqrt(Q'') (theory 7.4)",
    };
    text.to_owned()
}
