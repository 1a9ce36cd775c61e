//! Random probes of the predictor map: rows of J at random parameters for random inputs, exactly
//! (modulo a prime) where the model is piecewise rational, otherwise in floating point.
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # let model = ModelBuilder::new("pairs").axis("i", 2).parameter("u", &["i"]).parameter("v", &["i"])
//! #     .statement("w[i] = u[i] * v[i]").output("w").build()?;
//! use symbias_geometry::probe::{Entries, Probes};
//! let probes = Probes::new(&model, &Entries::new(), None, 0)?;
//! let rows = probes.rows(&[1.0, 2.0, 3.0, 5.0], 0)?;
//! assert_eq!(rows, [[3.0, 0.0, 1.0, 0.0], [0.0, 5.0, 0.0, 2.0]]);
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod combined;
mod domain;
mod functions;
mod joint;
mod pieces;
mod value;

pub use combined::WHOLE;
pub use pieces::Pieces;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use symbias_model::Model;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::TensorId;
use symbias_model::scalar::{
    Arithmetic, Arrays, Exact, Inputs, Measured, ScalarProgram, Selecting,
};
use symbias_numerics::field::Fp;
use symbias_numerics::random::Stream;
use symbias_numerics::watch;

/// Entries of arrays by tensor.
pub type Entries = BTreeMap<TensorId, Vec<f64>>;

/// Where rows of J come from.
#[derive(Clone, Debug)]
pub struct Probes<'a> {
    model: &'a Model,
    arrays: Arrays,
    /// Given samples; otherwise random ones are made as they are asked for.
    data: Option<Vec<Inputs>>,
    /// That of the first probe.
    program: ScalarProgram,
    /// Where there are integer inputs; otherwise one program is that of all probes.
    samples: Option<Samples>,
    /// All joint values of the integer inputs, in a random order, where they are few; probes take them in turn.
    joint: Vec<u64>,
    arithmetic: Arithmetic,
    seed: u64,
    /// Inputs are widened by powers of ten up to this one, in turn.
    decades: u32,
    /// Signs of θ and of the inputs where the function is finite, if it is not everywhere.
    domain: Option<domain::Signs>,
    pieces: Pieces,
}

/// Programs of samples of integer inputs.
#[derive(Clone, Debug)]
enum Samples {
    /// One, to which a sample binds what it selects.
    Bound(Box<Selecting>),
    /// Written out for each sample: those of the first few probes, as they are asked for.
    Written(Vec<OnceLock<ScalarProgram>>),
}

impl<'a> Probes<'a> {
    /// Probes of a model with the constants that files give, and given samples if there are any.
    ///
    /// # Errors
    /// Those of [`ScalarProgram::lower`]; no sample.
    pub fn new(
        model: &'a Model,
        files: &Entries,
        data: Option<Vec<Inputs>>,
        seed: u64,
    ) -> Result<Probes<'a>> {
        if data.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::new(ErrorKind::Value, "the data have no sample"));
        }
        // Before constants and inputs take memory.
        ScalarProgram::fits(model)?;
        let arrays = Arrays::new(model, files)?;
        let joint = match data.is_none() {
            true => joint::values(model, seed),
            false => Vec::new(),
        };
        let first = match &data {
            Some(data) => data[0].clone(),
            None => joint::sample(model, seed, &joint, 0),
        };
        let program = ScalarProgram::lower(model, &arrays.with(&first))?;
        let samples = match first.indices.is_empty() {
            true => None,
            false => Some(match ScalarProgram::selecting(model, &arrays)? {
                Some(open) => Samples::Bound(Box::new(open)),
                None => Samples::Written(vec![OnceLock::new(); PREPARED as usize]),
            }),
        };
        let mut probes = Probes {
            model,
            arrays,
            data,
            arithmetic: program.arithmetic(),
            program,
            samples,
            joint,
            seed,
            decades: 0,
            domain: None,
            pieces: Pieces::default(),
        };
        probes.domain = domain::find(&probes)?;
        (probes.pieces, probes.decades) = pieces::survey(&probes);
        Ok(probes)
    }

    /// Whether an output depends on an input at all.
    #[must_use]
    pub fn reads_inputs(&self) -> bool {
        crate::discover::structural::reads_inputs(self.model)
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &'a Model {
        self.model
    }

    /// Where the model can be evaluated exactly.
    #[must_use]
    pub fn arithmetic(&self) -> Arithmetic {
        self.arithmetic
    }

    /// Whether relu, abs or max make pieces.
    #[must_use]
    pub fn is_piecewise(&self) -> bool {
        self.program.is_piecewise()
    }

    /// d.
    #[must_use]
    pub fn parameters(&self) -> usize {
        self.model.space().dim()
    }

    /// Number of different probes, where they are finitely many: of given samples, of few joint values if all inputs are
    /// integers, one if there are no inputs.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        match &self.data {
            Some(data) => Some(data.len() as u64),
            None if self.model.inputs().next().is_none() => Some(1),
            None if self.program.inputs() == 0 && !self.joint.is_empty() => {
                Some(self.joint.len() as u64)
            }
            None => None,
        }
    }

    /// The sample of a probe.
    #[must_use]
    pub fn inputs(&self, probe: u64) -> Inputs {
        match &self.data {
            Some(data) => data[(probe % data.len() as u64) as usize].clone(),
            None => {
                let mut inputs = joint::sample(self.model, self.seed, &self.joint, probe);
                let wide = 10_f64.powi((probe % u64::from(self.decades + 1)) as i32);
                inputs.flat.iter_mut().for_each(|x| *x *= wide);
                if let Some(signs) = &self.domain {
                    signs.of_inputs(&mut inputs.flat);
                }
                inputs
            }
        }
    }

    /// Whether integer inputs select entries: samples repeat.
    #[must_use]
    pub fn selects(&self) -> bool {
        self.samples.is_some()
    }

    /// How many probes show every joint value of the integer inputs, where these are few; 0 otherwise.
    #[must_use]
    pub fn joint_values(&self) -> u64 {
        self.joint.len() as u64
    }

    /// Whether inputs are real and free, so that samples at one θ meet every piece that has an inside.
    #[must_use]
    pub fn fills_regions(&self) -> bool {
        self.data.is_none() && self.program.inputs() > 0
    }

    /// The pieces of the function that probes reach.
    #[must_use]
    pub fn pieces(&self) -> &Pieces {
        &self.pieces
    }

    /// Numbers of `count` points: the first ones, or of a function of pieces those where most pieces are
    /// met.
    ///
    /// # Errors
    /// Those of lowering the program of a sample.
    pub fn points_by_pieces(&self, count: u64) -> Result<Vec<u64>> {
        pieces::points(self, count)
    }

    /// Number of instructions of the scalar program: a pass forwards or backwards costs as many
    /// operations, up to a factor.
    #[must_use]
    pub fn length(&self) -> usize {
        self.program.len()
    }

    /// Number of outputs of one sample.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.program.outputs()
    }

    /// The program of a probe, and its real inputs. Whatever is long asks for many: here it is stopped.
    ///
    /// # Errors
    /// Those of [`ScalarProgram::lower`]; work that is to stop.
    pub fn program(&self, probe: u64) -> Result<(Cow<'_, ScalarProgram>, Vec<f64>)> {
        if watch::stopped() {
            return Err(Error::interrupted());
        }
        let inputs = self.inputs(probe);
        let written = || ScalarProgram::lower(self.model, &self.arrays.with(&inputs));
        let program = match &self.samples {
            Some(_) if probe == 0 => Cow::Borrowed(&self.program),
            None => Cow::Borrowed(&self.program),
            Some(Samples::Bound(open)) => Cow::Owned(open.of(&inputs).map_or_else(written, Ok)?),
            Some(Samples::Written(slots)) => match slots.get(probe as usize) {
                None => Cow::Owned(written()?),
                Some(slot) => Cow::Borrowed(match slot.get() {
                    Some(program) => program,
                    None => {
                        let made = written()?;
                        slot.get_or_init(|| made)
                    }
                }),
            },
        };
        Ok((program, inputs.flat))
    }

    /// Parts of the parameters that no output reads together and that each move some output: J has at least this rank.
    ///
    /// # Errors
    /// Those of [`ScalarProgram::lower`].
    pub fn separate(&self) -> Result<usize> {
        let parts = self.program.separate();
        let mut stream = Stream::new(self.seed, 0, COMBINATIONS);
        let row = self.measured_row(&self.point(0), 0, &mut stream)?;
        let moving = parts.iter().zip(row.unwrap_or_default());
        let moving = moving.filter(|(_, x)| x.value().abs() > x.error());
        Ok(moving.map(|m| m.0).collect::<BTreeSet<_>>().len())
    }

    /// The program of a probe, and its real inputs as elements of the field.
    ///
    /// # Errors
    /// Those of [`ScalarProgram::lower`].
    pub fn exact_program(&self, probe: u64) -> Result<(Cow<'_, ScalarProgram>, Vec<Exact>)> {
        let (program, x) = self.program(probe)?;
        let x = self.exact_inputs(probe, &x);
        Ok((program, x))
    }

    /// A random point, normal entries, a function of (seed, number); where the function is not
    /// finite everywhere, with the signs that make it so.
    #[must_use]
    pub fn point(&self, number: u64) -> Vec<f64> {
        let mut stream = Stream::new(self.seed, number, POINTS);
        let mut theta = normals(&mut stream, self.parameters());
        if let Some(signs) = &self.domain {
            signs.of_point(&mut theta);
            domain::mend(self, &mut theta, number);
        }
        theta
    }

    /// A random point with uniform residues; its shadow, which chooses the piece of a piecewise
    /// function, is [`Self::point`].
    #[must_use]
    pub fn exact_point(&self, number: u64) -> Vec<Exact> {
        let mut stream = Stream::new(self.seed, number, RESIDUES);
        let residue = |shadow| Exact {
            residue: Fp::new(stream.next_u64() >> 3),
            shadow,
        };
        self.point(number).into_iter().map(residue).collect()
    }

    /// Real inputs of a probe as elements of the field; given data are taken as they are.
    fn exact_inputs(&self, probe: u64, flat: &[f64]) -> Vec<Exact> {
        if self.data.is_some() {
            return flat.iter().map(|x| Exact::of(*x)).collect();
        }
        let mut stream = Stream::new(self.seed, probe, INPUT_RESIDUES);
        flat.iter()
            .map(|x| Exact {
                residue: Fp::new(stream.next_u64() >> 3),
                shadow: *x,
            })
            .collect()
    }

    /// Rows of J for one probe, exactly; `None` where a denominator vanishes.
    ///
    /// # Errors
    /// Those of [`ScalarProgram::lower`].
    pub fn exact_rows(&self, theta: &[Exact], probe: u64) -> Result<Option<Vec<Vec<Exact>>>> {
        let (program, x) = self.program(probe)?;
        Ok(program.jacobian(theta, &self.exact_inputs(probe, &x)))
    }

    /// Rows of J for one probe; rows that are not finite are left out.
    ///
    /// # Errors
    /// Those of [`ScalarProgram::lower`].
    pub fn rows(&self, theta: &[f64], probe: u64) -> Result<Vec<Vec<f64>>> {
        let (program, x) = self.program(probe)?;
        let mut rows = program.jacobian(theta, &x).unwrap_or_default();
        rows.retain(|r| r.iter().all(|x| x.is_finite()));
        Ok(rows)
    }

    /// A random combination of the rows of J for one probe with bounds on its rounding; `None` if
    /// it is not finite.
    ///
    /// # Errors
    /// Those of [`ScalarProgram::lower`].
    pub fn measured_row(
        &self,
        theta: &[f64],
        probe: u64,
        stream: &mut Stream,
    ) -> Result<Option<Vec<Measured>>> {
        let (program, x) = self.program(probe)?;
        let c = normals(stream, program.outputs());
        let row = program.vjp(&measured(theta), &measured(&x), &measured(&c));
        Ok(row.filter(|r| {
            r.iter()
                .all(|x| x.value().is_finite() && x.error().is_finite())
        }))
    }

    /// A random combination of the rows of J for one probe, exactly.
    ///
    /// # Errors
    /// Those of [`ScalarProgram::lower`].
    pub fn exact_row(
        &self,
        theta: &[Exact],
        probe: u64,
        stream: &mut Stream,
    ) -> Result<Option<Vec<Exact>>> {
        let (program, x) = self.program(probe)?;
        let c: Vec<Exact> = (0..program.outputs())
            .map(|_| Exact {
                residue: Fp::new(stream.next_u64() >> 3),
                shadow: 1.0,
            })
            .collect();
        Ok(program.vjp(theta, &self.exact_inputs(probe, &x), &c))
    }

    /// A random combination of the rows of J for one probe; `None` if it is not finite.
    ///
    /// # Errors
    /// Those of [`ScalarProgram::lower`].
    pub fn row(&self, theta: &[f64], probe: u64, stream: &mut Stream) -> Result<Option<Vec<f64>>> {
        let (program, x) = self.program(probe)?;
        let c = normals(stream, program.outputs());
        let row = program.vjp(theta, &x, &c);
        Ok(row.filter(|r| r.iter().all(|x| x.is_finite())))
    }

    /// A probe for the n-th equation of many: any, but of few where each costs a compilation.
    #[must_use]
    pub fn cheap(&self, n: u64) -> u64 {
        let few = if self.selects() { PREPARED } else { u64::MAX };
        n % self.count().unwrap_or(u64::MAX).min(few)
    }
}

/// The next normals of a stream: many at once cost a tenth of as many single ones.
pub(crate) fn normals(stream: &mut Stream, count: usize) -> Vec<f64> {
    let mut all = vec![0.0; count];
    stream.fill_normal(&mut all);
    all
}

fn measured(values: &[f64]) -> Vec<Measured> {
    values.iter().map(|x| Measured::exact(*x)).collect()
}

/// Samples of integer inputs whose programs are kept, and joint values that are few.
const PREPARED: u64 = 96;
/// Streams of one seed that must not meet.
const POINTS: u64 = 11;
const RESIDUES: u64 = 12;
const INPUT_RESIDUES: u64 = 13;
const COMBINATIONS: u64 = 14;
