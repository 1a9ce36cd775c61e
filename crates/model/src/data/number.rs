//! Numbers in bytes, of the types that arrays are saved in, as f64.

/// A type of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    F64,
    F32,
    F16,
    BF16,
    I64,
    I32,
    I16,
    I8,
    U64,
    U32,
    U16,
    U8,
    Bool,
}

/// An entry that is no number of ours: the first one of its array.
pub(super) struct Bad {
    /// Its number, row-major.
    pub at: usize,
    pub value: String,
    pub rule: &'static str,
}

pub(super) const FINITE: &str = "entries are finite numbers";
const EXACT: &str = "integers are exact up to 2^53; save larger ones as F64 if rounding is meant";

impl Type {
    /// Bytes of one number.
    pub fn size(self) -> usize {
        match self {
            Type::F64 | Type::I64 | Type::U64 => 8,
            Type::F32 | Type::I32 | Type::U32 => 4,
            Type::F16 | Type::BF16 | Type::I16 | Type::U16 => 2,
            Type::I8 | Type::U8 | Type::Bool => 1,
        }
    }

    /// All numbers in `bytes`, in their order; a rest shorter than one number is left out.
    pub fn decode(self, bytes: &[u8], big_endian: bool) -> Vec<f64> {
        fn each<const N: usize>(
            bytes: &[u8],
            big_endian: bool,
            number: impl Fn([u8; N]) -> f64,
        ) -> Vec<f64> {
            let native = |mut b: [u8; N]| {
                if big_endian {
                    b.reverse();
                }
                number(b)
            };
            bytes
                .as_chunks::<N>()
                .0
                .iter()
                .map(|b| native(*b))
                .collect()
        }
        match self {
            Type::F64 => each(bytes, big_endian, f64::from_le_bytes),
            Type::F32 => each(bytes, big_endian, |b| f32::from_le_bytes(b).into()),
            Type::F16 => each(bytes, big_endian, |b| half(u16::from_le_bytes(b))),
            Type::BF16 => each(bytes, big_endian, |b: [u8; 2]| {
                f32::from_le_bytes([0, 0, b[0], b[1]]).into()
            }),
            Type::I64 => each(bytes, big_endian, |b| i64::from_le_bytes(b) as f64),
            Type::I32 => each(bytes, big_endian, |b| i32::from_le_bytes(b).into()),
            Type::I16 => each(bytes, big_endian, |b| i16::from_le_bytes(b).into()),
            Type::I8 => each(bytes, big_endian, |b| i8::from_le_bytes(b).into()),
            Type::U64 => each(bytes, big_endian, |b| u64::from_le_bytes(b) as f64),
            Type::U32 => each(bytes, big_endian, |b| u32::from_le_bytes(b).into()),
            Type::U16 => each(bytes, big_endian, |b| u16::from_le_bytes(b).into()),
            Type::U8 => each(bytes, big_endian, |b: [u8; 1]| b[0].into()),
            Type::Bool => each(bytes, big_endian, |b: [u8; 1]| f64::from(b[0] != 0)),
        }
    }

    /// The first of `values`, decoded from this type, that is not finite or was rounded.
    pub fn bad(self, values: &[f64]) -> Option<Bad> {
        let largest = match self {
            // 2^53 itself is where 2^53 + 1 is rounded to.
            Type::I64 | Type::U64 => 2f64.powi(53) - 1.0,
            _ => f64::MAX,
        };
        let at = values
            .iter()
            .position(|x| x.is_nan() || x.abs() > largest)?;
        let value = values[at];
        Some(Bad {
            at,
            value: value.to_string(),
            rule: if value.is_finite() { EXACT } else { FINITE },
        })
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    match exponent {
        0 => sign * fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        _ => sign * (1024.0 + fraction) * 2f64.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_those_of_the_standard() {
        let cases = [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 2f64.powi(-24)),
            (0x0400, 2f64.powi(-14)),
            (0x3555, 0.333251953125),
            (0xfc00, f64::NEG_INFINITY),
        ];
        for (bits, value) in cases {
            assert_eq!(half(bits), value, "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn an_integer_that_f64_rounds_is_named() {
        let exact = (1i64 << 53) - 1;
        let bytes: Vec<u8> = [1, exact, -exact, exact + 2]
            .iter()
            .flat_map(|x: &i64| x.to_le_bytes())
            .collect();
        let values = Type::I64.decode(&bytes, false);
        assert_eq!(Type::I64.bad(&values).expect("a bad entry").at, 3);
        assert!(Type::I64.bad(&values[..3]).is_none());
        assert!(Type::F64.bad(&values).is_none());
    }
}
