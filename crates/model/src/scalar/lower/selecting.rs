//! One program for all samples of integer inputs that select entries of parameters, `E[token[t],c]`: what is selected are leaves of
//! their own, which a sample binds to parameters: nothing is written out again.

use super::{Key, Lowering};
use crate::error::Result;
use crate::expression::{IndexExpr, Model, Source, TensorId};
use crate::scalar::arrays::{Arrays, Inputs};
use crate::scalar::tape::{Instruction, ScalarProgram};
use std::cell::Cell;
use std::collections::BTreeMap;

/// An entry that an integer input selects: `first + stride · value` is its place among the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Choice {
    first: u32,
    stride: u32,
    /// The integer input, which of its entries, and how many values that may have.
    input: TensorId,
    slot: usize,
    values: u64,
}

/// Choices that a program leaves open.
#[derive(Debug, Default)]
pub(super) struct Open {
    leaves: BTreeMap<Choice, u32>,
    /// An integer input does something else than select entries of a parameter.
    failed: Cell<bool>,
}

impl Open {
    pub fn fails(&self) {
        self.failed.set(true);
    }
}

/// The outputs of a model with what integer inputs select left open.
#[derive(Clone, Debug)]
pub struct Selecting {
    /// Its parameters are θ, and then one for each choice.
    program: ScalarProgram,
    choices: Vec<Choice>,
}

impl ScalarProgram {
    /// The outputs for any sample; `None` where integer inputs do more than select entries of parameters.
    ///
    /// # Errors
    /// Those of [`ScalarProgram::lower`].
    pub fn selecting(model: &Model, arrays: &Arrays) -> Result<Option<Selecting>> {
        let (program, open) = ScalarProgram::written(model, arrays, Some(Open::default()))?;
        let open = open.unwrap_or_default();
        if open.failed.get() {
            return Ok(None);
        }
        let mut choices: Vec<(Choice, u32)> = open.leaves.into_iter().collect();
        choices.sort_unstable_by_key(|(_, leaf)| *leaf);
        Ok(Some(Selecting {
            program,
            choices: choices.into_iter().map(|(choice, _)| choice).collect(),
        }))
    }
}

impl Selecting {
    /// The program of a sample, without a loss; `None` if a value is not one of its axis.
    #[must_use]
    pub fn of(&self, inputs: &Inputs) -> Option<ScalarProgram> {
        let place = |choice: &Choice| {
            let value = *inputs.indices.get(&choice.input)?.get(choice.slot)?;
            let known = value >= 0.0 && value < choice.values as f64;
            known.then(|| choice.first + choice.stride * value as u32)
        };
        let places: Vec<u32> = self.choices.iter().map(place).collect::<Option<_>>()?;
        let mut program = self.program.clone();
        for instruction in &mut program.instructions {
            if let Instruction::Parameter(i) = instruction
                && let Some(choice) = (*i as usize).checked_sub(program.parameters)
            {
                *i = places[choice];
            }
        }
        Some(program)
    }
}

impl Lowering<'_> {
    pub fn is_input(&self, tensor: TensorId) -> bool {
        matches!(self.model.tensor(tensor).source, Source::Input { .. })
    }

    /// The leaves of an entry whose place an integer input says, where that is left open; `None` where the place is known.
    pub fn selected(
        &mut self,
        tensor: TensorId,
        index: &[IndexExpr],
    ) -> Option<(u32, Option<u32>)> {
        self.open.as_ref()?;
        let mut by_input = index.iter().enumerate().filter_map(|(n, i)| match i {
            IndexExpr::Lookup { tensor, index } if self.is_input(*tensor) => {
                Some((n, *tensor, index))
            }
            _ => None,
        });
        let (axis, input, slot) = by_input.next()?;
        let others = by_input.next().is_some();
        if others || !matches!(self.model.tensor(tensor).source, Source::Parameter) {
            return None;
        }
        let slot: Vec<i64> = slot.iter().map(|i| self.index(i)).collect();
        let slot = usize::try_from(self.flat(input, &slot)).ok()?;
        let shape = self.model.shape(tensor);
        let mut flat = [0; 2];
        for (n, (expression, size)) in index.iter().zip(&shape).enumerate() {
            let here = match n == axis {
                true => [0, 1],
                false => [self.index(expression); 2],
            };
            let inside = n == axis || (0..*size as i64).contains(&here[0]);
            if !inside {
                return None;
            }
            flat = [0, 1].map(|k| flat[k] * *size as i64 + here[k]);
        }
        let values = self.tensor(tensor)?;
        let mut leaf = |of: &[u32]| {
            let at = |flat: i64| match self.instructions[*of.get(flat as usize)? as usize] {
                Instruction::Parameter(place) => Some(place),
                _ => None,
            };
            let first = at(flat[0])?;
            // With one value there is nothing to select.
            let stride = at(flat[1])
                .filter(|_| shape[axis] > 1)
                .map_or(0, |p| p - first);
            let choice = Choice {
                first,
                stride,
                input,
                slot,
                values: shape[axis],
            };
            let own = self.model.space().dim() as u32;
            let open = self.open.as_mut()?;
            let next = own + open.leaves.len() as u32;
            let number = *open.leaves.entry(choice).or_insert(next);
            Some(self.push(
                Key::Leaf(true, number),
                Instruction::Parameter(number),
                Some((1, 0)),
            ))
        };
        let re = leaf(&values.re)?;
        match &values.im {
            Some(im) => Some((re, Some(leaf(im)?))),
            None => Some((re, None)),
        }
    }
}
