//! Files of other formats: what they are, and how to save what they hold as one that is read.

/// What bytes are, by how they begin, and what to do.
pub(super) fn of(bytes: &[u8], name: &str) -> Option<(&'static str, &'static str)> {
    let ending = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    let torch = ["pt", "pth", "ckpt", "bin"].contains(&ending.as_str());
    if bytes.starts_with(super::npy::MAGIC) {
        return Some(("an NPY file", "it is an NPY file: give it the ending .npy"));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Some(match torch {
            true => ("a file of PyTorch", TORCH),
            false => (
                "an archive of NumPy (.npz)",
                "save its arrays by name: safetensors.numpy.save_file(dict(numpy.load(\"x.npz\")), \"x.safetensors\"), or one with numpy.save",
            ),
        });
    }
    if bytes.starts_with(b"\x80") && bytes.get(1).is_some_and(|v| (2..=5).contains(v)) {
        return Some(match torch {
            true => ("a file of PyTorch", TORCH),
            false => (
                "a Python pickle",
                "a pickle runs code when it is read: save arrays with safetensors.numpy.save_file or numpy.save",
            ),
        });
    }
    if bytes.starts_with(b"\x89HDF\r\n\x1a\n") {
        return Some((
            "an HDF5 file",
            "save its arrays with safetensors.numpy.save_file or numpy.save",
        ));
    }
    let start = &bytes[..bytes.len().min(256)];
    let text = |b: &u8| b.is_ascii_graphic() || b.is_ascii_whitespace();
    start.iter().all(text).then_some((
        "text",
        "give a table of numbers the ending .csv, or save arrays as safetensors or .npy",
    ))
}

const TORCH: &str =
    "save the tensors with safetensors.torch.save_file(state_dict, \"x.safetensors\")";
