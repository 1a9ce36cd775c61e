//! Fused tensors taken apart: one parameter for each slice that is read.
//!
//! A checkpoint often holds several things in one tensor: queries, keys and values in one
//! projection, heads flat in one axis, all coefficients in one vector. A model file reads them by
//! index expressions, `W[4+a,c]`, `W[3*h+a,c]`, `P[0]`, and rules that ask what happens to an axis
//! as a whole see none. [`Parted`] writes the same function with a parameter for each box of
//! entries that is read, whose axes are the letters of the reads. Every entry of the old
//! parameters is in exactly one new one, so that θ is only permuted: an isometry, and every answer
//! about the new model is one about the old.
//!
//! What is taken apart: every read takes a product of one mixed radix per axis, start + Σ step·digit
//! (`progression`); offsets, strides, flat heads, constants and letters that run backwards are all
//! of this kind. Boxes that are the same are one part, whatever letters read them (their axes
//! become one). Boxes that are not proven apart are filled up to one that holds them (`boxes`),
//! where only the digits that they share stay axes: a tensor that is also read whole stays whole.
//! Lookups, `h//2`, `t%8` and sums like `i+j` are digits too, without a letter; where values may
//! leave the axis it is left as it is. A defined tensor of which only slices are read (a fused
//! projection, split after the product) is defined slice by slice first (`sweep`).
//!
//! Copies of a block are taken apart alike, `layer.3.W` into `layer.3.W[4+a,:]`, …
//!
//! Nothing here depends on sizes but [`Parted::places`], which lists entries.
//!
//! ```
//! use symbias_model::language::ModelBuilder;
//! use symbias_model::parts::Parted;
//! let fused = ModelBuilder::new("two matrices in one")
//!     .axis("j", 7)
//!     .axis("a", 4)
//!     .axis("b", 3)
//!     .axis("c", 2)
//!     .parameter("W", &["j", "c"])
//!     .statement("u[a,b] = W[a+0,c] * W[4+b,c]")
//!     .output("u")
//!     .build()?;
//! let parted = Parted::new(fused);
//! let names: Vec<&str> = parted.model().parameters().map(|p| parted.model().tensor(p).name.as_str()).collect();
//! assert_eq!(names, ["W[a,:]", "W[4+b,:]"]);
//! // Rows 0..4, then rows 4..7: here the order of entries is that of the file.
//! assert_eq!(*parted.places(), (0..14).collect::<Vec<_>>());
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod boxes;
mod cut;
mod draft;
mod linear;
mod name;
mod progression;
mod rebuild;
mod substitute;
mod sweep;

use crate::expression::{Model, Source, TensorId};
use crate::space::ParameterSpace;
use std::borrow::Cow;
use std::sync::OnceLock;
use sweep::View;

/// A model with one parameter for each slice that is read, and where its coordinates lie in the
/// model of the file.
#[derive(Clone, Debug)]
pub struct Parted {
    model: Model,
    apart: Option<Apart>,
}

/// What is known beyond the model where something was fused.
#[derive(Clone, Debug)]
struct Apart {
    /// The parameters as the file declares them, and their numbers.
    space: ParameterSpace,
    whole: Vec<TensorId>,
    /// One for each parameter of the new model.
    views: Vec<View>,
    places: OnceLock<Vec<usize>>,
}

impl Parted {
    /// Takes the fused parameters of a model apart. Where none is fused the model is left as it is.
    #[must_use]
    pub fn new(model: Model) -> Parted {
        if model
            .nodes
            .iter()
            .all(|n| draft::reads_letters(&model, &n.op))
        {
            return Parted { model, apart: None };
        }
        let swept = sweep::sweep(&model);
        if !swept.draft.changed {
            return Parted { model, apart: None };
        }
        let whole = model.parameters().collect();
        let space = model.space();
        let (parted, views) = rebuild::rebuild(swept);
        Parted {
            model: parted,
            apart: Some(Apart {
                space,
                whole,
                views,
                places: OnceLock::new(),
            }),
        }
    }

    /// The model to analyse.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The model to analyse, alone.
    #[must_use]
    pub fn into_model(self) -> Model {
        self.model
    }

    /// Whether nothing was fused: the model is that of the file, and so are its coordinates.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.apart.is_none()
    }

    /// The parameters as the file declares them, for reading and writing files of θ.
    #[must_use]
    pub fn space(&self) -> Cow<'_, ParameterSpace> {
        match &self.apart {
            Some(apart) => Cow::Borrowed(&apart.space),
            None => Cow::Owned(self.model.space()),
        }
    }

    /// The name in the file of the parameter that this tensor of the new model is, or is a part of.
    #[must_use]
    pub fn whole_name(&self, part: &str) -> Option<&str> {
        let Some(apart) = &self.apart else {
            let id = self.model.find(part)?;
            let tensor = self.model.tensor(id);
            return (tensor.source == Source::Parameter).then_some(tensor.name.as_str());
        };
        let at = self
            .model
            .parameters()
            .position(|p| self.model.tensor(p).name == part)?;
        Some(apart.block(&apart.views[at]).1)
    }

    /// For each coordinate of the new θ the coordinate of the file's θ that it is: a permutation of
    /// 0..d. It is listed when first asked for, and takes eight bytes a parameter.
    #[must_use]
    pub fn places(&self) -> Cow<'_, [usize]> {
        match &self.apart {
            Some(apart) => Cow::Borrowed(apart.places.get_or_init(|| apart.listed(&self.model))),
            None => Cow::Owned((0..self.model.space().dim()).collect()),
        }
    }

    /// The new θ from one of the file: `--at`, a start, a checkpoint.
    #[must_use]
    pub fn parted<'a>(&self, theta: &'a [f64]) -> Cow<'a, [f64]> {
        match &self.apart {
            None => Cow::Borrowed(theta),
            Some(_) => self.places().iter().map(|p| theta[*p]).collect(),
        }
    }

    /// The θ of the file from a new one. Vectors along θ, gradients and fields, go the same ways.
    #[must_use]
    pub fn joined<'a>(&self, theta: &'a [f64]) -> Cow<'a, [f64]> {
        match &self.apart {
            None => Cow::Borrowed(theta),
            Some(_) => {
                let mut joined = vec![0.0; theta.len()];
                for (place, x) in self.places().iter().zip(theta) {
                    joined[*place] = *x;
                }
                Cow::Owned(joined)
            }
        }
    }
}

impl Apart {
    /// Position and name of the parameter of the file that a view is of.
    fn block(&self, view: &View) -> (usize, &str) {
        let at = self.whole.iter().position(|id| *id == view.of);
        let at = at.unwrap_or_default();
        (at, &self.space.blocks()[at].name)
    }

    fn listed(&self, model: &Model) -> Vec<usize> {
        let blocks = self.space.blocks();
        let number: std::collections::HashMap<TensorId, usize> = self
            .whole
            .iter()
            .enumerate()
            .map(|(i, id)| (*id, i))
            .collect();
        let mut taken = vec![false; self.space.dim()];
        let mut places = Vec::with_capacity(taken.len());
        for (id, view) in model.parameters().zip(&self.views) {
            let block = &blocks[number[&view.of]];
            let width = block.field.width();
            let Some((base, steps)) = &view.place else {
                // Written after the parts of its tensor.
                places.extend(block.range().filter(|p| !taken[*p]));
                continue;
            };
            for_each_entry(&model.shape(id), *base, steps, &mut |entry| {
                for part in 0..width {
                    let place = block.offset + entry as usize * width + part;
                    taken[place] = true;
                    places.push(place);
                }
            });
        }
        places
    }
}

/// Visits base + Σ step·i for all i below the shape, the last index fastest.
fn for_each_entry(shape: &[u64], base: i64, steps: &[i64], visit: &mut impl FnMut(i64)) {
    match (shape, steps) {
        ([count, shape @ ..], [step, steps @ ..]) => {
            for i in 0..*count as i64 {
                for_each_entry(shape, base + step * i, steps, visit);
            }
        }
        _ => visit(base),
    }
}
