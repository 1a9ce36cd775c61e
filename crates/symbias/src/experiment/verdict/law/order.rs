//! Whether three steps show the order that two are extrapolated by (theory §5): F_4h − F_2h = 2^p (F_2h − F_h).
//!
//! A scheme has its order where the equation is smooth. Near a singular orbit, the apex of v·relu(Wx), the error may fall like
//! h^(1/4), which two steps cannot tell from none: then what is left after the extrapolation is not the law's.

use super::Values;
use symbias_model::error::Result;
use symbias_simulate::stats::ks;
use symbias_simulate::stats::verdict::{Holds, Question, Verdict};

/// The lowest order that is reckoned with.
const LOWEST: f64 = 0.25;
/// Quantile of √n_eff D of two samples of one law at a level of 1 %.
const NOISE: f64 = 1.63;

/// What three steps say of the order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Order {
    /// The least and the largest that agree with the distances.
    pub between: (f64, f64),
}

impl Order {
    /// From the distances of the laws at 4h and 2h, and at 2h and h, with what noise may make of each.
    pub fn of(fine: &Values, coarse: &Values, coarsest: &Values) -> Result<Order> {
        let apart = |a: &Values, b: &Values| -> Result<(f64, f64)> {
            let test = ks::two_sample(&a.numbers, &b.numbers)?;
            Ok((test.deviation.distance, NOISE / test.effective.sqrt()))
        };
        let ((small, noise), (large, more)) = (apart(fine, coarse)?, apart(coarse, coarsest)?);
        Ok(Order::between((small, noise), (large, more)))
    }

    fn between(small: (f64, f64), large: (f64, f64)) -> Order {
        let low = (large.0 - large.1).max(0.0) / (small.0 + small.1);
        let high = (large.0 + large.1) / (small.0 - small.1).max(0.0);
        Order {
            between: (low.log2(), high.log2()),
        }
    }

    /// With this as the least order, where it is less.
    pub fn down_to(mut self, lowest: f64) -> Order {
        self.between.0 = self.between.0.min(lowest);
        self
    }

    /// Whether the promised order is seen: it agrees, and half of it does not.
    pub fn shows(&self, promised: f64) -> bool {
        self.between.0 > 0.5 * promised && self.between.1 >= promised
    }

    /// A refutation that does not survive an order which the three steps allow is none.
    pub fn reconsider(
        &self,
        verdict: &mut Verdict,
        asked: &Question,
        mut judged: impl FnMut(&Question) -> Result<Verdict>,
    ) -> Result<()> {
        if verdict.holds != Holds::Refuted || self.shows(asked.order) {
            return Ok(());
        }
        for order in self.allowed(asked.order) {
            let again = judged(&Question {
                order,
                ..asked.clone()
            })?;
            if again.p_value.is_none_or(|p| p >= asked.level) {
                verdict.holds = Holds::Undetermined;
                verdict.reasons.insert(
                    0,
                    format!(
                        "the order of the step is not resolved: three steps leave {}, the scheme promises {}, and at order {order:.2} \
                         the law would not be refuted; take smaller steps or more replicas",
                        self.words(),
                        asked.order
                    ),
                );
                return Ok(());
            }
        }
        Ok(())
    }

    /// Orders below the promised one that the three steps allow: those that are tried.
    pub fn allowed(&self, promised: f64) -> Vec<f64> {
        let (low, high) = self.between;
        let lowest = low.max(LOWEST).min(promised);
        let tried = [lowest, (2.0 * lowest).min(promised)];
        tried
            .into_iter()
            .filter(|order| *order <= high.max(LOWEST))
            .collect()
    }

    fn words(&self) -> String {
        match self.between {
            (low, high) if !low.is_finite() && !high.is_finite() => "any".to_owned(),
            (low, high) if !low.is_finite() => format!("any up to {high:.1}"),
            (low, high) if !high.is_finite() => format!("{low:.1} or more"),
            (low, high) => format!("{low:.1} to {high:.1}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_steps_show_an_order_or_leave_it_open() {
        // Biases 0.1, 0.2 of order one, noise 0.02.
        assert!(Order::between((0.1, 0.02), (0.2, 0.02)).shows(1.0));
        // The twin: an order of a quarter is not one, however exact the distances are.
        let slow = 2.0_f64.powf(0.25);
        assert!(!Order::between((0.1, 1e-4), (0.1 * slow, 1e-4)).shows(1.0));
        // Distances within noise show nothing.
        let hidden = Order::between((0.01, 0.02), (0.012, 0.02));
        assert!(!hidden.shows(1.0) && hidden.words() == "any");
    }
}
