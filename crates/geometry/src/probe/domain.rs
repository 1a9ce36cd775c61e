//! Points where the function is finite: roots and logarithms of negative numbers are no numbers, and
//! a rank of what is not a number is none.
//!
//! A point outside the domain is mended by drawing single coordinates of (θ, x) again as long as no
//! more operations fail than before. The signs of the first good point are those of all others,
//! since most domains are about signs.

use super::Probes;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::random::Stream;

/// Draws of one coordinate for each coordinate, at most.
const DRAWS: usize = 60;
/// Starts before the function counts as finite nowhere.
const STARTS: u64 = 12;
/// They are those of no other search.
const FIRST_POINT: u64 = 1 << 43;
const MENDING: u64 = 15;

/// Signs of θ and of the real inputs.
#[derive(Clone, Debug)]
pub(super) struct Signs {
    theta: Vec<bool>,
    inputs: Vec<bool>,
}

impl Signs {
    pub fn of_point(&self, theta: &mut [f64]) {
        impose(&self.theta, theta);
    }

    pub fn of_inputs(&self, x: &mut [f64]) {
        impose(&self.inputs, x);
    }
}

fn impose(signs: &[bool], values: &mut [f64]) {
    for (x, negative) in values.iter_mut().zip(signs) {
        *x = if *negative { -x.abs() } else { x.abs() };
    }
}

/// The signs of a point where the function is finite; `None` where it is finite at every one of the
/// first few points.
pub(super) fn find(probes: &Probes<'_>) -> Result<Option<Signs>> {
    let program = &probes.program;
    let failures = |theta: &[f64], x: &[f64]| program.failures(theta, x);
    let good = (0..STARTS).all(|n| {
        let (theta, x) = (probes.point(FIRST_POINT + n), probes.inputs(n).flat);
        failures(&theta, &x) == 0
    });
    if good {
        return Ok(None);
    }
    let fixed = probes.data.is_some();
    for start in 0..STARTS {
        let (mut theta, mut x) = (probes.point(FIRST_POINT + start), probes.inputs(start).flat);
        let free = theta.len() + if fixed { 0 } else { x.len() };
        let mut stream = Stream::new(probes.seed, start, MENDING);
        let mut left = failures(&theta, &x);
        for _ in 0..DRAWS * free {
            if left == 0 {
                break;
            }
            let at = stream.next_below(free as u64) as usize;
            let drawn = stream.next_normal();
            let place = |theta: &mut Vec<f64>, x: &mut Vec<f64>, value: f64| {
                let n = theta.len();
                let slot = if at < n {
                    &mut theta[at]
                } else {
                    &mut x[at - n]
                };
                std::mem::replace(slot, value)
            };
            let before = place(&mut theta, &mut x, drawn);
            let now = failures(&theta, &x);
            if now <= left {
                left = now;
            } else {
                place(&mut theta, &mut x, before);
            }
        }
        if left == 0 {
            let negative = |v: &[f64]| v.iter().map(|x| *x < 0.0).collect();
            return Ok(Some(Signs {
                theta: negative(&theta),
                inputs: if fixed { Vec::new() } else { negative(&x) },
            }));
        }
    }
    let (theta, x) = (probes.point(FIRST_POINT), probes.inputs(0).flat);
    Err(match program.outside_domain(&theta, &x).first() {
        Some(outside) => outside.error(probes.model),
        None => Error::new(
            ErrorKind::Value,
            "no point was found at which the outputs are finite",
        ),
    })
}

/// Draws single coordinates of θ again until the first samples are inside the domain, or gives up.
pub(super) fn mend(probes: &Probes<'_>, theta: &mut [f64], number: u64) {
    let program = &probes.program;
    let x = probes.inputs(number).flat;
    let mut left = program.failures(theta, &x);
    let mut stream = Stream::new(probes.seed, number, MENDING);
    for _ in 0..DRAWS * theta.len() {
        if left == 0 {
            return;
        }
        let at = stream.next_below(theta.len() as u64) as usize;
        let drawn = stream.next_normal();
        let before = std::mem::replace(&mut theta[at], drawn);
        let now = program.failures(theta, &x);
        if now <= left {
            left = now;
        } else {
            theta[at] = before;
        }
    }
}
