//! NPY, one array as `numpy.save` writes it (format 1.0 to 3.0 of `numpy.lib.format`):
//! magic, version, length of the header, a Python dictionary `descr`, `fortran_order`, `shape`, then the numbers.

mod header;

use super::file::Loaded;
use super::{Array, shown};
use crate::error::{Error, ErrorKind, Result};
use header::{Header, Scanner};

pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

const REMEDY: &str = "write it again with numpy.save";

/// The array of an NPY file.
pub(super) fn array(file: &Loaded, key: Option<&str>) -> Result<Array> {
    if let Some(key) = key {
        return Err(Error::new(
            ErrorKind::File,
            format!(
                "`{}` is an NPY file, and has no names: {}",
                file.shown,
                shown(key)
            ),
        )
        .remedy("leave `key` out: it holds one array"));
    }
    let (text, at, data) = split(file)?;
    let Header {
        mut shape,
        fortran_order,
        number,
    } = Scanner::new(text).header().map_err(|(byte, what)| {
        Error::new(
            ErrorKind::File,
            format!(
                "the header of `{}` at byte {}: {what}",
                file.shown,
                at + byte
            ),
        )
        .remedy(REMEDY)
    })?;
    let count = shape
        .iter()
        .try_fold(1usize, |n, size| n.checked_mul(*size));
    if count == Some(0) || shape.contains(&0) {
        return Err(file.without_entries(&format!("the array of shape {shape:?} in")));
    }
    let size = number.kind.size() * number.width;
    if count.and_then(|n| n.checked_mul(size)) != Some(data.len()) {
        return Err(Error::new(
            ErrorKind::File,
            format!(
                "`{}` has {} bytes of numbers from byte {} on, and shape {shape:?} needs {}",
                file.shown,
                data.len(),
                file.bytes.len() - data.len(),
                count
                    .and_then(|n| n.checked_mul(size))
                    .map_or("more than there can be".to_owned(), |n| format!("{n}")),
            ),
        )
        .remedy("it is cut off, or was written by parts: write it again with one numpy.save"));
    }
    let mut entries = number.kind.decode(data, number.big_endian);
    if fortran_order {
        entries = row_major(&entries, &shape, number.width);
    }
    if number.width > 1 {
        shape.push(number.width);
    }
    match number.kind.bad(&entries) {
        Some(bad) => Err(file.entry("the array in", &bad)),
        None => Ok(Array { shape, entries }),
    }
}

/// The text of the header, the byte that it begins at, and the numbers.
fn split(file: &Loaded) -> Result<(&[u8], usize, &[u8])> {
    let wrong = |what: String| {
        let error = Error::new(
            ErrorKind::File,
            format!("`{}` is no NPY file: {what}", file.shown),
        );
        if file.bytes.starts_with(b"PK") {
            return error.remedy("it is an archive (.npz): save each array with numpy.save");
        }
        error.remedy(REMEDY)
    };
    let Some(rest) = file.bytes.strip_prefix(MAGIC) else {
        let found = file.bytes[..file.bytes.len().min(MAGIC.len())].escape_ascii();
        return Err(wrong(format!(
            "it begins with \"{found}\" and not with \"{}\"",
            MAGIC.escape_ascii()
        )));
    };
    let cut = || {
        wrong(format!(
            "it ends at byte {}, within the header",
            file.bytes.len()
        ))
    };
    let ([major, minor], rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (length, rest) = match (major, minor) {
        (1, 0) => {
            let (length, rest) = rest.split_first_chunk().ok_or_else(cut)?;
            (u64::from(u16::from_le_bytes(*length)), rest)
        }
        (2 | 3, 0) => {
            let (length, rest) = rest.split_first_chunk().ok_or_else(cut)?;
            (u64::from(u32::from_le_bytes(*length)), rest)
        }
        _ => {
            return Err(wrong(format!(
                "version {major}.{minor} at byte 6 is none of 1.0, 2.0, 3.0"
            )));
        }
    };
    let at = file.bytes.len() - rest.len();
    let found = usize::try_from(length)
        .ok()
        .and_then(|n| rest.split_at_checked(n));
    let Some((text, data)) = found else {
        return Err(wrong(format!(
            "its header has {length} bytes by the length before byte {at}, and {} are left",
            rest.len()
        )));
    };
    Ok((text, at, data))
}

/// Entries of `width` numbers each, from column-major order.
fn row_major(entries: &[f64], shape: &[usize], width: usize) -> Vec<f64> {
    let mut found = Vec::with_capacity(entries.len());
    let strides: Vec<usize> = shape
        .iter()
        .scan(1, |stride, size| {
            let this = *stride;
            *stride *= size;
            Some(this)
        })
        .collect();
    let mut index = vec![0; shape.len()];
    for _ in 0..entries.len() / width {
        let at: usize = index.iter().zip(&strides).map(|(i, s)| i * s).sum();
        found.extend(&entries[at * width..(at + 1) * width]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    found
}
