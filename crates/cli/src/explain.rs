//! `symbias explain`: what a law, a symmetry, an object or a hypothesis is, from the book.

use crate::{Outcome, print};
use anyhow::Result;
use clap::Args;
use symbias::explain::{TOPICS, explain, list};

/// Arguments of `explain`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Law, symmetry, object or hypothesis; all topics are listed without it
    topic: Option<String>,
    /// The machine-readable record
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let text = match (&arguments.topic, arguments.json) {
        (Some(topic), false) => explain(topic)?.report(),
        (Some(topic), true) => serde_json::to_string_pretty(&explain(topic)?)? + "\n",
        (None, false) => list(),
        (None, true) => {
            let topics: serde_json::Value = serde_json::json!({"schema": 1, "topics": TOPICS});
            serde_json::to_string_pretty(&topics)? + "\n"
        }
    };
    print(&text)?;
    Ok(Outcome::Fine)
}
