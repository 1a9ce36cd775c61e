//! Small trainings and their settings.

use symbias_model::Model;
use symbias_model::language::ModelBuilder;
use symbias_model::scalar::Arrays;
use symbias_numerics::random::Stream;
use symbias_simulate::training::{Descent, Feed, Setting, Settings, Training};

/// θ₀ and the teacher are normal, times a scale.
pub struct Normal {
    pub d: usize,
    pub scale: f64,
    pub fixed: Vec<f64>,
}

impl Settings for Normal {
    fn of(&self, replica: u64) -> symbias_model::error::Result<Setting> {
        let mut stream = Stream::new(99, replica, u64::MAX - 9);
        let mut draw = |scale: f64| (0..self.d).map(|_| scale * stream.next_normal()).collect();
        Ok(Setting {
            theta: draw(self.scale),
            teacher: draw(1.0),
            fixed: self.fixed.clone(),
        })
    }
}

pub fn relu() -> Model {
    ModelBuilder::new("relu")
        .axis("h", 5)
        .axis("d", 3)
        .parameter("v", &["h"])
        .parameter("W", &["h", "d"])
        .input("x", &["d"])
        .statement("y = v[h] * relu(W[h,d] * x[d])")
        .output("y")
        .loss("mse", "y")
        .build()
        .unwrap()
}

/// Fresh batches of 4 from a teacher with noise 0.1.
pub fn stream(model: Model, rate: f64) -> Training {
    let arrays = Arrays::new(&model, &Default::default()).unwrap();
    Training {
        feeds: vec![
            Feed::Drawn(symbias_model::expression::Law::Normal),
            Feed::Teacher(0.1),
        ],
        samples: 4,
        refresh: true,
        batch: None,
        descent: Descent::plain(rate),
        orbit: None,
        seed: 7,
        model,
        arrays,
    }
}
