//! Numbers of bytes as settings and messages write them.

use std::fmt;
use std::str::FromStr;

/// Bytes of a mebibyte.
pub(super) const MEBIBYTE: u64 = 1024 * 1024;

/// A number of bytes, as settings have it: `100663296`, `96MiB`, `96m`, `2g`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// The text is not a number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a number of bytes, such as 100663296, 96MiB or 2g")]
pub struct NotBytes;

impl FromStr for Bytes {
    type Err = NotBytes;

    fn from_str(text: &str) -> Result<Bytes, NotBytes> {
        let text = text.trim();
        let (number, unit) = text.split_at(
            text.find(|c: char| !c.is_ascii_digit())
                .unwrap_or(text.len()),
        );
        let factor = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kib" => 1024,
            "m" | "mib" => MEBIBYTE,
            "g" | "gib" => 1024 * MEBIBYTE,
            _ => return Err(NotBytes),
        };
        let number: u64 = number.parse().map_err(|_| NotBytes)?;
        number.checked_mul(factor).map(Bytes).ok_or(NotBytes)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 10 * MEBIBYTE {
            write!(f, "{} KiB", self.0 / 1024)
        } else {
            write!(f, "{} MiB", self.0 / MEBIBYTE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_bytes() {
        for (text, bytes) in [
            ("1", 1),
            ("96m", 96 << 20),
            ("96MiB", 96 << 20),
            ("2 g", 2 << 30),
            ("512k", 512 << 10),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in [
            "",
            "m",
            "-1",
            "1.5g",
            "1tb",
            "99999999999999999999",
            "99999999999g",
        ] {
            assert_eq!(text.parse::<Bytes>(), Err(NotBytes), "{text}");
        }
    }
}
