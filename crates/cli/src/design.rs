//! `symbias design`: from a wanted bias to a model that has it, its answer and a start.

use crate::folder::write_files;
use crate::verify::{outcome, watched};
use crate::watch::Watch;
use crate::{Outcome, print};
use anyhow::{Result, bail};
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use symbias::design::{DesignSpec, Driver, Options, design, explained, text};
use symbias::model::data::{self, Folder, read_text};
use symbias::model::language::{Copies, SourceFile};
use symbias::verify::{Wanting, Wish};

/// Arguments of `design`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Design file (docs/design.md)
    #[arg(required_unless_present = "target", conflicts_with = "target")]
    file: Option<PathBuf>,
    /// The target of one variable x, in place of a file: "abs(x)^0.5"
    #[arg(long, value_name = "EXPR", requires = "size")]
    target: Option<String>,
    /// What x is: an entry, the norm of a group of K (groups:K), a singular value (singular)
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "entries",
        requires = "target"
    )]
    on: String,
    /// What selects: decay, isotropic, horizontal, slice or flow
    #[arg(
        long,
        value_name = "DRIVER",
        default_value = "decay",
        requires = "target"
    )]
    driver: String,
    /// How many entries: N, or N,M of a matrix
    #[arg(long, value_name = "N[,M]", value_delimiter = ',', requires = "target")]
    size: Vec<u64>,
    /// Where to write the model, NAME.toml; NAME.design.json and NAME.start.safetensors stand beside it
    #[arg(short, long, value_name = "NAME.toml")]
    output: Option<PathBuf>,
    /// Components or weights at which to give target, bias and least norm (safetensors)
    #[arg(long, value_name = "W")]
    at: Option<PathBuf>,
    /// The largest error of a certificate that holds (1e-8 where exact, 1e-6 else)
    #[arg(long, value_name = "ERROR")]
    tolerance: Option<f64>,
    /// Try the law of the written model by simulation, as `symbias verify` does, at the temperature and decay of the design; the
    /// folder of everything that comes of it. For isotropic, horizontal and slice
    #[arg(long, value_name = "FOLDER", requires = "output")]
    verify: Option<PathBuf>,
    /// The rule that each part was built by
    #[arg(long)]
    explain: bool,
    /// The machine-readable answer
    #[arg(long)]
    json: bool,
}

/// All arrays of a file, by name.
pub(crate) fn arrays(path: &Path) -> Result<BTreeMap<String, data::Array>> {
    let mut found = BTreeMap::new();
    for (name, array) in data::read_recorded(path)? {
        if let Some(at) = array.entries.iter().position(|x| !x.is_finite()) {
            bail!(
                "entry {at} of `{name}` in `{}` is {}\n  help: weights are finite numbers",
                path.display(),
                array.entries[at]
            );
        }
        found.insert(name, array);
    }
    Ok(found)
}

/// A file beside the model, with another ending.
pub(crate) fn beside(model: &Path, ending: &str) -> PathBuf {
    model.with_extension(ending)
}

/// The text of the model that a design goes into, which stands in or below the folder of the design file.
pub(crate) fn model_text(spec: &DesignSpec, folder: &Folder) -> Result<Option<String>> {
    let text = |name: &String| folder.text(name).map_err(|e| e.context("`model`"));
    Ok(spec.model.as_ref().map(text).transpose()?)
}

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    let mut folder = Folder::from(Path::new("."));
    let spec = match (&arguments.file, &arguments.target) {
        (Some(path), _) => {
            let text = read_text(path, "design file")?;
            folder = Folder::around(path);
            DesignSpec::parse(&text).map_err(|e| e.in_text(Some(path.clone()), &text))?
        }
        (None, Some(target)) => DesignSpec::short(
            target,
            &arguments.on,
            Driver::of(&arguments.driver)?,
            &arguments.size,
        )?,
        (None, None) => bail!("give a design file, or --target"),
    };
    if let Some(t) = arguments.tolerance
        && !(t > 0.0 && t.is_finite())
    {
        bail!("--tolerance is {t}: it is a positive number");
    }
    if let Some(output) = &arguments.output
        && output.extension().is_none_or(|e| e != "toml")
    {
        bail!(
            "-o {}: the model is a file NAME.toml\n  help: the answer and the start stand beside it",
            output.display()
        );
    }
    let wish = arguments
        .verify
        .as_ref()
        .map(|folder| wish(&spec, folder))
        .transpose()?;
    let stem = |p: &PathBuf| p.file_stem().map(|s| s.to_string_lossy().into_owned());
    let name = arguments
        .output
        .as_ref()
        .and_then(stem)
        .or_else(|| arguments.file.as_ref().and_then(stem));
    let options = Options {
        model: model_text(&spec, &folder)?,
        name: name.unwrap_or_default(),
        tolerance: arguments.tolerance,
        at: arguments.at.as_deref().map(arrays).transpose()?,
    };
    let found = Watch::during(|watch| design(&spec, &folder, &options, watch))?;
    let json = serde_json::to_string_pretty(&found.answer)? + "\n";
    let mut written = String::new();
    if let Some(output) = &arguments.output {
        let (answer, start) = (
            beside(output, "design.json"),
            beside(output, "start.safetensors"),
        );
        let arrays = data::bytes(&found.start)?;
        write_files(&[
            (&start, &arrays),
            (&answer, json.as_bytes()),
            (output, found.model.as_bytes()),
        ])?;
        written = format!(
            "written       {}, {}, {}\n",
            output.display(),
            answer.display(),
            start.display()
        );
    }
    let verified = wish
        .map(|wish| watched(&SourceFile::parse(&found.model, &folder)?, &wish))
        .transpose()?;
    if arguments.json {
        let mut answer = serde_json::to_value(&found.answer)?;
        if let (Some(verified), Some(answer)) = (&verified, answer.as_object_mut()) {
            answer.insert("verified".into(), serde_json::to_value(verified.answer())?);
        }
        print(&(serde_json::to_string_pretty(&answer)? + "\n"))?;
    } else {
        let model = SourceFile::parse(&found.model, &folder)?.check(Copies::AtMost(1))?;
        let why = if arguments.explain {
            explained(&found.answer)
        } else {
            String::new()
        };
        let law = verified
            .as_ref()
            .map_or_else(String::new, |v| format!("\n{}", v.text()));
        print(&(text(&found.answer, &model.reads()) + &why + &written + &law))?;
    }
    Ok(match &verified {
        _ if !found.holds() => Outcome::Refuted,
        Some(verified) => outcome(verified),
        None => Outcome::Fine,
    })
}

/// The law of the driver, at the temperature and the decay of the design.
fn wish(spec: &DesignSpec, folder: &Path) -> Result<Wish> {
    let law = Wanting::ALL
        .into_iter()
        .find(|law| matches!(law, Wanting::Stationary(_)) && law.name() == spec.driver.name());
    let Some(law) = law else {
        bail!(
            "--verify tries stationary laws, and {} has none\n  help: leave it out; the certificate compares the least norm or the flow itself",
            spec.driver.name()
        );
    };
    Ok(Wish {
        noises: vec![law],
        temperature: Some(spec.temperature),
        decay: Some(spec.decay),
        out: Some(folder.to_path_buf()),
        ..Wish::default()
    })
}
