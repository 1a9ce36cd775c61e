//! A folder in which the commands of one text run: the repository's ready-to-run files, and
//! those that the text itself prints.

use super::blocks::Block;
use crate::Outcome;
use crate::repository::{Repository, cannot};
use std::path::{Component, Path, PathBuf};
use std::process::Command;

/// The folders of the repository that commands in a text name.
const SHOWN: &[&str] = &["models", "examples", "experiments", "designs"];

/// The folder of one text; what its commands write stays there.
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// An empty folder with copies of [`SHOWN`] and the blocks marked `file=`.
    pub fn new(repository: &Repository, text: &str, blocks: &[Block]) -> Outcome<Scratch> {
        let name = text.replace(['/', '.'], "_");
        let folder = repository.target.join("book").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(|e| cannot("remove", &folder, &e))?;
        }
        std::fs::create_dir_all(&folder).map_err(|e| cannot("create", &folder, &e))?;
        for name in SHOWN {
            copy(&repository.root.join(name), &folder.join(name))?;
        }
        let scratch = Scratch { folder };
        for block in blocks {
            if let Some(name) = block.value("file") {
                scratch
                    .write(name, &block.body)
                    .map_err(|reason| format!("{text}:{}: {reason}", block.line))?;
            }
        }
        Ok(scratch)
    }

    /// Where commands run.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file below the folder.
    pub fn write(&self, name: &str, text: &str) -> Outcome<PathBuf> {
        let inside = |part| matches!(part, Component::Normal(_));
        if !Path::new(name).components().all(inside) {
            return Err(format!("`{name}` leads out of the folder"));
        }
        let path = self.folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|e| cannot("create", parent, &e))?;
        }
        std::fs::write(&path, text).map_err(|e| cannot("write", &path, &e))?;
        Ok(path)
    }

    /// What a terminal would show: standard output, then standard error, then a status not 0.
    pub fn run(&self, program: &Path, arguments: &[String]) -> Outcome<String> {
        let output = Command::new(program)
            .current_dir(&self.folder)
            .args(arguments)
            .output()
            .map_err(|error| cannot("run", program, &error))?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        if let Some(code) = output.status.code().filter(|code| *code != 0) {
            text.push_str(&format!("[exit {code}]\n"));
        } else if output.status.code().is_none() {
            return Err(format!("the command was killed: {}", output.status));
        }
        Ok(text)
    }
}

/// Copies a folder, if it exists.
fn copy(from: &Path, to: &Path) -> Outcome {
    if !from.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(to).map_err(|e| cannot("create", to, &e))?;
    for entry in std::fs::read_dir(from).map_err(|e| cannot("read", from, &e))? {
        let entry = entry.map_err(|e| cannot("read", from, &e))?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            std::fs::copy(&from, &to).map_err(|e| cannot("copy", &from, &e))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_file_stays_in_the_folder() {
        let folder = std::env::temp_dir().join(format!("xtask-scratch-{}", std::process::id()));
        let scratch = Scratch {
            folder: folder.clone(),
        };
        assert!(scratch.write("a/b.toml", "x").unwrap().starts_with(&folder));
        for name in ["../b.toml", "/b.toml", "a/../../b.toml"] {
            assert!(scratch.write(name, "x").unwrap_err().contains("leads out"));
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
