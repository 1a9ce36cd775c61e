//! An array or a table without names of tensors, read as the arrays that a model has: by the names of its columns where these match,
//! by the declared order otherwise.

use super::csv;
use super::file::{Format, Loaded};
use super::listed;
use super::npy;
use crate::error::{Error, ErrorKind, Result};

/// An array that is wanted: its name and shape.
pub(super) type Wanted = (String, Vec<usize>);

/// One array for several names.
pub(super) struct Rows<'a> {
    file: &'a Loaded,
    pub shape: Vec<usize>,
    entries: Vec<f64>,
    /// Of the columns.
    names: Option<Vec<String>>,
}

fn len(wanted: &Wanted) -> usize {
    wanted.1.iter().product()
}

impl<'a> Rows<'a> {
    /// `None` of a file whose arrays have names.
    pub fn of(file: &'a Loaded, format: Format) -> Result<Option<Rows<'a>>> {
        Ok(match format {
            Format::Safetensors => None,
            Format::Npy => {
                let array = npy::array(file, None)?;
                Some(Rows {
                    file,
                    shape: array.shape,
                    entries: array.entries,
                    names: None,
                })
            }
            Format::Csv(delimiter) => {
                let table = csv::table(file, None, delimiter)?;
                Some(Rows {
                    file,
                    shape: vec![table.rows, table.width],
                    entries: table.entries,
                    names: table.names,
                })
            }
        })
    }

    fn refuse(&self, what: String, remedy: String) -> Error {
        Error::new(ErrorKind::Shape, format!("`{}` {what}", self.file.shown)).remedy(remedy)
    }

    fn described(&self) -> String {
        match (self.shape.as_slice(), &self.names) {
            ([rows, columns], Some(_)) => {
                format!("has {rows} rows x {columns} columns below a row of names")
            }
            (shape, _) => format!("has shape {shape:?}"),
        }
    }

    /// All wanted arrays, one after the other: the only one as it is, or all entries in declared order, or columns by name.
    pub fn whole(&self, wanted: &[Wanted]) -> Result<Vec<f64>> {
        let all: usize = wanted.iter().map(len).sum();
        // An entry to a column, or the entries of an array below its name.
        if let Some(names) = &self.names {
            let at = |w: &Wanted| names.iter().position(|n| *n == w.0);
            let below: Option<Vec<usize>> = wanted.iter().map(at).collect();
            let rows = self.shape[0];
            if let Some(columns) = below.filter(|_| wanted.iter().all(|w| len(w) == rows)) {
                let column = |c: usize| self.column(c);
                return Ok(columns.into_iter().flat_map(column).collect());
            }
            if rows == 1 {
                return Ok(self.by_sample(wanted)?.concat());
            }
        }
        let flat = self.shape.iter().filter(|n| **n != 1).count() <= 1;
        let same = matches!(wanted, [one] if one.1 == self.shape);
        if self.entries.len() == all && (same || flat || wanted.len() == 1 && self.shape.len() == 2)
        {
            return Ok(self.entries.clone());
        }
        let each: Vec<String> = wanted.iter().map(|(n, s)| format!("{n} {s:?}")).collect();
        Err(self.refuse(
            format!("{}, and the model has {}", self.described(), each.join(", ")),
            format!(
                "give all {all} entries in this order as a vector, or a safetensors file with one tensor for each"
            ),
        ))
    }

    /// The wanted arrays of each sample, a sample to a row: for each array, its entries of all rows.
    pub fn by_sample(&self, wanted: &[Wanted]) -> Result<Vec<Vec<f64>>> {
        let all: usize = wanted.iter().map(len).sum();
        if let [one] = wanted
            && self.names.is_none()
        {
            if self.shape.get(1..) == Some(&one.1[..]) {
                return Ok(vec![self.entries.clone()]);
            }
            if self.shape == one.1 {
                return Err(self.refuse(
                    format!(
                        "has shape {:?}, that of one sample of `{}`, without an axis of samples",
                        self.shape, one.0
                    ),
                    "put an axis before it: array[None] in NumPy, reshape(1, …)".into(),
                ));
            }
        }
        let rows = self.shape.first().copied().unwrap_or(1);
        let width = self.entries.len() / rows.max(1);
        let columns = match &self.names {
            Some(names) => self.by_name(names, wanted)?,
            None => None,
        };
        let columns = match columns {
            Some(columns) => columns,
            None if width == all && self.shape.len() <= 2 => {
                let mut next = 0..all;
                let own = |w: &Wanted| next.by_ref().take(len(w)).collect();
                wanted.iter().map(own).collect()
            }
            None => {
                let names: Vec<&str> = wanted.iter().map(|w| w.0.as_str()).collect();
                return Err(self.refuse(
                    format!(
                        "{}, and a sample has {all} entries: {}",
                        self.described(),
                        listed(&names)
                    ),
                    "a sample is a row with the entries of all of them, in declared order or below their names".into(),
                ));
            }
        };
        let gathered = |columns: Vec<usize>| {
            let row = |r: usize| columns.iter().map(move |c| r * width + c);
            (0..rows).flat_map(row).map(|at| self.entries[at]).collect()
        };
        Ok(columns.into_iter().map(gathered).collect())
    }

    fn column(&self, column: usize) -> impl Iterator<Item = f64> {
        let width = self.shape.last().copied().unwrap_or(1);
        self.entries.iter().skip(column).step_by(width).copied()
    }

    /// The columns of each array by name; `None` if no name is one of the model's.
    fn by_name(&self, names: &[String], wanted: &[Wanted]) -> Result<Option<Vec<Vec<usize>>>> {
        let mut columns = Vec::new();
        let mut missing = Vec::new();
        for one in wanted {
            let mut own = Vec::new();
            for entry in 0..len(one) {
                let spelt = spellings(one, entry);
                match names.iter().position(|n| spelt.contains(n)) {
                    Some(at) => own.push(at),
                    None => missing.push(spelt[0].clone()),
                }
            }
            columns.push(own);
        }
        if columns.iter().all(Vec::is_empty) {
            return Ok(None);
        }
        if let Some(first) = missing.first() {
            return Err(self.refuse(
                format!("has no column `{first}`"),
                format!(
                    "{} of the columns are names of the model: give all, or none and the declared order",
                    columns.iter().map(Vec::len).sum::<usize>()
                ),
            ));
        }
        let used: Vec<usize> = columns.concat();
        match (0..names.len()).find(|at| !used.contains(at)) {
            None => Ok(Some(columns)),
            Some(at) => Err(self.refuse(
                format!(
                    "has a column {}, which the model does not have",
                    super::shown(&names[at])
                ),
                "leave it out of the table".into(),
            )),
        }
    }
}

/// How a column may be called that holds an entry: `x` of a number, else `x[1]`, `x_1`, `x1`, with an index for each axis.
fn spellings((name, shape): &Wanted, entry: usize) -> Vec<String> {
    if shape.iter().product::<usize>() == 1 {
        return vec![name.clone()];
    }
    let mut rest = entry;
    let mut index: Vec<String> = Vec::new();
    for size in shape.iter().rev() {
        index.insert(0, (rest % size).to_string());
        rest /= size;
    }
    let mut all = vec![
        format!("{name}[{}]", index.join(",")),
        format!("{name}_{}", index.join("_")),
    ];
    if shape.len() == 1 {
        all.push(format!("{name}{entry}"));
    }
    all
}
