//! What is looked at during training: functions of θ that the experiment declares.
//!
//! An [`Observable`] is evaluated in f64 at each replica's θ, whatever the layout of the run, so that its numbers do not
//! depend on lanes, threads or shards. Programs run a vector of replicas at a time, to the bits of one.
//!
//! ```
//! use symbias_model::language::ModelBuilder;
//! use symbias_model::scalar::Arrays;
//! use symbias_simulate::observe::{Expressions, Moment, Observable};
//! use symbias_simulate::training::Setting;
//! let model = ModelBuilder::new("pair").parameter("u", &[]).parameter("v", &[])
//!     .statement("w = u * v").output("w").build()?;
//! let seen = Expressions::new(&model, &Arrays::new(&model, &Default::default())?, "w", vec![])?;
//! let setting = Setting { theta: vec![2.0, 3.0], ..Setting::default() };
//! let moment = Moment { replica: 0, setting: &setting, theta: &setting.theta, squares: &[] };
//! let mut w = [0.0];
//! seen.worker().observe(moment, &mut w)?;
//! assert_eq!(w, [6.0]);
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod charges;
mod expression;
mod held;
mod lanes;
mod losses;
mod measure;
mod outputs;
mod slopes;
mod volume;
mod weights;

pub use charges::{Charges, Drift};
pub use expression::{Expressions, From};
pub use losses::Loss;
pub use measure::{Kind, Measure};
pub use outputs::Outputs;
pub use slopes::{Slopes, SlopesAt};
pub use volume::LogVolume;
pub use weights::Weights;

use crate::training::Setting;
use symbias_model::error::Result;

/// The state of one replica at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Which replica.
    pub replica: u64,
    /// Its start, teacher and data.
    pub setting: &'a Setting,
    /// θ, d numbers.
    pub theta: &'a [f64],
    /// Σ (1 − ηλ)^{2(later steps)} g² of each entry; empty where it is not kept.
    pub squares: &'a [f64],
}

/// Something to look at: an array of fixed shape.
pub trait Observable: Send + Sync {
    /// Its name in the record.
    fn name(&self) -> &str;
    /// Its shape; `[]` for one number.
    fn shape(&self) -> Vec<usize>;
    /// What its axes are called.
    fn axes(&self) -> Vec<String>;
    /// A thread's own working memory.
    fn worker(&self) -> Box<dyn Worker + '_>;
    /// Whether it reads [`Moment::squares`].
    fn needs_squares(&self) -> bool {
        false
    }
}

/// Evaluates an observable, again and again.
pub trait Worker {
    /// Writes the numbers, row by row.
    ///
    /// # Errors
    /// Linear algebra that does not converge. Numbers that are not finite are data.
    fn observe(&mut self, moment: Moment<'_>, into: &mut [f64]) -> Result<()>;

    /// Writes the numbers of replicas in a row, one after the other: the bits of [`Worker::observe`], in less time where
    /// replicas run in lanes.
    ///
    /// # Errors
    /// As [`Worker::observe`].
    fn observe_all(&mut self, moments: &[Moment<'_>], into: &mut [f64]) -> Result<()> {
        let len = into.len() / moments.len().max(1);
        for (k, moment) in moments.iter().enumerate() {
            self.observe(*moment, &mut into[k * len..(k + 1) * len])?;
        }
        Ok(())
    }
}

/// Numbers of an observable.
#[must_use]
pub fn len(observable: &dyn Observable) -> usize {
    observable.shape().iter().product()
}
