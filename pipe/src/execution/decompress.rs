//! Decompresses the body of a reply, so that the log can show it. Pure.
//!
//! API destinations announce `Accept-Encoding: gzip,deflate`. Secrets
//! cannot be found in a compressed body, so one that cannot be decompressed is not shown at all.

use std::io::Read;

use bytes::Bytes;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::{HeaderMap, header};

/// Far more than a record shows. A small body may decompress to gigabytes.
const LONGEST: u64 = 1024 * 1024;

/// The body as text; `None` when it is not encoded, and shown as it is.
pub(crate) fn decompress(headers: &HeaderMap, body: &[u8]) -> Option<Bytes> {
    let all = headers
        .get_all(header::CONTENT_ENCODING)
        .into_iter()
        .map(|value| value.as_bytes().to_ascii_lowercase());
    let encoding = all.collect::<Vec<_>>().join(&b", "[..]);
    let decompressed = match encoding.as_slice() {
        b"" | b"identity" => return None,
        b"gzip" | b"x-gzip" => read(MultiGzDecoder::new(body)),
        // With the header of zlib, as the standard has it, or without, as some send it.
        b"deflate" => read(ZlibDecoder::new(body)).or_else(|| read(DeflateDecoder::new(body))),
        _ => None,
    };
    let name = String::from_utf8_lossy(&encoding);
    let hidden = || {
        format!(
            "({}, which cannot be decompressed; Content-Encoding: {name})",
            kit::counted::counted(body.len(), "byte")
        )
        .into_bytes()
    };
    Some(decompressed.unwrap_or_else(hidden).into())
}

/// What can be read; `None` when nothing can.
fn read(decoder: impl Read) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let read = decoder.take(LONGEST).read_to_end(&mut text);
    (read.is_ok() || !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use std::io::Write as _;

    fn decompressed(encoding: &'static str, body: &[u8]) -> Option<String> {
        let headers = [(header::CONTENT_ENCODING, encoding.parse().unwrap())]
            .into_iter()
            .collect();
        decompress(&headers, body).map(|text| String::from_utf8_lossy(&text).into_owned())
    }

    fn gzip(body: &[u8], level: u32) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_was_compressed_is_shown_as_it_was() {
        let text = "echo of a key".repeat(20);
        let (mut zlib, mut raw) = (
            ZlibEncoder::new(Vec::new(), Compression::best()),
            DeflateEncoder::new(Vec::new(), Compression::fast()),
        );
        zlib.write_all(text.as_bytes()).unwrap();
        raw.write_all(text.as_bytes()).unwrap();
        for (encoding, body) in [
            ("gzip", gzip(text.as_bytes(), 9)),
            ("GZIP", gzip(text.as_bytes(), 0)),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", raw.finish().unwrap()),
        ] {
            assert_eq!(
                decompressed(encoding, &body).as_deref(),
                Some(text.as_str()),
                "{encoding}"
            );
        }
        let cut = gzip(text.as_bytes(), 0);
        let shown = decompressed("gzip", &cut[..cut.len() - 20]).unwrap();
        assert!(text.starts_with(&shown) && shown.len() > 200, "{shown}");
    }

    #[test]
    fn what_cannot_be_decompressed_is_not_shown() {
        for (encoding, body) in [
            ("br", "key"),
            ("gzip", "key"),
            ("gzip, gzip", "key"),
            ("zstd", "key"),
        ] {
            let shown = decompressed(encoding, body.as_bytes()).unwrap();
            assert_eq!(
                shown,
                format!("(3 bytes, which cannot be decompressed; Content-Encoding: {encoding})")
            );
        }
        assert_eq!(
            (
                decompressed("identity", b"key"),
                decompress(&HeaderMap::new(), b"key")
            ),
            (None, None)
        );
    }

    #[test]
    fn little_does_not_become_gigabytes() {
        let bomb = gzip(&vec![0; 8 * 1024 * 1024], 9);
        assert_eq!(decompressed("gzip", &bomb).unwrap().len() as u64, LONGEST);
    }
}
