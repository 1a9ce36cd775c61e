//! What of a law can be wrong by a number: its temperature, the power of its volume, its exponent at 0; each is a parameter
//! of relatives of the law, with a statistic that tells them apart.

use super::subject::{ByFormula, Subject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use symbias_bias::Ground;
use symbias_bias::law::Density;
use symbias_bias::noise::Temper;
use symbias_geometry::probe::Probes;
use symbias_model::error::Result;

/// Quantiles by which a density is known, u = 1/(1 + e^{−x}) at equal distances of x within ±REACH: dense in the tails.
const NODES: usize = 480;
const REACH: f64 = 18.0;
/// Places beside w = 0, each twice as close as the one before.
const CLOSER: i32 = 20;
/// Mass of the window around 0 in which the exponent is fitted.
const WINDOW: f64 = 0.2;
/// Where the predicted exponent at 0 is read, of the window.
const NEAR: f64 = 1e-6;
/// Temperatures between which logarithms are tabulated: 2^{k/4} of the predicted one.
const QUARTERS: i32 = 10;
/// R that varies by less is none.
const FLAT: f64 = 1e-9;

/// A number of a law.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// T of e^{−ℓ/T}.
    Temperature,
    /// The coefficient of R in e^{−ℓ/T − R}, of a law of the weight.
    PowerOfR,
    /// The power of the orbit's volume beyond the one that the law has, of a law of the parameters.
    PowerOfVolume,
    /// a of |w|^a near w = 0.
    ExponentAtZero,
}

impl Parameter {
    /// As reports call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Parameter::Temperature => "temperature",
            Parameter::PowerOfR => "power of R",
            Parameter::PowerOfVolume => "power of the volume beyond the law's",
            Parameter::ExponentAtZero => "exponent at 0",
        }
    }
}

/// How a replica shows the statistic.
pub(super) enum Seen {
    /// Through an observable, by a function of it that is linear between these places; what is outside of the window is none.
    By {
        observable: String,
        places: Vec<(f64, f64)>,
        cdf: Density,
    },
    /// log |w| inside of a window.
    Logarithm { observable: String, window: f64 },
    /// As recorded.
    Recorded(String),
}

/// The relatives of a law by one parameter.
pub(super) struct Lever {
    pub parameter: Parameter,
    pub predicted: f64,
    pub between: (f64, f64),
    pub seen: Seen,
    /// The statistic at each node.
    pub nodes: Vec<f64>,
    /// Logarithms of the weights of the nodes.
    pub weights: Vec<f64>,
    /// Independent samples that they are worth.
    pub effective: f64,
    pub tilt: Tilt,
}

/// The logarithm of a relative's weight at a node.
pub(super) enum Tilt {
    /// −(1/T' − 1/T) E, of energies E.
    Energy(Vec<f64>),
    /// (a − a₀) s, of numbers s.
    Power(Vec<f64>),
    /// Of densities at temperatures 2^{k/4} T, cubic in between.
    Table {
        temperature: f64,
        rows: Vec<Vec<f64>>,
    },
}

impl Tilt {
    /// At a node, for a parameter beside the predicted one.
    pub fn at(&self, parameter: f64, predicted: f64, node: usize) -> f64 {
        match self {
            Tilt::Energy(e) => -e[node] * (1.0 / parameter - 1.0 / predicted),
            Tilt::Power(s) => (parameter - predicted) * s[node],
            Tilt::Table { temperature, rows } => {
                let x = 4.0 * (parameter / temperature).log2() + f64::from(QUARTERS);
                let first = (x.floor() as isize - 1).clamp(0, rows.len() as isize - 4) as usize;
                // Lagrange's formula through four neighbours.
                (0..4)
                    .map(|i| {
                        let others = (0..4).filter(|j| *j != i);
                        let basis: f64 = others
                            .map(|j| (x - (first + j) as f64) / (i as f64 - j as f64))
                            .product();
                        basis * rows[first + i][node]
                    })
                    .sum()
            }
        }
    }
}

/// Those of a density of the effective weight.
pub(super) fn of_density(subject: &Subject, density: &Density, of: &str) -> Result<Vec<Lever>> {
    let points = points();
    let quantiles: Vec<f64> = points.iter().map(|p| density.quantile(p.0)).collect();
    let weights: Vec<f64> = points.iter().map(|p| p.1).collect();
    let crossing = density.cdf(0.0);
    let mut beyond = Vec::new();
    for k in 1..=CLOSER {
        let close = 0.1 / f64::from(1 << k);
        beyond.extend([crossing - close, crossing + close]);
    }
    let mut places = quantiles.clone();
    places.extend(
        beyond
            .into_iter()
            .filter(|u| *u > 0.0 && *u < 1.0)
            .map(|u| density.quantile(u)),
    );
    places.retain(|w| w.is_finite() && *w != 0.0);
    places.sort_by(f64::total_cmp);
    places.dedup();
    let found = subject.energies(&places, density)?;
    let at = |w: &f64| places.partition_point(|p| p < w).min(places.len() - 1);
    let nodes: Vec<usize> = quantiles.iter().map(at).collect();
    let pick = |values: &[f64]| -> Vec<f64> { nodes.iter().map(|k| values[*k]).collect() };
    let by = |values: &[f64]| Seen::By {
        observable: of.to_owned(),
        places: places
            .iter()
            .map(|w| density.cdf(*w))
            .zip(values.iter().copied())
            .collect(),
        cdf: density.clone(),
    };
    let temperature = subject.law.temper.temperature;
    let loss = pick(&found.loss);
    let range = f64::from(QUARTERS - 1) / 4.0;
    let mut all = vec![Lever {
        parameter: Parameter::Temperature,
        predicted: temperature,
        between: match found.rows {
            Some(_) => (temperature * (-range).exp2(), temperature * range.exp2()),
            None => (0.0, f64::INFINITY),
        },
        seen: by(&found.loss),
        tilt: match found.rows {
            None => Tilt::Energy(loss.clone()),
            Some(rows) => Tilt::Table {
                temperature,
                rows: rows.iter().map(|row| pick(row)).collect(),
            },
        },
        nodes: loss,
        weights: weights.clone(),
        effective: f64::INFINITY,
    }];
    let (low, high) = found
        .r
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), r| {
            (l.min(*r), h.max(*r))
        });
    if high - low > FLAT * (1.0 + high.abs()) {
        let r = pick(&found.r);
        all.push(Lever {
            parameter: Parameter::PowerOfR,
            predicted: 1.0,
            between: (f64::NEG_INFINITY, f64::INFINITY),
            seen: by(&found.r),
            tilt: Tilt::Power(r.iter().map(|r| -r).collect()),
            nodes: r,
            weights,
            effective: f64::INFINITY,
        });
    }
    all.extend(at_zero(density, of));
    Ok(all)
}

/// The quantiles' u, with the logarithms of their weights u (1 − u).
fn points() -> Vec<(f64, f64)> {
    let at = |k: usize| REACH * (2.0 * (k as f64 + 0.5) / NODES as f64 - 1.0);
    let point = |x: f64| {
        let weight = -x.abs() - 2.0 * (-x.abs()).exp().ln_1p();
        (1.0 / (1.0 + (-x).exp()), weight)
    };
    (0..NODES).map(at).map(point).collect()
}

/// The exponent where the weight reaches 0.
fn at_zero(density: &Density, of: &str) -> Option<Lever> {
    let (low, high) = density.support();
    if low > 0.0 || high < 0.0 {
        return None;
    }
    let mass = |r: f64| density.cdf(r) - density.cdf(-r);
    // The window by bisection of its logarithm.
    let (mut least, mut most) = (-300.0_f64, 300.0_f64);
    for _ in 0..80 {
        let middle = least.midpoint(most);
        match mass(middle.exp()) < WINDOW {
            true => least = middle,
            false => most = middle,
        }
    }
    let window = least.exp();
    let (from, share) = (density.cdf(-window), mass(window));
    let crossing = (density.cdf(0.0) - from) / share;
    // Dense at 0, from either side: the logarithm is singular there.
    let sides = [(0.0, crossing), (1.0, 1.0 - crossing)];
    let (nodes, weights): (Vec<f64>, Vec<f64>) = sides
        .into_iter()
        .filter(|side| side.1 > 1e-6)
        .flat_map(|(end, part)| {
            points()
                .into_iter()
                .map(move |(u, w)| ((end - part * u).abs(), w + part.ln()))
        })
        .map(|(u, w)| ((density.quantile(from + share * u).abs() / window).ln(), w))
        .filter(|(s, _)| s.is_finite())
        .unzip();
    // On the side that the law lives on.
    let side = if high > 0.0 { window } else { -window };
    let near = |scale: f64| density.log_density(side * scale);
    let exponent = (near(NEAR) - near(NEAR / 2.0)) / std::f64::consts::LN_2;
    exponent.is_finite().then(|| Lever {
        parameter: Parameter::ExponentAtZero,
        predicted: exponent,
        between: (-1.0, f64::INFINITY),
        seen: Seen::Logarithm {
            observable: of.to_owned(),
            window,
        },
        tilt: Tilt::Power(nodes.clone()),
        nodes,
        weights,
        effective: f64::INFINITY,
    })
}

/// A law at places of the effective weight.
struct Energies {
    loss: Vec<f64>,
    r: Vec<f64>,
    /// log p at other temperatures less that at the law's own, where R depends on the temperature.
    rows: Option<Vec<Vec<f64>>>,
}

impl Subject {
    fn energies(&self, places: &[f64], density: &Density) -> Result<Energies> {
        let Temper {
            temperature, decay, ..
        } = self.law.temper;
        let probes = Probes::new(&self.model, &self.files, None, 1)?;
        let ground = Ground::new(&self.model, &self.factors, &probes, false, 0);
        let laws: Vec<_> = (-QUARTERS..=QUARTERS)
            .map(|k| {
                let warm = temperature * (f64::from(k) / 4.0).exp2();
                Ok(symbias_bias::noise::Stationary {
                    temper: Temper::new(warm, decay)?,
                    ..self.law
                })
            })
            .collect::<Result<_>>()?;
        let mut found = Energies {
            loss: Vec::new(),
            r: Vec::new(),
            rows: (decay > 0.0).then(|| vec![Vec::new(); laws.len()]),
        };
        let formulas: Vec<Option<ByFormula>> = match &found.rows {
            Some(_) => laws.iter().map(|law| self.formula(law)).collect(),
            None => Vec::new(),
        };
        for w in places {
            let theta = self.lifted(*w)?;
            let loss = self.batch.loss(&theta);
            found.loss.push(loss);
            found.r.push(-density.log_density(*w) - loss / temperature);
            let Some(rows) = &mut found.rows else {
                continue;
            };
            for ((row, law), formula) in rows.iter_mut().zip(&laws).zip(&formulas) {
                let log = match formula {
                    Some(known) => known.log_density(&theta, loss),
                    None => match ground.base(&theta)? {
                        Some(base) => law.log_density(&ground, &base, loss)?,
                        None => None,
                    },
                };
                row.push(log.unwrap_or(f64::NEG_INFINITY));
            }
        }
        if let Some(rows) = &mut found.rows {
            let own = rows[QUARTERS as usize].clone();
            for row in rows {
                row.iter_mut().zip(&own).for_each(|(x, o)| *x -= o);
            }
        }
        Ok(found)
    }
}
