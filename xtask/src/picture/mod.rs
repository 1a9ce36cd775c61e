//! The figures of README and book, each computed by one file of this folder and drawn by `symbias-figure`. A new
//! figure is one file and one row of [`FIGURES`].

mod attribution;
mod curve;
mod flow;
mod gauge;
mod laws;
mod leaves;
mod mirror;
mod orbits;
mod profiles;
mod recovery;
mod regularisers;
mod special;
mod targets;
mod volume;

use crate::Outcome;
use crate::generate::Derived;
use crate::repository::Repository;
use symbias_figure::Medium;

/// A figure: its name below `docs/figures/`, and what it shows.
struct Figure {
    name: &'static str,
    draw: fn() -> symbias_figure::Figure,
}

const FIGURES: &[Figure] = &[
    Figure {
        name: "orbits",
        draw: orbits::drawing,
    },
    Figure {
        name: "volume",
        draw: volume::drawing,
    },
    Figure {
        name: "leaves",
        draw: leaves::drawing,
    },
    Figure {
        name: "gauge",
        draw: gauge::drawing,
    },
    Figure {
        name: "mirror",
        draw: mirror::drawing,
    },
    Figure {
        name: "laws",
        draw: laws::drawing,
    },
    Figure {
        name: "regularisers",
        draw: regularisers::drawing,
    },
    Figure {
        name: "profiles",
        draw: profiles::drawing,
    },
    Figure {
        name: "targets",
        draw: targets::drawing,
    },
    Figure {
        name: "recovery",
        draw: recovery::drawing,
    },
    Figure {
        name: "attribution",
        draw: attribution::drawing,
    },
];

/// Every figure.
pub fn all(repository: &Repository) -> Outcome<Vec<Derived>> {
    let folder = repository.root.join("docs/figures");
    if !folder.is_dir() {
        std::fs::create_dir_all(&folder)
            .map_err(|e| crate::repository::cannot("create", &folder, &e))?;
    }
    Ok(FIGURES
        .iter()
        .map(|figure| Derived {
            path: folder.join(format!("{}.svg", figure.name)),
            text: (figure.draw)().svg_for(Medium::Screen),
        })
        .collect())
}

/// Writes every figure as PNG into a folder, to be looked at.
pub fn png(folder: &str) -> Outcome {
    let folder = std::path::Path::new(folder);
    std::fs::create_dir_all(folder).map_err(|e| crate::repository::cannot("create", folder, &e))?;
    for figure in FIGURES {
        let path = folder.join(format!("{}.png", figure.name));
        let bytes = (figure.draw)().png().map_err(|error| error.to_string())?;
        std::fs::write(&path, bytes).map_err(|e| crate::repository::cannot("write", &path, &e))?;
        println!("wrote {}", path.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_finite_and_their_names_distinct() {
        let mut names: Vec<&str> = FIGURES.iter().map(|f| f.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FIGURES.len());
        for figure in FIGURES {
            let text = (figure.draw)().svg();
            assert!(
                !text.contains("NaN") && !text.contains("no data"),
                "{}",
                figure.name
            );
        }
    }
}
