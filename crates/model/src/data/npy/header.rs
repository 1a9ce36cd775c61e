//! The header of an NPY file: a Python dictionary of three keys.

use crate::data::number::Type;

/// What the header says.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    pub shape: Vec<usize>,
    pub fortran_order: bool,
    pub number: Number,
}

/// The type of an entry, from a `descr` such as `<f8`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub kind: Type,
    pub big_endian: bool,
    /// Numbers of an entry: 2 if complex.
    pub width: usize,
}

impl Number {
    fn read(descr: &str) -> Option<Number> {
        let (order, name) = match descr.split_at_checked(1) {
            Some((order @ ("<" | ">" | "|" | "="), name)) => (order, name),
            _ => ("|", descr),
        };
        let (kind, width) = match name {
            "f8" => (Type::F64, 1),
            "f4" => (Type::F32, 1),
            "f2" => (Type::F16, 1),
            "c16" => (Type::F64, 2),
            "c8" => (Type::F32, 2),
            "i8" => (Type::I64, 1),
            "i4" => (Type::I32, 1),
            "i2" => (Type::I16, 1),
            "i1" => (Type::I8, 1),
            "u8" => (Type::U64, 1),
            "u4" => (Type::U32, 1),
            "u2" => (Type::U16, 1),
            "u1" => (Type::U8, 1),
            "b1" | "?" => (Type::Bool, 1),
            _ => return None,
        };
        // `|` says that there is no order of bytes, which only single bytes have.
        if order == "|" && kind.size() > 1 {
            return None;
        }
        let big_endian = order == ">" || order == "=" && cfg!(target_endian = "big");
        Some(Number {
            kind,
            big_endian,
            width,
        })
    }
}

/// A mistake: its byte within the header, and what it is.
type Wrong = (usize, String);

/// Reads the subset of Python that headers are written in.
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a [u8]) -> Scanner<'a> {
        Scanner { text, at: 0 }
    }

    pub fn header(mut self) -> Result<Header, Wrong> {
        let (mut shape, mut fortran_order, mut number) = (None, None, None);
        self.expect(b'{')?;
        while !self.next_is(b'}') {
            let start = self.at;
            let key = self.string()?;
            self.expect(b':')?;
            let again = match key {
                "descr" => number.replace(self.number()?).is_some(),
                "fortran_order" => fortran_order.replace(self.boolean()?).is_some(),
                "shape" => shape.replace(self.tuple()?).is_some(),
                _ => {
                    let what = "a key that is none of `descr`, `fortran_order`, `shape`";
                    return Err((start, what.into()));
                }
            };
            if again {
                return Err((start, format!("`{key}` a second time")));
            }
            if !self.next_is(b',') {
                self.expect(b'}')?;
                break;
            }
        }
        self.spaces();
        if self.at < self.text.len() {
            return Err((self.at, "text after the dictionary".into()));
        }
        let missing = |key: &str| (self.at, format!("`{key}` is missing"));
        Ok(Header {
            shape: shape.ok_or_else(|| missing("shape"))?,
            fortran_order: fortran_order.ok_or_else(|| missing("fortran_order"))?,
            number: number.ok_or_else(|| missing("descr"))?,
        })
    }

    fn spaces(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn next_is(&mut self, byte: u8) -> bool {
        self.spaces();
        let found = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), Wrong> {
        if self.next_is(byte) {
            return Ok(());
        }
        let found = match self.text.get(self.at) {
            Some(byte) => format!("`{}`", [*byte].escape_ascii()),
            None => "the end".into(),
        };
        Err((
            self.at,
            format!("{found}, where `{}` is due", char::from(byte)),
        ))
    }

    /// A string without escapes, in either quote.
    fn string(&mut self) -> Result<&'a str, Wrong> {
        let quote = match self.next_is(b'"') {
            true => b'"',
            false => self.expect(b'\'').map(|()| b'\'')?,
        };
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest
            .iter()
            .position(|b| *b == quote)
            .ok_or((start, "a string without an end".to_owned()))?;
        self.at = start + length + 1;
        std::str::from_utf8(&rest[..length])
            .map_err(|_| (start, "a string that is not UTF-8".into()))
    }

    fn number(&mut self) -> Result<Number, Wrong> {
        self.spaces();
        let start = self.at;
        if self.text.get(start) == Some(&b'[') {
            return Err((
                start,
                "`descr` is a record of several fields; save each as an array".into(),
            ));
        }
        let descr = self.string()?;
        Number::read(descr).ok_or_else(|| {
            let cut: String = descr.chars().take(20).collect();
            let types = "f2 f4 f8 c8 c16 i1 i2 i4 i8 u1 u2 u4 u8 b1";
            (
                start,
                format!(
                    "`descr` is '{}', none of {types} after `<` or `>`",
                    cut.escape_debug()
                ),
            )
        })
    }

    fn boolean(&mut self) -> Result<bool, Wrong> {
        self.spaces();
        let rest = &self.text[self.at..];
        let (value, length) = if rest.starts_with(b"True") {
            (true, 4)
        } else if rest.starts_with(b"False") {
            (false, 5)
        } else {
            return Err((self.at, "`fortran_order` is neither True nor False".into()));
        };
        self.at += length;
        Ok(value)
    }

    /// `()`, `(3,)`, `(3, 4)`; Python 2 wrote `3L`.
    fn tuple(&mut self) -> Result<Vec<usize>, Wrong> {
        let mut sizes = Vec::new();
        self.expect(b'(')?;
        while !self.next_is(b')') {
            sizes.push(self.integer()?);
            if sizes.len() > 64 {
                return Err((self.at, "more than 64 axes".into()));
            }
            let _long = self.text.get(self.at) == Some(&b'L') && self.next_is(b'L');
            if !self.next_is(b',') {
                self.expect(b')')?;
                if sizes.len() == 1 {
                    return Err((
                        self.at,
                        "a number in brackets: a shape of one axis is `(n,)`".into(),
                    ));
                }
                break;
            }
        }
        Ok(sizes)
    }

    fn integer(&mut self) -> Result<usize, Wrong> {
        self.spaces();
        let rest = &self.text[self.at..];
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let start = self.at;
        self.at += digits;
        std::str::from_utf8(&rest[..digits])
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or((
                start,
                format!("a size that is no integer from 0 to {}", usize::MAX),
            ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Result<Header, Wrong> {
        Scanner::new(text.as_bytes()).header()
    }

    #[test]
    fn headers_in_any_order_and_spacing() {
        let found = header("{\"shape\":(3L,4L,),'descr' : '>i2', 'fortran_order':True}  \n")
            .expect("a header");
        assert_eq!(found.shape, [3, 4]);
        assert!(found.fortran_order && found.number.big_endian);
        assert_eq!(found.number.kind, Type::I16);
        let scalar =
            header("{'descr': '|b1', 'fortran_order': False, 'shape': (), }").expect("a header");
        assert!(scalar.shape.is_empty());
    }

    #[test]
    fn mistakes_have_a_place() {
        let cases = [
            ("", 0, "where `{` is due"),
            (
                "{'descr': '<f8', 'fortran_order': False}",
                40,
                "`shape` is missing",
            ),
            ("{'shape': (2,), 'shape': (2,)}", 16, "second time"),
            ("{'shape': (2)}", 13, "(n,)"),
            ("{'shape': (-2,)}", 11, "no integer"),
            ("{'shape': (99999999999999999999,)}", 11, "no integer"),
            ("{'descr': '<f16'}", 10, "none of"),
            ("{'descr': '|f8'}", 10, "none of"),
            ("{'descr': [('a', '<f8')]}", 10, "several fields"),
            ("{'descr': '<f8", 11, "without an end"),
            ("{'fortran_order': 1}", 18, "neither"),
            ("{'x': 1}", 1, "none of `descr`"),
            ("{'shape': (1 2)}", 13, "where `)` is due"),
        ];
        for (text, byte, what) in cases {
            let (at, found) = header(text).expect_err(text);
            assert!(at == byte && found.contains(what), "{text}: {at} {found}");
        }
    }
}
