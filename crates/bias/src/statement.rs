//! What is said of a driver: a law, its measure, and what it rests on.

/// What is known of a hypothesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Follows from the model.
    Verified,
    /// Taken for granted.
    Assumed,
    /// Known not to hold.
    Fails,
}

/// Something that a law rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// In words.
    pub text: String,
    /// What is known of it.
    pub status: Status,
}

impl Hypothesis {
    /// A hypothesis and what is known of it.
    pub fn new(text: impl Into<String>, status: Status) -> Hypothesis {
        Hypothesis {
            text: text.into(),
            status,
        }
    }
}

/// The bias of one driver.
#[derive(Clone, Debug, PartialEq)]
pub struct Bias {
    /// Whether the law exists.
    pub exists: bool,
    /// Its value at the point asked for.
    pub value: Option<f64>,
    /// Its formula, ASCII.
    pub formula: Option<String>,
    /// Its formula in LaTeX.
    pub latex: Option<String>,
    /// The measure it refers to, or that it needs none.
    pub base_measure: String,
    /// What it rests on.
    pub hypotheses: Vec<Hypothesis>,
}
