//! The published experiments, as they are in the repository: in the program, so that it needs no other file.

/// Experiments with the files that they name.
#[derive(Clone, Copy, Debug)]
pub struct Set {
    /// Their names: `NAME.toml` is among the files.
    pub experiments: &'static [&'static str],
    /// Paths below one folder, and contents.
    pub files: &'static [(&'static str, &'static [u8])],
}

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../experiments/", $path)))),*]
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
};
