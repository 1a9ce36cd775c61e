//! `symbias fit`: a design and data to weights, with the path, its scores and what proves them.

use crate::folder::{is_free, write_folder};
use crate::table::{self, Header};
use crate::watch::Watch;
use crate::{Outcome, print};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use symbias::design::DesignSpec;
use symbias::fit::{Data, Fit, LossKind, Options, Order, fit, inputs, text};
use symbias::model::data::output::write_bytes;
use symbias::model::data::{self, Array, Folder, Reading, read_text};

/// Which way a path goes.
#[derive(Clone, Copy, ValueEnum)]
enum Way {
    /// From small lambda to large.
    Rising,
    /// From large lambda to small.
    Falling,
}

/// Arguments of `fit`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Design file with driver = "decay" (docs/design.md)
    file: PathBuf,
    /// Inputs, samples first: safetensors, NPY or CSV; of a model with several inputs a safetensors file with one tensor each
    #[arg(long, value_name = "X")]
    x: PathBuf,
    /// Answers, samples first
    #[arg(long, value_name = "Y")]
    y: PathBuf,
    /// Which tensor of X, or column
    #[arg(long, value_name = "NAME")]
    x_key: Option<String>,
    /// Which tensor of Y, or column
    #[arg(long, value_name = "NAME")]
    y_key: Option<String>,
    #[command(flatten)]
    header: Header,
    /// Without a model: squared (the mean, without 1/2) or logistic (labels -1 and 1)
    #[arg(long, value_name = "LOSS")]
    loss: Option<String>,
    /// Without a model: no intercept (there is one without penalty)
    #[arg(long)]
    no_intercept: bool,
    /// Folds of cross-validation; 0 is none, for one lambda
    #[arg(long, value_name = "K", default_value_t = 8)]
    cv: usize,
    /// Decides which sample is in which fold
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Values of lambda; by default --count of them from where a single place leaves 0 down
    #[arg(
        long,
        value_name = "L,...",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    lambda: Option<Vec<f64>>,
    /// Values of lambda
    #[arg(
        long,
        value_name = "N",
        default_value_t = 30,
        conflicts_with = "lambda"
    )]
    count: usize,
    /// The least lambda over the largest
    #[arg(
        long,
        value_name = "R",
        default_value_t = 1e-3,
        allow_negative_numbers = true,
        conflicts_with = "lambda"
    )]
    ratio: f64,
    /// Which way the path goes; by default rising where the origin is a minimum for every loss
    #[arg(long, value_enum)]
    order: Option<Way>,
    /// Least squares on the support of the design, as a row of its own
    #[arg(long)]
    refit: bool,
    /// A new folder for weights, parameters, path, scores, figures and an experiment that repeats the fit
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// The machine-readable answer
    #[arg(long)]
    json: bool,
}

/// The arrays of X by the names that are read, one without a name of a design without a model; and what was taken for what in
/// tables.
fn read(arguments: &Arguments, names: &[String]) -> Result<(Data, String)> {
    let mut said = String::new();
    let mut array = |path: &Path, key: Option<&str>| -> Result<Array> {
        let Reading { array, table } = data::read(arguments.header.file(path), key)?;
        said += &table::line(table);
        Ok(array)
    };
    let mut x = BTreeMap::new();
    match names {
        [] | [_] => {
            let name = names.first().cloned().unwrap_or_else(|| "x".into());
            x.insert(name, array(&arguments.x, arguments.x_key.as_deref())?);
        }
        several => {
            if arguments.x_key.is_some() {
                bail!(
                    "--x-key beside a model with several inputs: {}\n  help: X is a safetensors file with one tensor for each",
                    several.join(", ")
                );
            }
            for name in several {
                x.insert(name.clone(), array(&arguments.x, Some(name))?);
            }
        }
    }
    let y = array(&arguments.y, arguments.y_key.as_deref())?;
    Ok((Data { x, y }, said))
}

/// Everything of a fit as files of a folder.
fn write(folder: &Path, found: &Fit, json: &str) -> Result<()> {
    let file = |name: &str, bytes: &[u8]| write_bytes(&folder.join(name), bytes);
    file("fit.json", json.as_bytes())?;
    let design = toml_text(&found.design)?;
    file("design.toml", design.as_bytes())?;
    file("model.toml", found.model.as_bytes())?;
    file("experiment.toml", found.experiment.as_bytes())?;
    file("experiment.model.toml", found.trained.as_bytes())?;
    let arrays = [
        ("weights", &found.weights),
        ("components", &found.components),
        ("parameters", &found.parameters),
        ("start", &found.start),
        ("path", &found.path),
        ("data", &found.data),
        ("least_squares", &found.refit),
    ];
    for (name, arrays) in arrays {
        if !arrays.is_empty() {
            data::write(&folder.join(format!("{name}.safetensors")), arrays)?;
        }
    }
    let figures = folder.join("figures");
    std::fs::create_dir(&figures)
        .with_context(|| format!("cannot write `{}`", figures.display()))?;
    for (name, figure) in &found.figures {
        file(&format!("figures/{name}.svg"), figure.svg().as_bytes())?;
    }
    Ok(())
}

fn toml_text(spec: &DesignSpec) -> Result<String> {
    spec.written().map_err(Into::into)
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    is_free(&arguments.output)?;
    let source = read_text(&arguments.file, "design file")?;
    let folder = Folder::around(&arguments.file);
    let spec =
        DesignSpec::parse(&source).map_err(|e| e.in_text(Some(arguments.file.clone()), &source))?;
    let model = crate::design::model_text(&spec, &folder)?;
    if model.is_some() && (arguments.loss.is_some() || arguments.no_intercept) {
        bail!(
            "--loss and --no-intercept are for a design without a model\n  help: the loss is that of `{}`",
            spec.model.as_deref().unwrap_or("")
        );
    }
    let stem = arguments
        .file
        .file_stem()
        .map(|s| s.to_string_lossy().into_owned());
    let options = Options {
        name: spec.name.clone().or(stem).unwrap_or_default(),
        loss: LossKind::of(arguments.loss.as_deref().unwrap_or("squared"))?,
        intercept: !arguments.no_intercept,
        folds: arguments.cv,
        seed: arguments.seed,
        lambdas: arguments.lambda.clone(),
        count: arguments.count,
        ratio: arguments.ratio,
        order: arguments.order.map(|w| match w {
            Way::Rising => Order::Rising,
            Way::Falling => Order::Falling,
        }),
        refit: arguments.refit,
        model,
    };
    let names = inputs(options.model.as_deref(), &folder)?;
    let (data, said) = read(arguments, &names)?;
    let found = Watch::during(|watch| fit(&spec, &folder, &data, &options, watch))?;
    let json = serde_json::to_string_pretty(&found.answer)? + "\n";
    write_folder(&arguments.output, |folder| write(folder, &found, &json))?;
    if arguments.json {
        print(&json)?;
    } else {
        let written = format!("written       {}\n", arguments.output.display());
        print(&(said + &text(&found.answer) + &written))?;
    }
    Ok(if found.answer.certificate <= 1e-6 {
        Outcome::Fine
    } else {
        Outcome::Refuted
    })
}
