//! The function whose parameters are moved: its random point, and its values before and after. Of a
//! model of moderate size as the analysis sees it, number by number; of a larger one compiled.

use super::Options;
use symbias_geometry::probe::{Entries, Probes};
use symbias_model::Model;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::program::{Arguments, Layout, Options as Compile, Program, Task};
use symbias_model::scalar::{Arrays, Inputs};
use symbias_numerics::random::Stream;

/// Points (samples, probes) on which F is compared, at most.
const POINTS: u64 = 8;
/// Parameters up to which probes are those of the analysis.
const MODERATE: u128 = 2000;
/// Numbers of θ, at most: 1 GiB, of which a gauge holds a few copies.
const LARGEST: u128 = 1 << 27;
/// Bytes that a compiled program may touch.
const ARENA: usize = 1 << 31;
/// The stream of random points, as of the probes.
const STREAM: u64 = 11;

pub(super) struct Function<'a> {
    model: &'a Model,
    files: Entries,
    data: Option<Vec<Inputs>>,
    seed: u64,
    probes: Option<Probes<'a>>,
}

impl<'a> Function<'a> {
    /// # Errors
    /// More parameters than memory holds; those of [`Probes::new`].
    pub fn new(
        model: &'a Model,
        files: Entries,
        data: Option<Vec<Inputs>>,
        options: &Options,
    ) -> Result<Function<'a>> {
        let d = model.parameter_count();
        if d > LARGEST {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("a point of this model has {d} numbers, more than {LARGEST}"),
            )
            .remedy("smaller axes have the same symmetries"));
        }
        let mut function = Function {
            model,
            files,
            data,
            seed: options.seed,
            probes: None,
        };
        if d <= MODERATE {
            function.probes = match function.probes() {
                // Few parameters in a long program: it is compiled.
                Err(error) if error.kind() == ErrorKind::Unsupported => None,
                probes => Some(probes?),
            };
        }
        Ok(function)
    }

    /// The probes of the analysis, number by number.
    ///
    /// # Errors
    /// Those of [`Probes::new`].
    pub fn probes(&self) -> Result<Probes<'a>> {
        match &self.probes {
            Some(probes) => Ok(probes.clone()),
            None => Probes::new(self.model, &self.files, self.data.clone(), self.seed),
        }
    }

    /// The probes of the analysis, for a model of moderate size.
    pub fn of_analysis(&self) -> Option<&Probes<'a>> {
        self.probes.as_ref()
    }

    /// The random point of the seed.
    pub fn point(&self) -> Vec<f64> {
        if let Some(probes) = &self.probes {
            return probes.point(0);
        }
        let mut stream = Stream::new(self.seed, 0, STREAM);
        let d = self.model.space().dim();
        (0..d).map(|_| stream.next_normal()).collect()
    }

    /// Samples given, or random ones; one where there are no inputs.
    fn points(&self) -> u64 {
        match &self.data {
            Some(data) => (data.len() as u64).min(POINTS),
            None if self.model.inputs().next().is_none() => 1,
            None => POINTS,
        }
    }

    fn inputs(&self, point: u64) -> Inputs {
        match &self.data {
            Some(data) => data[point as usize].clone(),
            None => Inputs::random(self.model, self.seed, point),
        }
    }

    /// F at two points of θ, and the number of inputs that it is taken at.
    ///
    /// # Errors
    /// A program that memory does not hold; F that is no number.
    pub fn values(
        &self,
        [before, after]: [&[f64]; 2],
        mut each: impl FnMut(&[f64], &[f64]),
    ) -> Result<u64> {
        let arrays = Arrays::new(self.model, &self.files)?;
        let mut compiled: Option<Compiled> = None;
        for point in 0..self.points() {
            let (f, g) = if let Some(probes) = &self.probes {
                (probes.value(before, point)?, probes.value(after, point)?)
            } else {
                let inputs = self.inputs(point);
                let program = match compiled.take().filter(|_| inputs.indices.is_empty()) {
                    Some(program) => program,
                    None => Compiled::new(self.model, &arrays.with(&inputs))?,
                };
                let of = |theta| program.value(theta, &inputs.flat);
                let values = (of(before), of(after));
                compiled = Some(program);
                values
            };
            let finite = |f: &[f64]| f.iter().all(|x| x.is_finite());
            if f.is_empty() || f.len() != g.len() || !finite(&f) || !finite(&g) {
                return Err(Error::new(
                    ErrorKind::Numerical,
                    format!("F is no number at point {point}, before or after"),
                )
                .remedy("give parameters and inputs at which the model is defined"));
            }
            each(&f, &g);
        }
        Ok(self.points())
    }
}

struct Compiled {
    program: Program<f64>,
}

impl Compiled {
    fn new(model: &Model, arrays: &Arrays) -> Result<Compiled> {
        let options = Compile::new(Task::Value, Layout::Single);
        let program = Program::<f64>::compile(model, arrays, options)?;
        if program.bytes() > ARENA {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "F touches {} bytes at one input, more than {ARENA}",
                    program.bytes()
                ),
            )
            .remedy("smaller axes have the same symmetries"));
        }
        Ok(Compiled { program })
    }

    fn value(&self, theta: &[f64], x: &[f64]) -> Vec<f64> {
        let mut value = vec![0.0; self.program.result_len(0)];
        let arguments = Arguments::at(theta, x);
        self.program
            .run(&mut self.program.workspace(), &arguments, &mut [&mut value]);
        value
    }
}
