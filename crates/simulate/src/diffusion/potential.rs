//! What V has besides the loss: V = L + (λ/2)‖θ‖² + (κ/2)Σμ_a² + T ½ log det Γ_𝔭.

use super::orbit::{Frame, Group, get, groups, put, splat};
use symbias_geometry::charge::moment;
use symbias_geometry::field::AffineField;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::lanes::{LaneFloat, Real, Simd, dispatch, level};

/// Terms of V besides the loss.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Potential {
    /// λ ≥ 0 of (λ/2)‖θ‖².
    pub decay: f64,
    /// κ and symmetric generators of the stiff penalty (κ/2)Σ_a μ_a² (theory §5.2).
    pub stiffness: Option<(f64, Vec<AffineField>)>,
    /// T and symmetric generators of the Fixman term T·½ log det Γ_𝔭 (theory §5.2; \[C08\]).
    pub fixman: Option<(f64, Vec<AffineField>)>,
}

/// Fields that have a charge.
pub(super) fn symmetric(fields: &[AffineField], what: &str) -> Result<()> {
    match fields.iter().position(|f| !moment::is_symmetric(f)) {
        None => Ok(()),
        Some(at) => Err(Error::new(
            ErrorKind::Value,
            format!("generator {at} of {what} is not symmetric, and has no charge"),
        )
        .remedy("give a basis of the symmetric part")),
    }
}

impl Potential {
    pub(super) fn validate(&self, d: usize) -> Result<()> {
        let named = [
            ("the stiff penalty", &self.stiffness),
            ("the Fixman term", &self.fixman),
        ];
        let parts = named
            .iter()
            .filter_map(|(n, p)| p.as_ref().map(|p| (*n, p)));
        let decay = ("the weight decay", self.decay);
        for (what, x) in parts.clone().map(|(n, p)| (n, p.0)).chain([decay]) {
            if !(x >= 0.0 && x.is_finite()) {
                return Err(
                    Error::new(ErrorKind::Value, format!("the factor of {what} is {x}"))
                        .remedy("give a finite number that is at least 0"),
                );
            }
        }
        for (what, (_, fields)) in parts {
            symmetric(fields, what)?;
            crate::noise::within(fields, d)?;
        }
        Ok(())
    }
}

/// Their slopes along lanes.
#[derive(Clone, Debug)]
pub(super) struct Slopes<T> {
    pub decay: T,
    parts: Vec<Charged<T>>,
    own: Vec<T>,
    lanes: usize,
}

/// A term that its generators give, with its factor.
#[derive(Clone, Debug)]
struct Charged<T> {
    part: Part,
    factor: f64,
    groups: Vec<Group<T>>,
    frame: Frame<T>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Stiffness,
    Fixman,
}

impl<T: Real> Slopes<T> {
    pub fn new(potential: &Potential, lanes: usize) -> Slopes<T> {
        let parts: Vec<_> = [
            (Part::Stiffness, &potential.stiffness),
            (Part::Fixman, &potential.fixman),
        ]
        .into_iter()
        .filter_map(|(part, of)| {
            let (factor, fields) = of.as_ref()?;
            let groups = groups::<T>(fields);
            let frame = Frame::new(&groups);
            Some(Charged {
                part,
                factor: *factor,
                groups,
                frame,
            })
        })
        .collect();
        let places = parts
            .iter()
            .flat_map(|p| p.groups.iter().map(|g| g.places.len()));
        Slopes {
            decay: T::from_f64(potential.decay),
            own: vec![T::ZERO; places.max().unwrap_or(0) * T::VIRTUAL_LANES],
            parts,
            lanes,
        }
    }

    /// into −= the gradient of the penalty and of the Fixman term.
    pub fn subtract(&mut self, x: &[T], into: &mut [T]) {
        if !self.parts.is_empty() {
            dispatch!(level(), simd => self.subtracted(simd, x, into));
        }
    }

    #[inline(always)]
    fn subtracted<S: Simd>(&mut self, simd: S, x: &[T], into: &mut [T]) {
        let per = self.lanes / T::VIRTUAL_LANES;
        for Charged {
            part,
            factor,
            groups,
            frame,
        } in &mut self.parts
        {
            for group in groups.iter() {
                let p = group.places.len();
                for v in 0..per {
                    for (k, place) in group.places.iter().enumerate() {
                        put::<S, T>(get(simd, into, place * per + v), &mut self.own, k);
                    }
                    frame.gather(simd, group, x, self.lanes, v);
                    frame.values(simd, group);
                    let minus = T::from_f64(-*factor);
                    if *part == Part::Fixman {
                        frame.factor(simd, group);
                        frame.duals(simd, group);
                        frame.log_volume_gradient(simd, group, minus, &mut self.own);
                    } else {
                        frame.charges(simd, group);
                        for a in 0..group.len() {
                            let c = get::<S, T>(simd, &frame.c, a) * splat::<S, T>(simd, minus);
                            for k in 0..p {
                                let xi = get::<S, T>(simd, &frame.xi, a * p + k);
                                let old = get::<S, T>(simd, &self.own, k);
                                put::<S, T>(xi.fma(c, old), &mut self.own, k);
                            }
                        }
                    }
                    for (k, place) in group.places.iter().enumerate() {
                        put::<S, T>(get(simd, &self.own, k), into, place * per + v);
                    }
                }
            }
        }
    }
}
