//! HTTP content encodings: gzip, deflate, zstd and lz4 (frame format), both ways.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use lz4_flex::frame::{FrameDecoder, FrameEncoder};

/// A content encoding that the front can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Zstd,
    Lz4,
    Gzip,
    Deflate,
}

impl Encoding {
    /// The encoding to answer with: the cheapest of those that `Accept-Encoding` lists.
    pub(crate) fn choose(accept: &str) -> Option<Self> {
        let accepted = |name: &str| {
            accept.split(',').any(|item| {
                let mut parts = item.split(';').map(str::trim);
                let named = parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case(name));
                named && !parts.any(|q| matches!(q, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
            })
        };
        [Self::Zstd, Self::Lz4, Self::Gzip, Self::Deflate].into_iter().find(|e| accepted(e.name()))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }
}

/// Compresses a response chunk by chunk.
pub(crate) enum Encoder {
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
    Lz4(Box<FrameEncoder<Vec<u8>>>),
    Gzip(GzEncoder<Vec<u8>>),
    Deflate(ZlibEncoder<Vec<u8>>),
}

impl Encoder {
    /// # Errors
    /// When zstd cannot allocate its context.
    pub(crate) fn new(encoding: Encoding, level: u32) -> io::Result<Self> {
        let level = Compression::new(level.min(9));
        Ok(match encoding {
            Encoding::Zstd => Self::Zstd(zstd::stream::write::Encoder::new(Vec::new(), 1)?),
            Encoding::Lz4 => Self::Lz4(Box::new(FrameEncoder::new(Vec::new()))),
            Encoding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), level)),
            Encoding::Deflate => Self::Deflate(ZlibEncoder::new(Vec::new(), level)),
        })
    }

    /// Takes a chunk and gives what can be sent for it, so that a slow result is not held back.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> io::Result<Vec<u8>> {
        let writer: &mut dyn Write = match self {
            Self::Zstd(e) => e,
            Self::Lz4(e) => e,
            Self::Gzip(e) => e,
            Self::Deflate(e) => e,
        };
        writer.write_all(chunk)?;
        writer.flush()?;
        Ok(std::mem::take(match self {
            Self::Zstd(e) => e.get_mut(),
            Self::Lz4(e) => e.get_mut(),
            Self::Gzip(e) => e.get_mut(),
            Self::Deflate(e) => e.get_mut(),
        }))
    }

    /// The end of the encoded stream.
    pub(crate) fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Zstd(e) => e.finish(),
            Self::Lz4(e) => e.finish().map_err(io::Error::other),
            Self::Gzip(e) => e.finish(),
            Self::Deflate(e) => e.finish(),
        }
    }
}

/// Undoes a `Content-Encoding`; `None` when it is not known.
pub(crate) fn decoder(
    encoding: &str,
    input: Box<dyn Read + Send>,
) -> io::Result<Option<Box<dyn Read + Send>>> {
    Ok(Some(match encoding.trim().to_ascii_lowercase().as_str() {
        "" | "identity" => input,
        "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(input)),
        "deflate" => Box::new(ZlibDecoder::new(input)),
        "zstd" => Box::new(zstd::stream::read::Decoder::new(input)?),
        "lz4" => Box::new(Frames(FrameDecoder::new(input))),
        _ => return Ok(None),
    }))
}

/// LZ4 frames one after another: the decoder reports the end of each as an end of data.
struct Frames(FrameDecoder<Box<dyn Read + Send>>);

impl Read for Frames {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.0.read(out)? {
            0 => self.0.read(out),
            n => Ok(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roundtrip_in_chunks() {
        for encoding in [Encoding::Zstd, Encoding::Lz4, Encoding::Gzip, Encoding::Deflate] {
            let mut encoder = Encoder::new(encoding, 3).unwrap();
            let mut wire = encoder.push(b"first ").unwrap();
            assert!(!wire.is_empty(), "{encoding:?} holds data back");
            wire.extend(encoder.push(&vec![7; 300_000]).unwrap());
            wire.extend(encoder.finish().unwrap());
            let mut raw = Vec::new();
            let input = Box::new(io::Cursor::new(wire));
            decoder(encoding.name(), input).unwrap().unwrap().read_to_end(&mut raw).unwrap();
            assert_eq!(raw, [b"first ".to_vec(), vec![7; 300_000]].concat(), "{encoding:?}");
        }
    }

    #[test]
    fn chooses_what_the_client_takes() {
        assert_eq!(Encoding::choose("gzip, deflate;q=0.5, lz4"), Some(Encoding::Lz4));
        assert_eq!(Encoding::choose("br, zstd;q=0"), None);
        assert_eq!(Encoding::choose(""), None);
    }
}
