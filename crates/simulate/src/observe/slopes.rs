//! The slopes of the loss in arrays that a model computes from its parameters: those of the same model in which these arrays
//! are parameters.

use super::held::Held;
use super::lanes::fed;
use super::{Moment, Observable, Worker, len};
use crate::training::Training;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_model::program::{Arguments, Layout, Options, Program, Task, Workspace};
use symbias_model::scalar::Arrays;
use symbias_model::space::Block;

/// z(θ) and ∂ℓ/∂z, on the data that batches are taken from.
pub struct Slopes {
    training: Training,
    program: Program<f64>,
    components: Vec<Box<dyn Observable>>,
    /// Where each coordinate of the other model comes from.
    from: Vec<Coordinate>,
    /// Where each component is among its parameters.
    places: Vec<std::ops::Range<usize>>,
}

#[derive(Clone, Copy, Debug)]
enum Coordinate {
    Theta(usize),
    Component(usize, usize),
}

impl Slopes {
    /// `cut` is the model in which the components, observables under their names there, are parameters.
    ///
    /// # Errors
    /// Components of another size; parameters that the trained model has not; as [`Program::compile`].
    pub fn new(
        training: &Training,
        cut: &Model,
        arrays: &Arrays,
        components: Vec<(String, Box<dyn Observable>)>,
    ) -> Result<Slopes> {
        let mut training = training.clone();
        (training.samples, training.batch) = (training.data_samples(), None);
        let options = Options {
            samples: training.samples,
            ..Options::new(Task::LossGradient, Layout::Single)
        };
        let (space, own) = (cut.space(), training.model.space());
        let mut from = Vec::with_capacity(space.dim());
        for block in space.blocks() {
            let size = block.range().len();
            let component = components.iter().position(|c| c.0 == block.name);
            match (component, own.block(&block.name).map(Block::range)) {
                (Some(k), _) if len(&*components[k].1) == size => {
                    from.extend((0..size).map(|i| Coordinate::Component(k, i)));
                }
                (None, Some(range)) if range.len() == size => {
                    from.extend(range.map(Coordinate::Theta));
                }
                _ => return Err(other_size(&block.name, size)),
            }
        }
        let place = |name: &String| space.block(name).map_or(0..0, Block::range);
        Ok(Slopes {
            program: Program::compile(cut, arrays, options)?,
            training,
            places: components.iter().map(|c| place(&c.0)).collect(),
            components: components.into_iter().map(|c| c.1).collect(),
            from,
        })
    }

    /// A thread's own working memory.
    #[must_use]
    pub fn worker(&self) -> SlopesAt<'_> {
        SlopesAt {
            of: self,
            workspace: self.program.workspace(),
            workers: self.components.iter().map(|c| c.worker()).collect(),
            data: Held::default(),
            z: self
                .components
                .iter()
                .map(|c| vec![0.0; len(&**c)])
                .collect(),
            theta: vec![0.0; self.from.len()],
            gradient: vec![0.0; self.from.len()],
        }
    }
}

fn other_size(name: &str, size: usize) -> Error {
    Error::new(
        ErrorKind::Shape,
        format!(
            "`{name}` has {size} entries where the loss reads it, and others where it is computed"
        ),
    )
    .remedy("name an array of the model")
}

/// ∂ℓ of each component.
type Slope = Vec<Vec<f64>>;

/// Evaluates slopes, again and again.
pub struct SlopesAt<'s> {
    of: &'s Slopes,
    workspace: Workspace<f64>,
    workers: Vec<Box<dyn Worker + 's>>,
    data: Held,
    z: Vec<Vec<f64>>,
    theta: Vec<f64>,
    gradient: Vec<f64>,
}

impl SlopesAt<'_> {
    /// The components, one array each, and the slopes of the loss in them.
    ///
    /// # Errors
    /// As [`Worker::observe`].
    pub fn at(&mut self, moment: Moment<'_>) -> Result<(&[Vec<f64>], Slope)> {
        for (worker, z) in self.workers.iter_mut().zip(&mut self.z) {
            worker.observe(moment, z)?;
        }
        for (x, from) in self.theta.iter_mut().zip(&self.of.from) {
            *x = match from {
                Coordinate::Theta(p) => moment.theta[*p],
                Coordinate::Component(k, i) => self.z[*k][*i],
            };
        }
        let own = &self.of.training;
        let which = (moment.replica, 1);
        let fixed = [&moment.setting.fixed[..]];
        let inputs = self.data.of(which, || fed(own, which, &fixed, 0).inputs);
        let mut loss = [0.0];
        let results: &mut [&mut [f64]] = &mut [&mut loss, &mut self.gradient];
        let arguments = Arguments::at(&self.theta, inputs);
        self.of
            .program
            .run(&mut self.workspace, &arguments, results);
        let slope = |range: &std::ops::Range<usize>| self.gradient[range.clone()].to_vec();
        Ok((&self.z, self.of.places.iter().map(slope).collect()))
    }
}
