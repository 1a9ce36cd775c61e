//! A function of θ whose changes of sign are counted at every step: whether paths cross a point where the density is
//! singular (theory §5.3).

use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::Model;
use symbias_model::program::{Layout, Options, Program, Task};
use symbias_model::scalar::Arrays;
use symbias_numerics::lanes::Real;

/// One entry of the outputs of a model with the parameters of the one that moves, without inputs. Zero counts as positive.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The model.
    pub model: Model,
    /// Entries of its constants.
    pub arrays: Arrays,
    /// Position of the number among its outputs, in declared order.
    pub entry: usize,
}

impl Watch {
    pub(super) fn validate(&self, d: usize) -> Result<()> {
        let numbers: u64 = self
            .model
            .outputs
            .iter()
            .map(|o| self.model.entries(*o) * self.model.tensor(*o).field.width() as u64)
            .sum();
        let own = self.model.space().dim();
        let wrong = if self.model.inputs().count() > 0 {
            "has inputs".to_owned()
        } else if own != d {
            format!("has {own} parameters, and {d} move")
        } else if self.entry as u64 >= numbers {
            format!(
                "has {numbers} numbers, and number {} is asked for",
                self.entry
            )
        } else {
            return Ok(());
        };
        Err(Error::new(
            ErrorKind::Shape,
            format!("what is watched, `{}`, {wrong}", self.model.name),
        )
        .remedy("watch a number of a model with the same parameters and no inputs"))
    }

    pub(super) fn compile<T: Real>(&self, lanes: usize) -> Result<Program<T>> {
        let options = Options::new(Task::Value, Layout::Wide(lanes));
        Program::compile(&self.model, &self.arrays, options)
    }
}
