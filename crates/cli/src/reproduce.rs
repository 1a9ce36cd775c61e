//! `symbias reproduce`: the published experiments, from files that are in the program.

use crate::Outcome;
use crate::watch::Watch;
use std::path::PathBuf;
use std::time::Instant;
use symbias::experiment::reproduce::{GALLERY, PUBLISHED, Wish, reproduce};

/// Arguments of `reproduce`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder of everything: files, records with figures, summary
    #[arg(short, long, default_value = "reproduced")]
    out: PathBuf,
    /// The gallery of stationary laws instead of the published experiments
    #[arg(long)]
    gallery: bool,
    /// One seed instead of 64
    #[arg(long, conflicts_with = "gallery")]
    quick: bool,
    /// Go on with what was interrupted
    #[arg(long)]
    resume: bool,
    /// Threads; results do not depend on them
    #[arg(long)]
    threads: Option<usize>,
    /// Only these experiments: spectrum, completion, attention, relu, step; of the gallery hadamard, slice, depth, groups,
    /// compact, charges, relax, sgd
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// Only the arms that are timed, without long runs and controls: then nothing can be attributed to noise
    #[arg(long, conflicts_with = "gallery")]
    battery: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let wish = Wish {
        out: arguments.out.clone(),
        quick: arguments.quick,
        battery: arguments.battery,
        resume: arguments.resume,
        threads: arguments.threads,
        only: arguments.only.clone(),
    };
    let watch = Watch::new();
    let begun = Instant::now();
    let mut said = |concluded: &symbias::experiment::Concluded| {
        let state = match concluded.interrupted {
            true => "interrupted",
            false => "done",
        };
        let name = &concluded.record.experiment.name;
        watch.say(&format!(
            "{name}: {state} after {:.0} s",
            begun.elapsed().as_secs_f64()
        ));
    };
    let set = match arguments.gallery {
        true => &GALLERY,
        false => &PUBLISHED,
    };
    let found = reproduce(set, &wish, watch.board(), &mut said);
    drop(watch);
    let found = found?;
    if found.interrupted {
        crate::print(&format!(
            "interrupted: go on with\n  {}\n",
            again(arguments)
        ))?;
        return Ok(Outcome::Interrupted);
    }
    crate::print(&found.summary.text())?;
    crate::print(&format!("\nall of it is in {}\n", arguments.out.display()))?;
    Ok(match found.summary.stands() {
        true => Outcome::Fine,
        false => Outcome::Refuted,
    })
}

/// The command that goes on.
fn again(arguments: &Arguments) -> String {
    let mut text = format!("symbias reproduce --resume -o {}", arguments.out.display());
    for (flag, given) in [
        ("--gallery", arguments.gallery),
        ("--quick", arguments.quick),
        ("--battery", arguments.battery),
    ] {
        if given {
            text += &format!(" {flag}");
        }
    }
    if let Some(threads) = arguments.threads {
        text += &format!(" --threads {threads}");
    }
    if !arguments.only.is_empty() {
        text += &format!(" --only {}", arguments.only.join(" "));
    }
    text
}
