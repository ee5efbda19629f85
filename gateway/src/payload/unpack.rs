//! Unpacks a compressed request, piece by piece, so that whoever holds the budget of memory may
//! refuse what grows too large.

use std::io::{self, Read as _};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::header::{CONTENT_ENCODING, HeaderMap};

/// The content coding of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Not compressed.
    Identity,
    Gzip,
    Deflate,
    /// A coding that API Gateway does not know, or several on top of each other.
    Unknown,
}

impl Packing {
    /// The coding that the headers of a request name.
    pub(crate) fn of(headers: &HeaderMap) -> Packing {
        let named: Vec<_> = headers
            .get_all(CONTENT_ENCODING)
            .iter()
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .map(|name| name.trim_ascii().to_ascii_lowercase())
            .filter(|name| !name.is_empty() && name != b"identity")
            .collect();
        match named.iter().map(Vec::as_slice).collect::<Vec<_>>()[..] {
            [] => Packing::Identity,
            [b"gzip"] => Packing::Gzip,
            [b"deflate"] => Packing::Deflate,
            _ => Packing::Unknown,
        }
    }
}

/// A compressed body that is being unpacked.
pub(crate) struct Unpacker<'b>(Decoder<'b>);

enum Decoder<'b> {
    Gzip(MultiGzDecoder<&'b [u8]>),
    /// As RFC 9110 has it.
    Zlib(ZlibDecoder<&'b [u8]>),
    /// Without zlib's header, as some clients send it.
    Deflate(DeflateDecoder<&'b [u8]>),
}

impl<'b> Unpacker<'b> {
    /// Unpacks `body`; [`None`] when the coding is none that can be unpacked.
    pub(crate) fn new(packing: Packing, body: &'b [u8]) -> Option<Unpacker<'b>> {
        Some(Unpacker(match packing {
            Packing::Gzip => Decoder::Gzip(MultiGzDecoder::new(body)),
            Packing::Deflate if has_zlib_header(body) => Decoder::Zlib(ZlibDecoder::new(body)),
            Packing::Deflate => Decoder::Deflate(DeflateDecoder::new(body)),
            Packing::Identity | Packing::Unknown => return None,
        }))
    }

    /// The next piece into `buffer`, and its length; 0 at the end.
    ///
    /// # Errors
    /// The body is corrupt, cut off, or something follows it.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (length, rest) = match &mut self.0 {
            // It takes what follows for another member.
            Decoder::Gzip(decoder) => (decoder.read(buffer)?, &[][..]),
            Decoder::Zlib(decoder) => (decoder.read(buffer)?, *decoder.get_ref()),
            Decoder::Deflate(decoder) => (decoder.read(buffer)?, *decoder.get_ref()),
        };
        if length == 0 && !rest.is_empty() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(length)
    }
}

/// Whether a body begins like zlib: its method is deflate, and the check bits are right.
fn has_zlib_header(body: &[u8]) -> bool {
    matches!(body, [first, second, ..]
        if first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn unpacked(packing: Packing, body: &[u8]) -> Option<Vec<u8>> {
        let (mut unpacker, mut all) = (Unpacker::new(packing, body)?, Vec::new());
        let mut buffer = [0; 7];
        loop {
            match unpacker.read(&mut buffer).ok()? {
                0 => return Some(all),
                length => all.extend_from_slice(&buffer[..length]),
            }
        }
    }

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    const TEXT: &[u8] = b"what was packed, was packed, was packed";

    #[test]
    fn every_coding_is_unpacked() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(TEXT).unwrap();
        raw.write_all(TEXT).unwrap();
        let twice = [gzip(TEXT), gzip(TEXT)].concat();
        for (packing, body, expected) in [
            (Packing::Gzip, gzip(TEXT), TEXT.to_vec()),
            (Packing::Gzip, twice, TEXT.repeat(2)),
            (Packing::Deflate, zlib.finish().unwrap(), TEXT.to_vec()),
            (Packing::Deflate, raw.finish().unwrap(), TEXT.to_vec()),
        ] {
            assert_eq!(unpacked(packing, &body), Some(expected), "{packing:?}");
        }
    }

    #[test]
    fn what_is_corrupt_is_found() {
        let whole = gzip(TEXT);
        let mut wrong = whole.clone();
        let sum = wrong.len() - 6;
        wrong[sum] ^= 1;
        let longer = [&whole[..], b"and more"].concat();
        for body in [b"not gzip", &whole[..whole.len() - 3], &wrong, &longer] {
            assert_eq!(unpacked(Packing::Gzip, body), None);
        }
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(TEXT).unwrap();
        let zlib = zlib.finish().unwrap();
        let longer = [&zlib[..], b"x"].concat();
        for body in [b"{\"a\": 1}", &zlib[..zlib.len() - 1], &longer] {
            assert_eq!(unpacked(Packing::Deflate, body), None);
        }
    }

    #[test]
    fn codings_are_read_from_the_headers() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_ENCODING, value.parse().unwrap());
            }
            Packing::of(&headers)
        };
        assert_eq!(of(&[]), Packing::Identity);
        assert_eq!(of(&["identity"]), Packing::Identity);
        assert_eq!(of(&["GZIP"]), Packing::Gzip);
        assert_eq!(of(&["identity, deflate"]), Packing::Deflate);
        for unknown in [&["br"][..], &["gzip, gzip"], &["gzip", "deflate"], &["x"]] {
            assert_eq!(of(unknown), Packing::Unknown, "{unknown:?}");
        }
    }
}
