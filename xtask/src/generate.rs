//! Derived files: each is written by one row of a table, and a check says which are stale.

use crate::repository::{Repository, cannot, read};
use crate::{Outcome, book, gallery, picture};
use std::path::PathBuf;

/// A file as it should be.
pub struct Derived {
    /// Where.
    pub path: PathBuf,
    /// Its whole text.
    pub text: String,
}

/// What is derived, and from what. A new kind of derived file is one row.
struct Generator {
    name: &'static str,
    run: fn(&Repository) -> Outcome<Vec<Derived>>,
}

const GENERATORS: &[Generator] = &[
    Generator {
        name: "the figures of README and book",
        run: picture::all,
    },
    Generator {
        name: "the schemas of file formats",
        run: book::schemas,
    },
    Generator {
        name: "the tables of the gallery",
        run: gallery::tables,
    },
    Generator {
        name: "what README and book say commands print",
        run: book::refresh,
    },
    Generator {
        name: "the list of texts whose Rust code is tested",
        run: book::doctests,
    },
];

/// Writes every derived file that is not as it should be.
pub fn write(repository: &Repository) -> Outcome {
    for (generator, stale) in stale(repository)? {
        for Derived { path, text } in stale {
            std::fs::write(&path, text).map_err(|error| cannot("write", &path, &error))?;
            println!("wrote {} ({generator})", repository.name(&path));
        }
    }
    Ok(())
}

/// Fails if a derived file is not as it should be; writes nothing.
pub fn verify(repository: &Repository) -> Outcome {
    let mut complaints = Vec::new();
    for (generator, stale) in stale(repository)? {
        for Derived { path, text } in stale {
            let name = repository.name(&path);
            let found = if path.is_file() {
                read(&path)?
            } else {
                String::new()
            };
            complaints.push(format!(
                "{name} is stale ({generator}):\n{}",
                difference(&found, &text)
            ));
        }
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "{}\n`cargo xtask generate` rewrites it",
            complaints.join("\n")
        ))
    }
}

fn stale(repository: &Repository) -> Outcome<Vec<(&'static str, Vec<Derived>)>> {
    let mut all = Vec::new();
    for generator in GENERATORS {
        let mut derived = (generator.run)(repository)?;
        derived.retain(|d| !d.path.is_file() || read(&d.path).as_ref() != Ok(&d.text));
        all.push((generator.name, derived));
    }
    Ok(all)
}

/// The lines that differ, each group under its line number in the old text.
fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    // common[i][j]: length of the longest common subsequence of old[i..] and new[j..].
    let mut common = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let mut text = Vec::new();
    let (mut i, mut j) = (0, 0);
    let mut same = true;
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j, same) = (i + 1, j + 1, true);
            continue;
        }
        if same {
            text.push(format!("  line {}", i + 1));
            same = false;
        }
        if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            text.push(format!("  - {}", old[i]));
            i += 1;
        } else {
            text.push(format!("  + {}", new[j]));
            j += 1;
        }
    }
    text.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_the_line_and_shows_both() {
        let shown = difference("a\nb\nc\n", "a\nB\nc\n");
        assert_eq!(shown, "  line 2\n  - b\n  + B");
        assert_eq!(difference("a\n", "a\na\n"), "  line 2\n  + a");
        let far = difference("a\nb\nc\nd\n", "A\nb\nc\nD\n");
        assert_eq!(far, "  line 1\n  - a\n  + A\n  line 4\n  - d\n  + D");
        assert_eq!(difference("a\n", "a\n"), "");
    }
}
