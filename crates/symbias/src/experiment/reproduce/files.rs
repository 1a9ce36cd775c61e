//! The published experiments and the gallery of laws, as they are in the repository: in the program, so that it needs no other file.

/// Experiments with the files that they name.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// Their names: `NAME.toml` is among the files.
    pub experiments: &'static [&'static str],
    /// Paths below one folder, and contents.
    pub files: &'static [(&'static str, &'static [u8])],
    /// Replicas of each arm, unless fewer are asked for or the arm says so; `None` leaves it to the files.
    pub seeds: Option<u64>,
}

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        files![$($path => $path),*]
    };
    ($($path:literal => $name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../experiments/", $path)))),*]
    };
}

/// The five experiments of \[A26\], the quickest first.
pub const PUBLISHED: Set = Set {
    experiments: &["spectrum", "completion", "attention", "relu", "step"],
    files: files![
        "attention.toml",
        "attention.model.toml",
        "completion.toml",
        "completion.model.toml",
        "relu.toml",
        "relu.model.toml",
        "spectrum.toml",
        "spectrum_designed.model.toml",
        "spectrum_vanilla.model.toml",
        "step.toml",
        "step_designed.model.toml",
        "step_vanilla.model.toml",
        "data/omega.safetensors",
        "data/spectral_sparse_data.safetensors",
        "data/total_variation_data.safetensors",
    ],
    seeds: Some(64),
};

/// The gallery of stationary laws (theory §5): each with its measurement, its verdict and the wrong laws.
pub const GALLERY: Set = Set {
    experiments: &[
        "hadamard", "slice", "depth", "groups", "compact", "charges", "relax", "sgd",
    ],
    files: files![
        "gallery/hadamard.toml" => "hadamard.toml",
        "gallery/slice.toml" => "slice.toml",
        "gallery/depth.toml" => "depth.toml",
        "gallery/groups.toml" => "groups.toml",
        "gallery/compact.toml" => "compact.toml",
        "gallery/charges.toml" => "charges.toml",
        "gallery/relax.toml" => "relax.toml",
        "gallery/sgd.toml" => "sgd.toml",
        "gallery/pair.model.toml" => "pair.model.toml",
        "gallery/pair_log.model.toml" => "pair_log.model.toml",
        "gallery/pair_labels.model.toml" => "pair_labels.model.toml",
        "gallery/plane.model.toml" => "plane.model.toml",
        "gallery/depth3.model.toml" => "depth3.model.toml",
        "gallery/depth4.model.toml" => "depth4.model.toml",
        "gallery/group.model.toml" => "group.model.toml",
        "gallery/group3.model.toml" => "group3.model.toml",
        "gallery/gram.model.toml" => "gram.model.toml",
        "gallery/radius.model.toml" => "radius.model.toml",
        "gallery/direction.model.toml" => "direction.model.toml",
        "gallery/factors32.model.toml" => "factors32.model.toml",
        "gallery/unit.model.toml" => "unit.model.toml",
    ],
    seeds: None,
};
