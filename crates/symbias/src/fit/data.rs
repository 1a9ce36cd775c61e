//! What is fitted: samples of inputs and answers, checked before anything is computed.

use super::LossKind;
use std::collections::BTreeMap;
use symbias_model::data::Array;
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_numerics::random::Stream;

/// Samples: the first axis of every array.
#[derive(Clone, Debug)]
pub struct Data {
    /// The inputs of a model by their names; of a design without a model one array, under any name.
    pub x: BTreeMap<String, Array>,
    /// The answers.
    pub y: Array,
}

/// Inputs and answers in the order in which a program reads them, sample by sample.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// Numbers of one sample of each input, answers included.
    pub width: usize,
    pub entries: Vec<f64>,
}

/// Stream of the order of the samples.
const FOLDS: u64 = 84;

fn value(what: String, remedy: &str) -> Error {
    Error::new(ErrorKind::Value, what).remedy(remedy)
}

/// The place of a flat index, one number per axis.
fn place(shape: &[usize], flat: usize) -> Vec<usize> {
    let mut at = vec![0; shape.len()];
    let mut rest = flat;
    for (i, n) in at.iter_mut().zip(shape).rev() {
        *i = rest % n;
        rest /= n;
    }
    at
}

fn finite(name: &str, array: &Array) -> Result<()> {
    let wanted: usize = array.shape.iter().product();
    if array.entries.len() != wanted {
        return Err(Error::new(
            ErrorKind::Shape,
            format!(
                "{name} has shape {:?} and {} entries, which are not {wanted}",
                array.shape,
                array.entries.len()
            ),
        )
        .remedy("entries are row-major, one for each place of the shape"));
    }
    match array.entries.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(at) => Err(value(
            format!(
                "{name}{:?} is {}",
                place(&array.shape, at),
                array.entries[at]
            ),
            "every number is finite: leave that sample out, or fill in what is missing",
        )),
    }
}

impl Data {
    /// Samples.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.y.shape.first().copied().unwrap_or(0)
    }

    /// Whether the arrays are samples of inputs of these sizes, with answers of this size.
    pub(super) fn checked(
        &self,
        inputs: &[(String, Vec<usize>)],
        answer: &[usize],
        loss: Option<LossKind>,
    ) -> Result<()> {
        let samples = self.samples();
        if samples == 0 || self.y.entries.is_empty() {
            return Err(value(
                "Y has no samples".into(),
                "give one answer per sample, along the first axis",
            ));
        }
        finite("Y", &self.y)?;
        let mut own = vec![samples];
        own.extend(answer);
        // One number per sample may have an axis of its own.
        let column = answer.is_empty() && self.y.shape == [samples, 1];
        if self.y.shape != own && !column {
            return Err(Error::new(
                ErrorKind::Shape,
                format!("Y has shape {:?}, and the fit reads {own:?}", self.y.shape),
            )
            .remedy("samples are the first axis, then the axes of an answer in declared order"));
        }
        for (name, shape) in inputs {
            let array = self.x.get(name).ok_or_else(|| {
                Error::new(ErrorKind::Unknown, format!("X has no `{name}`"))
                    .suggest(name, self.x.keys().map(String::as_str))
            })?;
            finite("X", array)?;
            if array.shape.first() != Some(&samples) {
                return Err(Error::new(
                    ErrorKind::Shape,
                    format!(
                        "X has shape {:?} and Y {:?}: {} samples and {samples}",
                        array.shape,
                        self.y.shape,
                        array.shape.first().copied().unwrap_or(0)
                    ),
                )
                .remedy("samples are the first axis of both"));
            }
            if array.shape[1..] != *shape {
                return Err(Error::new(
                    ErrorKind::Shape,
                    format!(
                        "a sample of X has shape {:?}, and `{name}` of the design has {shape:?}",
                        &array.shape[1..]
                    ),
                )
                .remedy("axes of X after the first are those of the weights, in declared order; change `axes` of the design, or X"));
            }
        }
        if loss == Some(LossKind::Logistic)
            && let Some(at) = self.y.entries.iter().position(|y| y.abs() != 1.0)
        {
            return Err(value(
                format!("Y[{at}] is {}, under the logistic loss", self.y.entries[at]),
                "labels are -1 and 1",
            ));
        }
        Ok(())
    }

    /// Columns of the only input that do not change.
    pub(super) fn constant_columns(&self) -> Vec<Vec<usize>> {
        let Some(x) = self.x.values().next() else {
            return Vec::new();
        };
        let samples = self.samples();
        let width = x.entries.len() / samples.max(1);
        let same = |k: &usize| (1..samples).all(|n| x.entries[n * width + k] == x.entries[*k]);
        let columns = (0..width).filter(same);
        columns.map(|k| place(&x.shape[1..], k)).collect()
    }

    /// The arrays in the order in which a program reads its inputs; `None` is the answer.
    pub(super) fn rows(&self, order: &[Option<String>]) -> Rows {
        let samples = self.samples();
        let arrays: Vec<&Array> = order
            .iter()
            .map(|name| match name {
                Some(name) => self.x.get(name).unwrap_or(&self.y),
                None => &self.y,
            })
            .collect();
        let widths: Vec<usize> = arrays.iter().map(|a| a.entries.len() / samples).collect();
        let mut entries = Vec::new();
        for n in 0..samples {
            for (array, width) in arrays.iter().zip(&widths) {
                entries.extend(&array.entries[n * width..(n + 1) * width]);
            }
        }
        Rows {
            width: widths.iter().sum(),
            entries,
        }
    }
}

impl Rows {
    pub fn samples(&self) -> usize {
        self.entries.len() / self.width.max(1)
    }

    /// The rows of these samples.
    pub fn take(&self, samples: &[usize]) -> Rows {
        let row = |n: &usize| &self.entries[n * self.width..(n + 1) * self.width];
        Rows {
            width: self.width,
            entries: samples.iter().flat_map(row).copied().collect(),
        }
    }

    /// Means of the columns.
    pub fn means(&self) -> Vec<f64> {
        let mut means = vec![0.0; self.width];
        for row in self.entries.chunks(self.width.max(1)) {
            means.iter_mut().zip(row).for_each(|(m, x)| *m += x);
        }
        let samples = self.samples() as f64;
        means.iter_mut().for_each(|m| *m /= samples);
        means
    }

    /// Subtracts from the columns.
    pub fn shift(&mut self, by: &[f64]) {
        for row in self.entries.chunks_mut(self.width.max(1)) {
            row.iter_mut().zip(by).for_each(|(x, m)| *x -= m);
        }
    }
}

/// Samples in a random order, dealt to folds: what each fold leaves out; nothing without folds.
pub(super) fn folds(samples: usize, folds: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..samples).collect();
    let mut stream = Stream::new(seed, 0, FOLDS);
    for k in (1..samples).rev() {
        order.swap(k, stream.next_below(k as u64 + 1) as usize);
    }
    let mut all = vec![Vec::new(); folds];
    for (k, n) in order.into_iter().enumerate() {
        if let Some(fold) = all.get_mut(k % folds.max(1)) {
            fold.push(n);
        }
    }
    all.iter_mut().for_each(|f| f.sort_unstable());
    all
}
