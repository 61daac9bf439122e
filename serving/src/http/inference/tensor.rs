//! The values of an input tensor, out of JSON or raw bytes.

use jiter::{Jiter, Peek};

use super::super::numbers::{Fault, number, shortened};

/// The types that are taken, all little endian where they are raw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Datatype {
    Fp32,
    Fp64,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
}

impl Datatype {
    pub(super) fn of(name: &str) -> Result<Self, Fault> {
        Ok(match name {
            "FP32" => Self::Fp32,
            "FP64" => Self::Fp64,
            "INT8" => Self::Int8,
            "INT16" => Self::Int16,
            "INT32" => Self::Int32,
            "INT64" => Self::Int64,
            "UINT8" => Self::Uint8,
            "UINT16" => Self::Uint16,
            "UINT32" => Self::Uint32,
            "UINT64" => Self::Uint64,
            other => {
                let reason = format!("the datatype `{}` is not taken: send FP32 or FP64", shortened(other));
                return Err(Fault::unfit(reason));
            }
        })
    }

    fn bytes(self) -> usize {
        match self {
            Self::Int8 | Self::Uint8 => 1,
            Self::Int16 | Self::Uint16 => 2,
            Self::Fp32 | Self::Int32 | Self::Uint32 => 4,
            Self::Fp64 | Self::Int64 | Self::Uint64 => 8,
        }
    }

    /// The values of raw bytes.
    ///
    /// # Errors
    /// [`Fault::Unfit`] where the bytes are no whole number of values.
    pub(super) fn raw(self, bytes: &[u8]) -> Result<Vec<f32>, Fault> {
        if !bytes.len().is_multiple_of(self.bytes()) {
            let reason =
                format!("{} bytes are no whole number of values of {} bytes", bytes.len(), self.bytes());
            return Err(Fault::unfit(reason));
        }
        Ok(match self {
            Self::Fp32 => values(bytes, f32::from_le_bytes),
            Self::Fp64 => values(bytes, |value| f64::from_le_bytes(value) as f32),
            Self::Int8 => values(bytes, |value| f32::from(i8::from_le_bytes(value))),
            Self::Int16 => values(bytes, |value| f32::from(i16::from_le_bytes(value))),
            Self::Int32 => values(bytes, |value| i32::from_le_bytes(value) as f32),
            Self::Int64 => values(bytes, |value| i64::from_le_bytes(value) as f32),
            Self::Uint8 => values(bytes, |value| f32::from(u8::from_le_bytes(value))),
            Self::Uint16 => values(bytes, |value| f32::from(u16::from_le_bytes(value))),
            Self::Uint32 => values(bytes, |value| u32::from_le_bytes(value) as f32),
            Self::Uint64 => values(bytes, |value| u64::from_le_bytes(value) as f32),
        })
    }
}

fn values<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks::<N>().0.iter().map(|raw| value(*raw)).collect()
}

/// The values of a JSON list, flat or nested, in row-major order; `most` of them at most.
pub(super) fn listed(jiter: &mut Jiter<'_>, most: usize) -> Result<Vec<f32>, Fault> {
    const DEEPEST: usize = 4;
    let mut values = Vec::new();
    let (mut depth, mut next) = (0, Some(jiter.peek()?));
    if next != Some(Peek::Array) {
        return Err(Fault::unreadable("`data` is a list of numbers"));
    }
    loop {
        match next {
            Some(Peek::Array) if depth == DEEPEST => {
                return Err(Fault::unreadable("`data` is nested too deep: send it flat, or a list a row"));
            }
            Some(Peek::Array) => {
                depth += 1;
                next = jiter.known_array()?;
                continue;
            }
            Some(_) if values.len() == most => return Err(Fault::TooManyRows),
            Some(peek) => values.push(number(jiter, peek)?),
            None => depth -= 1,
        }
        if depth == 0 {
            return Ok(values);
        }
        next = jiter.array_step()?;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::numbers::reader;
    use super::*;

    fn list(text: &str) -> Result<Vec<f32>, Fault> {
        listed(&mut reader(text.as_bytes())?, 6)
    }

    #[test]
    fn lists_are_flat_or_nested() {
        assert_eq!(list("[1, 2.5, -3]"), Ok(vec![1.0, 2.5, -3.0]));
        assert_eq!(list("[[1, 2], [3, 4]]"), Ok(vec![1.0, 2.0, 3.0, 4.0]));
        assert_eq!(list("[[], [[]]]"), Ok(vec![]));
        assert_eq!(list("[1, 2, 3, 4, 5, 6, 7]"), Err(Fault::TooManyRows));
        for text in ["1", "{}", "[1, {}]", "[[[[[1]]]]]", "[1", "[1,]", "[[1}"] {
            assert!(matches!(list(text), Err(Fault::Unreadable(_))), "{text}");
        }
    }

    #[test]
    fn raw_values_are_little_endian() {
        let one = [0, 0, 128, 63];
        assert_eq!(Datatype::Fp32.raw(&one), Ok(vec![1.0]));
        assert_eq!(Datatype::Fp64.raw(&1.5_f64.to_le_bytes()), Ok(vec![1.5]));
        assert_eq!(Datatype::Int16.raw(&[1, 0, 255, 255]), Ok(vec![1.0, -1.0]));
        assert_eq!(Datatype::Uint64.raw(&7_u64.to_le_bytes()), Ok(vec![7.0]));
        assert!(Datatype::Fp32.raw(&one[..3]).is_err());
        assert!(Datatype::of("BYTES").is_err());
    }
}
