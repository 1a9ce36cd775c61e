//! Schemes for diffusions: each in its own file, with the order that it promises and the noise that it refuses.
//!
//! A scheme is written once, over arrays of entries × replicas, replicas innermost, for any [`System`]: diffusions of θ in
//! lanes, and [`Sde`](symbias_geometry::sde::Sde) values. One step is a function of (x, h, z), z standard normals, so that
//! one Brownian path can be walked by steps of any length.
//!
//! ```
//! use symbias_geometry::sde::NoiseKind;
//! use symbias_simulate::scheme::Scheme;
//! let order = |kind| Scheme::EulerMaruyama.order(kind).map(|o| (o.strong, o.weak));
//! assert_eq!(order(NoiseKind::General), Some((0.5, 1.0)));
//! assert_eq!(order(NoiseKind::Additive), Some((1.0, 1.0)));
//! ```

mod euler;
mod heun;
mod leimkuhler;
mod milstein;
mod slices;
mod sra;

use symbias_geometry::sde::NoiseKind;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::lanes::Real;

/// In which sense the noise of a system is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// σ at the beginning of each step.
    Ito,
    /// σ in the middle of each step.
    Stratonovich,
}

/// dx = b(x) dt + σ(x) dW for many replicas at once: arrays of entries × lanes, lanes innermost.
pub trait System<T: Real> {
    /// Numbers of x of one replica.
    fn entries(&self) -> usize;
    /// Noises of one replica.
    fn noises(&self) -> usize;
    /// Replicas side by side: whole virtual vectors.
    fn lanes(&self) -> usize;
    /// What σ is known to be.
    fn kind(&self) -> NoiseKind;
    /// What the noise means.
    fn sense(&self) -> Sense;
    /// Whether [`System::correction`] and [`System::along`] are known: (½ Σ_k Dσ_k\[σ_k\], D(σz)\[v\]).
    fn knows(&self) -> (bool, bool);
    /// Some(c) where σ = c·I: then [`System::noise`] is not asked.
    fn scalar(&self) -> Option<f64> {
        None
    }
    /// b(x).
    fn drift(&mut self, x: &[T], into: &mut [T]);
    /// σ(x) z.
    fn noise(&mut self, x: &[T], z: &[T], into: &mut [T]);
    /// ½ Σ_k Dσ_k\[σ_k\].
    fn correction(&mut self, x: &[T], into: &mut [T]);
    /// The derivative of σ(x) z along v.
    fn along(&mut self, x: &[T], v: &[T], z: &[T], into: &mut [T]);
    /// Whether [`System::constrain`] does anything.
    fn constrained(&self) -> bool {
        false
    }
    /// Brings x, a free step from `from`, back to where it may be.
    fn constrain(&mut self, _from: &[T], _x: &mut [T]) {}
    /// The watched function at x, one number per lane.
    fn watched(&mut self, _x: &[T]) -> Option<&[T]> {
        None
    }
}

/// How fast the error of a scheme goes with the step h: E|x − x_h| ~ h^strong, |E f(x) − E f(x_h)| ~ h^weak.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Order {
    /// Along a path.
    pub strong: f64,
    /// In law.
    pub weak: f64,
}

/// A scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Euler–Maruyama, in the Itô sense.
    EulerMaruyama,
    /// Euler–Maruyama with a drift that moves less than 1 in a step: for drifts that grow without bounds.
    Tamed,
    /// Stochastic Heun, in the Stratonovich sense.
    Heun,
    /// Rößler's SRA1 for additive noise.
    Sra1,
    /// Milstein for commutative noise.
    Milstein,
    /// Leimkuhler and Matthews, for additive noise.
    LeimkuhlerMatthews,
}

impl Scheme {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scheme::EulerMaruyama => "Euler-Maruyama",
            Scheme::Tamed => "tamed Euler-Maruyama",
            Scheme::Heun => "stochastic Heun",
            Scheme::Sra1 => "SRA1",
            Scheme::Milstein => "Milstein",
            Scheme::LeimkuhlerMatthews => "Leimkuhler-Matthews",
        }
    }

    /// What it promises for noise of a kind; `None` where it promises nothing.
    #[must_use]
    pub fn order(self, kind: NoiseKind) -> Option<Order> {
        match self {
            Scheme::EulerMaruyama | Scheme::Tamed => euler::order(kind),
            Scheme::Heun => heun::order(kind),
            Scheme::Sra1 => sra::order(kind),
            Scheme::Milstein => milstein::order(kind),
            Scheme::LeimkuhlerMatthews => leimkuhler::order(kind),
        }
    }

    /// Whether it integrates noise of a kind and sense, with what is known of it ([`System::knows`]).
    ///
    /// # Errors
    /// Noise outside of its promise, or whose derivatives it needs and nobody knows.
    pub fn allows(
        self,
        kind: NoiseKind,
        sense: Sense,
        (correction, along): (bool, bool),
    ) -> Result<()> {
        let refuse = |why: String, remedy: &str| {
            Err(Error::new(ErrorKind::Unsupported, why).remedy(remedy.to_owned()))
        };
        if self.order(kind).is_none() {
            let wanted = match self {
                Scheme::Milstein => "commutative",
                _ => "additive",
            };
            return refuse(
                format!(
                    "{} needs {wanted} noise, and the noise here is {kind:?}",
                    self.name()
                ),
                "take Euler-Maruyama or stochastic Heun",
            );
        }
        if self.converts(sense) && kind != NoiseKind::Additive && !correction {
            return refuse(
                format!(
                    "{} needs the drift between the Itô and the Stratonovich sense, which is not known for this noise",
                    self.name()
                ),
                "take Euler-Maruyama",
            );
        }
        if self == Scheme::Milstein && kind != NoiseKind::Additive && !along {
            return refuse(
                "Milstein needs derivatives of the noise, which are not known here".into(),
                "take Euler-Maruyama",
            );
        }
        Ok(())
    }

    /// Whether it needs ½ Σ_k Dσ_k\[σ_k\] of noise in a sense, unless σ is constant.
    #[must_use]
    pub fn converts(self, sense: Sense) -> bool {
        match self {
            Scheme::EulerMaruyama | Scheme::Tamed => sense == Sense::Stratonovich,
            Scheme::Heun | Scheme::Milstein => sense == Sense::Ito,
            Scheme::Sra1 | Scheme::LeimkuhlerMatthews => false,
        }
    }

    /// Sets of normals that one step reads.
    #[must_use]
    pub fn sets(self) -> usize {
        match self {
            Scheme::Sra1 => 2,
            _ => 1,
        }
    }

    /// Whether a step also reads the normals of the next one.
    #[must_use]
    pub fn reads_ahead(self) -> bool {
        self == Scheme::LeimkuhlerMatthews
    }

    /// One step of length h. `z` has [`Scheme::sets`] sets of noises × lanes standard normals; `next` those of the next
    /// step, where they are read.
    pub fn step<T: Real, S: System<T>>(
        self,
        system: &mut S,
        x: &mut [T],
        h: f64,
        (z, next): (&[T], &[T]),
        room: &mut Room<T>,
    ) {
        match self {
            Scheme::EulerMaruyama => euler::step(system, x, (h, false), z, room),
            Scheme::Tamed => euler::step(system, x, (h, true), z, room),
            Scheme::Heun => heun::step(system, x, h, z, room),
            Scheme::Sra1 => sra::step(system, x, h, z, room),
            Scheme::Milstein => milstein::step(system, x, h, z, room),
            Scheme::LeimkuhlerMatthews => leimkuhler::step(system, x, h, (z, next), room),
        }
    }
}

/// Working memory of a step: arrays like x, and like z.
#[derive(Clone, Debug)]
pub struct Room<T> {
    like_x: [Vec<T>; 5],
    like_z: Vec<T>,
}

impl<T: Real> Room<T> {
    /// For a system.
    #[must_use]
    pub fn new<S: System<T>>(system: &S) -> Room<T> {
        let zeros = |n: usize| vec![T::ZERO; n * system.lanes()];
        Room {
            like_x: std::array::from_fn(|_| zeros(system.entries())),
            like_z: zeros(system.noises()),
        }
    }
}

/// The drift in a sense: that of the system, and what lies between the senses.
fn drift_in<T: Real, S: System<T>>(
    system: &mut S,
    sense: Sense,
    x: &[T],
    into: &mut [T],
    between: &mut [T],
) {
    system.drift(x, into);
    if system.sense() != sense && system.kind() != NoiseKind::Additive {
        system.correction(x, between);
        let sign = match sense {
            Sense::Ito => 1.0,
            Sense::Stratonovich => -1.0,
        };
        slices::add(into, T::from_f64(sign), between);
    }
}

/// σ(x) z without its factor, and the factor.
fn kick<'z, T: Real, S: System<T>>(
    system: &mut S,
    x: &[T],
    z: &'z [T],
    room: &'z mut [T],
) -> (f64, &'z [T]) {
    if let Some(c) = system.scalar() {
        return (c, z);
    }
    system.noise(x, z, room);
    (1.0, room)
}
