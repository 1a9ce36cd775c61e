//! Which two arms say what a third with step zero would.

use crate::experiment::plan::Planned;
use crate::experiment::spec::{Arm, DiffusionSpec};
use symbias_model::error::{Error, ErrorKind, Result};

/// Relative difference of two steps that are written as decimals and meant to be a factor of two apart.
const SAME: f64 = 1e-9;

/// Whether another arm is this one for the same time at twice the step. Their seeds differ by their names.
///
/// # Errors
/// What else differs.
pub fn extrapolates(fine: &Planned, coarse: &Planned) -> Result<()> {
    let refuse = |text: String, remedy: &str| {
        Err(Error::new(ErrorKind::Value, text).remedy(remedy.to_owned()))
    };
    let (Some(own), Some(other)) = (&fine.spec.diffusion, &coarse.spec.diffusion) else {
        return refuse(
            "only steps of diffusions are extrapolated to zero".into(),
            "leave `coarse` out",
        );
    };
    if (other.step - 2.0 * own.step).abs() > SAME * own.step {
        return refuse(
            format!(
                "its step is {}, and twice {} is {}",
                other.step,
                own.step,
                2.0 * own.step
            ),
            "give it twice the step",
        );
    }
    let time = |arm: &Planned, d: &DiffusionSpec| arm.schedule.last() as f64 * d.step;
    let (own_time, other_time) = (time(fine, own), time(coarse, other));
    // An odd number of fine steps leaves one over.
    if (own_time - other_time).abs() > (1.0 + SAME) * own.step {
        return refuse(
            format!("it runs for the time {other_time}, and the fine one for {own_time}"),
            "give it half the steps",
        );
    }
    let differs = |a: &DiffusionSpec, b: &DiffusionSpec| {
        let apart = [
            ("noise", a.noise != b.noise),
            ("scheme", a.scheme != b.scheme),
            ("space", a.space != b.space),
            ("slice", a.slice != b.slice),
        ];
        apart.into_iter().find(|d| d.1).map(|d| d.0)
    };
    if let Some(key) = differs(own, other) {
        return refuse(
            format!("its `{key}` is another"),
            "let it differ in nothing but its step and steps",
        );
    }
    match plain(&fine.spec) == plain(&coarse.spec) {
        true => Ok(()),
        false => refuse(
            "its model, start, data, decay, precision or observables are others".into(),
            "let it differ in nothing but its step and steps",
        ),
    }
}

/// What two arms have to share besides their diffusion.
fn plain(arm: &Arm) -> Arm {
    Arm {
        about: None,
        diffusion: None,
        steps: None,
        look: None,
        replicas: None,
        control: None,
        apart: None,
        ..arm.clone()
    }
}
