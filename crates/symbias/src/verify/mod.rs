//! Predict, simulate, verdict, for a model of one's own. Its laws are predicted, an experiment that tries them is written for a
//! copy of the model, run, and concluded; its files can be read, changed and run again.
//!
//! ```
//! # use symbias::{SourceFile, Watch};
//! # let source = SourceFile::parse("symbias = 1\noutputs = [\"w\"]\nprogram = \"w = u * v\"\n\
//! #     parameters = { u = [], v = [] }\nloss = { kind = \"expression\", expr = \"0.5 * (w - 1)^2\" }\n", None)?;
//! use symbias::Board;
//! use symbias::verify::{Wanting, Wish, verify};
//! // The slice law of a product does not exist: nothing is simulated.
//! let slice = Wanting::ALL.into_iter().find(|w| w.name() == "slice").expect("it can be asked for");
//! let wish = Wish { noises: vec![slice], ..Wish::default() };
//! let found = verify(&source, &wish, &Board::default())?;
//! assert!(found.concluded.is_none() && found.untried.len() == 1);
//! # Ok::<(), symbias::Error>(())
//! ```

mod curvature;
mod horizon;
mod plan;
mod setting;
mod taught;
mod wish;
mod words;

pub use wish::{Wanting, Wish};
pub use words::{UntriedAnswer, VerifyAnswer, schema};

use crate::analyze::{self, Temper, analysis};
use crate::answer::{Answer, Bias};
use crate::experiment::run::Board;
use crate::experiment::spec::{ExperimentFile, StationarySpec};
use crate::experiment::{Concluded, Hold, Request, is_empty, perform, unpack};
use crate::watch;
use horizon::lengthen;
use plan::{DATA, Known, MODEL, OWN, TEACHER, experiment};
use setting::{Trial, Wanted, named_files, with_loss};
use std::collections::BTreeMap;
use std::path::Path;
use symbias_bias::{Existence, Status};
use symbias_geometry::discover::structural::factors;
use symbias_geometry::metric::weights;
use symbias_model::data::output;
use symbias_model::data::{self, File, Folder};
use symbias_model::error::{Error, ErrorKind, Result};
use symbias_model::language::{Copies, SourceFile};

/// Parameters at most: the simulation and its exact samples are of small models.
const LARGEST: usize = 200;
/// The file of the experiment.
const EXPERIMENT: &str = "experiment.toml";
/// The folder of the record in that of the verification.
const RECORD: &str = "record";

/// A law that was asked for and is not tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untried {
    /// The noise.
    pub noise: Wanting,
    /// Why.
    pub reason: String,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The laws that do not exist, or are another's.
    pub untried: Vec<Untried>,
    /// The formulas of those that were tried.
    pub formulas: BTreeMap<&'static str, Option<String>>,
    /// The run with its verdicts; `None` if no law exists.
    pub concluded: Option<Concluded>,
    /// The experiment that was run; `None` if no law exists.
    pub experiment: Option<ExperimentFile>,
    /// Its text, its model and its data, by their names; `symbias run` takes them.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// Predicts, simulates and concludes.
///
/// # Errors
/// A mistake in the model file; a model too large, without a loss, or with inputs that no data are made for; a folder that
/// is not free, or to go on with one that is of another verification.
pub fn verify(source: &SourceFile, wish: &Wish, board: &Board) -> Result<Verified> {
    let out = wish.out.as_deref();
    let free = || out.map_or(Ok(()), |out| free(out, wish.resume));
    free()?;
    wish.checked()?;
    let mut found = watch::over(&board.watch, || predicted(source, wish))?;
    let Some(experiment) = &found.experiment else {
        return Ok(found);
    };
    // Nothing is made in the folder before all of it is known.
    let _hold = out.map(Hold::take).transpose()?;
    free()?;
    if let Some(out) = out {
        output::sweep(out);
        let files = found.files.iter();
        let files = files.map(|(name, bytes)| (Path::new(name), bytes.as_slice()));
        unpack(out, files, of_another)?;
    }
    board.watch.stage("simulation");
    let request = Request {
        out: out.map(|out| out.join(RECORD)),
        threads: wish.threads,
        resume: wish.resume,
        ..Request::default()
    };
    found.concluded = Some(perform(experiment, &request, board)?);
    Ok(found)
}

/// Whether a folder is not there, or empty, or one that is gone on with.
fn free(out: &Path, resume: bool) -> Result<()> {
    let own = [DATA, EXPERIMENT]
        .iter()
        .any(|name| out.join(name).exists());
    let remedy = match own {
        true if resume => return Ok(()),
        true => "go on with --resume, name a new folder, or run its experiment.toml again",
        false => "it holds no verification: name a new folder",
    };
    match is_empty(out) {
        true => Ok(()),
        false => {
            Err(Error::new(ErrorKind::File, format!("`{}` exists", out.display())).remedy(remedy))
        }
    }
}

/// The error of a file in the folder that is gone on with.
fn of_another(path: &Path) -> Error {
    Error::new(
        ErrorKind::File,
        format!(
            "`{}` is not what this verification begins with: it was edited, or is of another model, other options or another version",
            path.display()
        ),
    )
    .remedy("verify in a new folder; what was changed by hand is run by `symbias run`")
}

/// What is predicted, and the experiment that tries it.
fn predicted(source: &SourceFile, wish: &Wish) -> Result<Verified> {
    let (source, supplied) = with_loss(source)?;
    let model = source.check(Copies::All)?;
    let d = model.space().dim();
    if d > LARGEST {
        return Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "`{}` has {d} parameters, and laws are verified up to {LARGEST}",
                model.name
            ),
        )
        .remedy("verify a smaller copy: the same program with smaller axes"));
    }
    let factors = factors(&model);
    let table: toml::Table = source
        .text()
        .parse()
        .map_err(|e: toml::de::Error| Error::new(ErrorKind::Syntax, e.message().to_owned()))?;
    let of = table
        .get("loss")
        .and_then(|l| l.get("of"))
        .and_then(|of| of.as_str());
    watch::stage("teacher and data");
    let wanted = Wanted {
        seed: wish.seed,
        temperature: wish.temperature,
        most_steps: wish.most_steps,
    };
    let mut trial = Trial::of(&model, &factors, of, &wanted)?;
    let mut arrays = trial.inputs.clone();
    let teacher = data::named(&model, &trial.teacher);
    arrays.extend(
        teacher
            .iter()
            .map(|(name, shape, x)| (format!("{TEACHER}{name}"), shape.clone(), x.clone())),
    );
    let taught = data::bytes(&teacher)?;
    let at = File::of("teacher.safetensors", taught.clone());
    let mut files = BTreeMap::from([
        (MODEL.to_owned(), source.text().as_bytes().to_vec()),
        (DATA.to_owned(), data::bytes(&arrays)?),
        ("teacher.safetensors".to_owned(), taught),
    ]);
    let own = named_files(&source, &table)?;
    files.extend(
        own.into_iter()
            .map(|(name, b)| (format!("{OWN}/{name}"), b)),
    );
    let folder = Folder::memory(files.clone())?;
    watch::stage("predictions");
    let decay = wish.decay.unwrap_or(trial.temperature);
    let analysed = |decay: f64| -> Result<Answer> {
        let options = analyze::Options {
            seed: wish.seed,
            at: Some(at.clone()),
            temper: Temper::new(trial.temperature, decay)?,
            ..analyze::Options::default()
        };
        Ok(analysis(&source, &options)?.answer)
    };
    let mut answer = analysed(decay)?;
    let (compact, trivial) = (answer.symmetry.compact, answer.symmetry.dimension == 0);
    let compact = compact && !trivial;
    if compact {
        // The arms have no decay then, and neither has the law that they are asked.
        answer = analysed(0.0)?;
    }
    let mut found = Verified {
        untried: Vec::new(),
        formulas: BTreeMap::new(),
        concluded: None,
        experiment: None,
        files: BTreeMap::new(),
        notes: supplied.into_iter().collect(),
    };
    if let Some(decay) = wish.decay.filter(|d| compact && *d > 0.0) {
        found.notes.push(format!(
            "the weight decay {decay} is not used: orbits are compact, and the laws are taken without"
        ));
    }
    let (mut laws, mut others) = (Vec::new(), Vec::new());
    for (noise, driver) in StationarySpec::of_drivers() {
        let bias = answer.bias.of(driver);
        let wanting = Wanting::Stationary(noise);
        let wished = wish.noises.is_empty() || wish.noises.contains(&wanting);
        // A law that cannot be sampled leaves the others alone.
        let refused = refusal(noise, bias, compact, trivial)
            .or_else(|| trial.stride(noise).err().map(|e| e.message().to_owned()));
        match refused {
            Some(reason) if wished => found.untried.push(Untried {
                noise: wanting,
                reason,
            }),
            Some(_) => {}
            None if wished => {
                found.formulas.insert(noise.name(), bias.formula.clone());
                laws.push(noise);
            }
            None => others.push(noise),
        }
    }
    let open = wish.noises.iter().filter_map(|n| n.open().map(|r| (*n, r)));
    found.untried.extend(open.map(|(noise, reason)| Untried {
        noise,
        reason: reason.to_owned(),
    }));
    if laws.is_empty() {
        return Ok(found);
    }
    let write = |trial: &Trial| -> Result<ExperimentFile> {
        let spec = experiment(&Known {
            name: &model.name,
            table: &table,
            trial,
            laws: &laws,
            others: &others,
            charges: !compact,
            decay: if compact { 0.0 } else { decay },
            weights: weights(&model, &factors).map(|w| w.map.entries.len()),
            outputs: model
                .outputs
                .iter()
                .map(|o| model.entries(*o) as usize)
                .sum::<usize>()
                * trial.inputs.first().map_or(1, |i| i.1[0]),
            replicas: wish.replicas,
            resolution: wish.resolution,
            seed: wish.seed,
        })?;
        let text =
            toml::to_string(&spec).map_err(|e| Error::new(ErrorKind::Syntax, e.to_string()))?;
        ExperimentFile::parse(&text, &folder)
    };
    watch::stage("slowest mode");
    // Its arms are no part of what is shown of the run.
    let pilots = Board::default();
    let asked = (wish.most_steps, wish.threads);
    let slow = lengthen(&mut trial, asked, &pilots, &write)?;
    for law in &laws {
        let stride = trial.stride(*law)?;
        let own = slow
            .iter()
            .find(|(name, _)| name == law.name())
            .map(|s| s.1);
        if let Some(slow) = own {
            let cut = match slow.cut {
                true => format!(
                    ", and {} steps are fewer than it asks for: see whether the law stands still",
                    stride.steps
                ),
                false => String::new(),
            };
            found.notes.push(format!(
                "{}: the slowest mode seen forgets in the time {:.2}, and the run lasts {:.0}{cut}",
                law.name(),
                slow.time,
                stride.step * stride.steps as f64
            ));
        }
        if stride.cut() && own.is_none() {
            found.notes.push(format!(
                "{}: the slowest direction of the loss would need more than {} steps: see whether the law stands still",
                law.name(),
                stride.steps
            ));
        }
    }
    let experiment = write(&trial)?;
    files.insert(EXPERIMENT.to_owned(), experiment.text.clone().into_bytes());
    found.files = files;
    found.experiment = Some(experiment);
    Ok(found)
}

/// Why a law is not tried.
fn refusal(noise: StationarySpec, bias: &Bias, compact: bool, trivial: bool) -> Option<String> {
    if trivial && noise != StationarySpec::Isotropic {
        return Some(
            "there is no symmetry: no charge to fix, every direction is horizontal, and the law is that of isotropic noise"
                .into(),
        );
    }
    if noise == StationarySpec::Slice && compact {
        return Some(
            "orbits are compact: there is no charge to fix, and the law is that of isotropic noise"
                .into(),
        );
    }
    if bias.exists {
        return None;
    }
    let with = |status: Status| bias.hypotheses.iter().find(|h| h.status == status);
    // The words of `analyze`: what is open is not absent.
    Some(
        match (bias.status, with(Status::Fails), with(Status::Assumed)) {
            (Existence::Open, _, Some(h)) => {
                format!(
                    "open: it is not known whether there is a law; not verified: {}",
                    h.text
                )
            }
            (Existence::Open, ..) => "open: it is not known whether there is a law".into(),
            (_, Some(h), _) => format!("no stationary law; fails: {}", h.text),
            _ => "no stationary law".into(),
        },
    )
}
