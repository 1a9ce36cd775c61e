//! Whatever the bytes of a file, it is an array or an error.

use crate::folder::Folder;
use symbias_model::data::{Entries, read_array, write_arrays};
use symbias_numerics::random::Stream;

/// Valid files of every format: ending, bytes, key.
fn seeds(folder: &Folder) -> Vec<(&'static str, Vec<u8>, Option<&'static str>)> {
    let tables = [
        "1,-2.5,3\n4,5,6e-7\n8,9,10\n",
        "# comment\nx;\"y \"\"z\"\"\";label\n1;\"2\";red\n3;4;blue # more\n",
        "\u{feff}alpha\tβeta\r\n1\t2\r\n3\t4\r\n",
        "y\n1\n2\n3\n4\n",
    ];
    let mut seeds: Vec<(&str, Vec<u8>, Option<&str>)> = Vec::new();
    for text in tables {
        seeds.push(("csv", text.into(), None));
        seeds.push(("csv", text.into(), Some("x")));
    }
    let arrays = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/arrays");
    let mut paths: Vec<_> = std::fs::read_dir(arrays)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "npy"))
        .collect();
    paths.sort();
    for path in paths {
        seeds.push(("npy", std::fs::read(path).expect("bytes"), None));
    }
    let path = folder.path("seed.safetensors");
    let entries = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    write_arrays(&path, &[("x", &[2, 3], Entries::F64(&entries))]).expect("written");
    let bytes = std::fs::read(&path).expect("bytes");
    for key in [None, Some("x")] {
        (0..4).for_each(|_| seeds.push(("safetensors", bytes.clone(), key)));
    }
    seeds
}

/// Pieces that mean something in one of the formats.
const PIECES: &[&[u8]] = &[
    b"\"",
    b"'",
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r",
    b"#",
    b"\0",
    b"nan",
    b"inf",
    b"-",
    b"e",
    b"1e999",
    b"(",
    b")",
    b"[",
    b"{",
    b"}",
    b":",
    b"L",
    b"True",
    b"'shape': (",
    b"0, ",
    b"'>c16'",
    b"'<f2'",
    b"'|O'",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x00\x00\x00\x00\x00\x00\x00\x80",
    b"\xe9",
    b"\xef\xbb\xbf",
    b"18446744073709551615",
    b"4294967296, 4294967296, ",
    b"9223372036854775808",
    b"\x93NUMPY\x02\x00",
];

fn mutated(bytes: &[u8], stream: &mut Stream) -> Vec<u8> {
    let mut below = |n: usize| (stream.next_u64() % n.max(1) as u64) as usize;
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + below(2) {
        let at = below(bytes.len() + 1);
        let end = (at + below(16)).min(bytes.len());
        let piece = PIECES[below(PIECES.len())];
        match below(8) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.truncate(at),
            2 => drop(bytes.splice(at..at, piece.iter().copied())),
            3 => {
                let end = (at + piece.len()).min(bytes.len());
                drop(bytes.splice(at..end, piece.iter().copied()));
            }
            4 => {
                let copy = bytes[at..end].to_vec();
                let to = below(bytes.len() + 1);
                drop(bytes.splice(to..to, copy));
            }
            5 if at < bytes.len() => bytes[at] ^= 1 << below(8),
            6 if at < bytes.len() => bytes[at] = below(256) as u8,
            // The headers are where the lies are.
            _ if !bytes.is_empty() => {
                let early = below(bytes.len().min(100));
                bytes[early] = 32 + below(95) as u8;
            }
            _ => {}
        }
    }
    bytes
}

#[test]
fn mutated_files_are_arrays_or_errors() {
    let folder = Folder::new("fuzz");
    let seeds = seeds(&folder);
    let (total, mut arrays) = (8_000, 0);
    for number in 0..total {
        let mut stream = Stream::new(3, number, 0);
        let (ending, bytes, key) = &seeds[number as usize % seeds.len()];
        let bytes = mutated(bytes, &mut stream);
        let path = folder.file(&format!("f.{ending}"), &bytes);
        match read_array(&path, *key) {
            Ok(array) => {
                arrays += 1;
                let count: usize = array.shape.iter().product();
                assert_eq!(count, array.entries.len(), "{number}");
                assert!(
                    count > 0 && array.entries.len() <= 8 * bytes.len(),
                    "{number}"
                );
                assert!(array.entries.iter().all(|x| x.is_finite()), "{number}");
            }
            Err(error) => {
                let message = error.to_string();
                let printable = !message.chars().any(|c| c.is_control() && c != '\n');
                assert!(printable && message.len() < 2_000, "{number}: {message:?}");
                assert!(
                    message.contains("f.") && message.contains("help:"),
                    "{number}: {message}"
                );
            }
        }
    }
    // Mutation must leave some files whole and break some, or it tests nothing.
    assert!(
        arrays > total / 20 && arrays < total * 19 / 20,
        "{arrays} of {total}"
    );
}

/// Every beginning of a valid file that is cut off within is an error or a shorter table, never a panic; binary ones are errors.
#[test]
fn files_cut_off_at_every_byte() {
    let folder = Folder::new("cut");
    for (ending, bytes, key) in seeds(&folder) {
        for length in 0..bytes.len() {
            let path = folder.file(&format!("f.{ending}"), &bytes[..length]);
            let found = read_array(&path, key);
            assert!(
                ending == "csv" || found.is_err(),
                "{ending} cut at {length}"
            );
        }
    }
}
