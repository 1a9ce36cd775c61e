//! What is trained, on which data, and by which step (theory §2.2, §2.3).
//!
//! ```
//! # use symbias_model::language::ModelBuilder;
//! # use symbias_model::scalar::Arrays;
//! # let model = ModelBuilder::new("pair").parameter("u", &[]).parameter("v", &[]).input("x", &[])
//! #     .statement("y = u * v * x").output("y").loss("mse", "y").build()?;
//! # let arrays = Arrays::new(&model, &Default::default())?;
//! use symbias_simulate::training::{Descent, Feed, Training};
//! let training = Training {
//!     model, arrays, feeds: vec![Feed::Fixed, Feed::Teacher(0.1)], samples: 4, refresh: true, batch: None,
//!     descent: Descent::plain(0.05), orbit: None, seed: 1,
//! };
//! assert!(training.validate().is_ok());
//! assert_eq!((training.fixed_per_sample(), training.moves()), (1, true));
//! let backwards = Training { descent: Descent::plain(-1.0), ..training };
//! assert!(backwards.validate().is_err());
//! # Ok::<(), symbias_model::Error>(())
//! ```

mod batch;
mod descent;
pub(crate) mod feed;
pub mod tile;
mod transport;

pub use batch::{Batch, Draw};
pub use descent::Descent;
pub use feed::Feed;
pub use transport::OrbitMoves;

use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::expression::{Model, Source, TensorId};
use symbias_model::scalar::Arrays;

/// Training of one model: everything but the replica.
#[derive(Clone, Debug)]
pub struct Training {
    /// The model, with a loss; all blocks in the graph.
    pub model: Model,
    /// Entries of its constants.
    pub arrays: Arrays,
    /// How each real input gets its entries, in declared order.
    pub feeds: Vec<Feed>,
    /// Samples per step: of the batch, or of all data where there is no batch; 1 for a model without samples.
    pub samples: usize,
    /// Whether inputs that are drawn are drawn anew at each step; if not, those of step 0 stay.
    pub refresh: bool,
    /// Minibatches of the fixed inputs; `None` is the full batch.
    pub batch: Option<Batch>,
    /// The step.
    pub descent: Descent,
    /// Moves along orbits between steps.
    pub orbit: Option<OrbitMoves>,
    /// Names the ensemble: (seed, replica, step) decides every random number.
    pub seed: u64,
}

/// What one replica starts from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setting {
    /// θ₀, d numbers.
    pub theta: Vec<f64>,
    /// Parameters of the teacher, d numbers; empty without one.
    pub teacher: Vec<f64>,
    /// The inputs that stay, sample by sample: (samples of the data) × (entries of all [`Feed::Fixed`] inputs, in
    /// declared order).
    pub fixed: Vec<f64>,
}

/// Start, teacher and data of each replica: a pure function of its number.
pub trait Settings: Sync {
    /// The setting of a replica.
    ///
    /// # Errors
    /// Whatever keeps it from being computed.
    fn of(&self, replica: u64) -> Result<Setting>;
}

/// A real input and where its entries are in those of one sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// The input.
    pub id: TensorId,
    /// Position of its first number.
    pub start: usize,
    /// Its numbers (two per complex entry).
    pub len: usize,
    /// How it is filled.
    pub feed: Feed,
}

impl Training {
    /// The real inputs of the model in declared order.
    pub fn real_inputs(model: &Model) -> impl Iterator<Item = TensorId> + '_ {
        model
            .inputs()
            .filter(|i| matches!(model.tensor(*i).source, Source::Input { index: None, .. }))
    }

    /// Where each input lies among the numbers of one sample.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let mut start = 0;
        Training::real_inputs(&self.model)
            .zip(&self.feeds)
            .map(|(id, feed)| {
                let len = self.model.entries(id) as usize * self.model.tensor(id).field.width();
                start += len;
                Place {
                    id,
                    start: start - len,
                    len,
                    feed: *feed,
                }
            })
            .collect()
    }

    /// Numbers of one sample that stay: those of [`Feed::Fixed`] inputs.
    #[must_use]
    pub fn fixed_per_sample(&self) -> usize {
        self.places()
            .iter()
            .filter(|p| p.feed == Feed::Fixed)
            .map(|p| p.len)
            .sum()
    }

    /// Samples of the data, of which [`Training::batch`] takes some.
    #[must_use]
    pub fn data_samples(&self) -> usize {
        self.batch.map_or(self.samples, |b| b.of)
    }

    /// Whether inputs change from step to step.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.batch.is_some() || (self.refresh && self.feeds.iter().any(|f| *f != Feed::Fixed))
    }

    /// Whether a setting has the numbers that this training reads.
    ///
    /// # Errors
    /// Another number of parameters, of the teacher's, or of data.
    pub fn admits(&self, setting: &Setting, replica: u64) -> Result<()> {
        let d = self.model.space().dim();
        let teacher = self.feeds.iter().any(|f| matches!(f, Feed::Teacher(_)));
        let data = self.data_samples() * self.fixed_per_sample();
        let parts = [
            ("parameters", setting.theta.len(), d),
            (
                "parameters of a teacher",
                setting.teacher.len(),
                if teacher { d } else { setting.teacher.len() },
            ),
            ("numbers of data", setting.fixed.len(), data),
        ];
        match parts.iter().find(|(_, found, wanted)| found != wanted) {
            None => Ok(()),
            Some((what, found, wanted)) => Err(Error::new(
                ErrorKind::Shape,
                format!(
                    "the setting of replica {replica} has {found} {what}, and {wanted} are read"
                ),
            )
            .remedy("give as many as the model and its data have")),
        }
    }

    /// Whether the rules of the parts hold together.
    ///
    /// # Errors
    /// A model without a loss or with integer inputs; feeds that do not fit; a step outside its range.
    pub fn validate(&self) -> Result<()> {
        let wrong = |kind, text: String, remedy: &str| Err(Error::new(kind, text).remedy(remedy));
        if self.model.loss.is_none() {
            return wrong(
                ErrorKind::Unsupported,
                format!("`{}` has no loss to train", self.model.name),
                "add [loss] with a kind: mse, cross_entropy, logistic or expression",
            );
        }
        let real = Training::real_inputs(&self.model).count();
        if real != self.model.inputs().count() {
            return wrong(
                ErrorKind::Unsupported,
                "integer inputs cannot change during training".into(),
                "make them constants, and weight the entries of the loss by an input that is 0 or 1",
            );
        }
        if real != self.feeds.len() {
            return wrong(
                ErrorKind::Value,
                format!("{} feeds for {real} inputs", self.feeds.len()),
                "give one feed for each input, in declared order",
            );
        }
        if self.samples == 0 {
            return wrong(
                ErrorKind::Value,
                "the data are empty".into(),
                "give at least one sample",
            );
        }
        if self.model.batch.is_some() && self.samples > 1 {
            return wrong(
                ErrorKind::Unsupported,
                "a model with a sample axis is one batch".into(),
                "leave `samples` out: the size of that axis says how many there are",
            );
        }
        for place in self.places() {
            if let Feed::Subset(count) = place.feed
                && (count == 0 || count > place.len)
            {
                return wrong(
                    ErrorKind::Value,
                    format!(
                        "{count} of the {} entries of `{}` cannot be chosen",
                        place.len,
                        self.model.tensor(place.id).name
                    ),
                    "choose at least one and at most all",
                );
            }
        }
        if let Some(batch) = self.batch {
            batch.validate(self.samples)?;
            if self.fixed_per_sample() == 0 {
                return wrong(
                    ErrorKind::Value,
                    "there are no data to take a batch from".into(),
                    "give the inputs from a file, or leave the batch out",
                );
            }
        }
        if let Some(moves) = &self.orbit {
            moves.validate(self.model.space().dim())?;
        }
        self.descent.validate()
    }
}
