//! Compresses an answer in the coding that its client prefers.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

/// A content coding of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Deflate,
}

impl Coding {
    /// The name in `Content-Encoding`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Deflate => "deflate",
        }
    }
}

/// The coding that an `Accept-Encoding` prefers. Only a coding that it names is used; `*` names
/// none. Of two that it likes alike, gzip, whose form no two programs read differently: our choice.
pub(crate) fn preferred(accept_encoding: &str) -> Option<Coding> {
    let [mut gzip, mut deflate, mut identity] = [None; 3];
    for entry in accept_encoding.split(',') {
        let (name, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let named = match name.trim().to_ascii_lowercase().as_str() {
            "gzip" => &mut gzip,
            "deflate" => &mut deflate,
            "identity" => &mut identity,
            _ => continue,
        };
        *named = Some(quality(parameters));
    }
    let identity = identity.unwrap_or(0);
    let likes = |quality: Option<u16>| quality.filter(|quality| *quality > 0);
    let wanted = match (likes(gzip), likes(deflate)) {
        (Some(gzip), Some(deflate)) if deflate > gzip => (deflate, Coding::Deflate),
        (Some(gzip), _) => (gzip, Coding::Gzip),
        (None, Some(deflate)) => (deflate, Coding::Deflate),
        (None, None) => return None,
    };
    (wanted.0 >= identity).then_some(wanted.1)
}

/// `q=0.5` in thousandths; 1 when there is none, 0 when it cannot be read.
fn quality(parameters: &str) -> u16 {
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let Some(value) = value else { return 1000 };
    let quality = value.parse::<f32>().unwrap_or(0.0);
    if (0.0..=1.0).contains(&quality) {
        (quality * 1000.0) as u16
    } else {
        0
    }
}

/// The body in a coding. Deflate has zlib's header, as RFC 9110 wants it.
pub(crate) fn compress(body: &[u8], coding: Coding) -> std::io::Result<Vec<u8>> {
    let room = Vec::with_capacity(body.len() / 4 + 64);
    match coding {
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(room, Compression::default());
            encoder.write_all(body)?;
            encoder.finish()
        }
        Coding::Deflate => {
            let mut encoder = ZlibEncoder::new(room, Compression::default());
            encoder.write_all(body)?;
            encoder.finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_client_chooses() {
        for (accepted, expected) in [
            ("gzip", Some(Coding::Gzip)),
            ("GZip;q=1.0, deflate", Some(Coding::Gzip)),
            ("deflate,gzip", Some(Coding::Gzip)),
            ("deflate", Some(Coding::Deflate)),
            ("gzip;q=0.5,deflate;q=0.8", Some(Coding::Deflate)),
            ("gzip;q=1.0,identity;q=0.5,*;q=0", Some(Coding::Gzip)),
            ("gzip, deflate, br", Some(Coding::Gzip)),
            ("gzip;q=0, identity", None),
            ("gzip;q=0.4, identity;q=0.5", None),
            ("gzip;q=x", None),
            ("*", None),
            ("br", None),
            ("", None),
        ] {
            assert_eq!(preferred(accepted), expected, "{accepted}");
        }
    }

    #[test]
    fn what_is_compressed_can_be_read() {
        let body = b"0123456789".repeat(50);
        let mut read = String::new();
        let gzip = compress(&body, Coding::Gzip).unwrap();
        flate2::read::GzDecoder::new(&gzip[..])
            .read_to_string(&mut read)
            .unwrap();
        assert_eq!((read.as_bytes(), gzip.len() < 100), (&body[..], true));
        let zlib = compress(&body, Coding::Deflate).unwrap();
        read.clear();
        flate2::read::ZlibDecoder::new(&zlib[..])
            .read_to_string(&mut read)
            .unwrap();
        assert_eq!(read.as_bytes(), &body[..]);
    }
}
