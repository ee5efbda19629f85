//! IP addresses and CIDR blocks, compared the way the event rules engine compares them.
//!
//! The engine writes addresses as hexadecimal digits and compares digit by digit, so an address of one family may lie
//! in a block of the other: `fe80::1` is in `0.0.0.0/0`. That is recorded behaviour, and kept.

use std::net::IpAddr;

/// The bytes of an address, four or sixteen; `None` for text that is no address.
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    match text.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(address) => Some(address.octets().to_vec()),
        IpAddr::V6(address) => Some(address.octets().to_vec()),
    }
}

/// A CIDR block, as its first and last address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    first: Vec<u8>,
    last: Vec<u8>,
}

impl Block {
    /// Reads `address/bits`.
    ///
    /// # Errors
    /// The reason in the engine's words. A mask that leaves a single address (`/32`, `/128`) is refused there, too.
    pub fn parse(text: &str) -> Result<Block, String> {
        let Some((address, bits)) = text.split_once('/').filter(|(_, bits)| !bits.is_empty() && !bits.contains('/'))
        else {
            return Err("Malformed CIDR, one '/' required".into());
        };
        let bits: i64 = bits.parse().map_err(|_| "Malformed CIDR, mask bits must be an integer")?;
        let bits = usize::try_from(bits).map_err(|_| "Malformed CIDR, mask bits must not be negative")?;
        let bytes = bytes(address).ok_or_else(|| format!("Nonstandard IP address: {address}"))?;
        let (family, width) = if bytes.len() == 4 { ("IPv4", 32) } else { ("IPv6", 128) };
        if bits >= width {
            return Err(format!("{family} mask bits must be < {width}"));
        }
        let edge = |index: usize| 0xff_u8.checked_shr(bits.saturating_sub(index * 8) as u32).unwrap_or(0);
        let (first, last) = bytes.iter().enumerate().map(|(i, byte)| (byte & !edge(i), byte | edge(i))).unzip();
        Ok(Block { first, last })
    }

    /// Whether text that holds an address lies in the block; other text does not.
    pub fn contains(&self, text: &str) -> bool {
        bytes(text).is_some_and(|address| {
            reaches(&address, &self.first, |a, b| a > b) && reaches(&address, &self.last, |a, b| a < b)
        })
    }
}

/// The first differing byte decides; an address that begins with the whole edge is at it.
fn reaches(address: &[u8], edge: &[u8], beyond: fn(u8, u8) -> bool) -> bool {
    match address.iter().zip(edge).find(|(a, b)| a != b) {
        Some((&a, &b)) => beyond(a, b),
        None => address.len() >= edge.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks() {
        let inside = [
            ("10.0.0.0/24", "10.0.0.255", true),
            ("10.0.0.0/24", "10.0.1.0", false),
            ("10.0.0.9/24", "10.0.0.1", true),
            ("10.0.0.0/24", "10.0.0.256", false),
            ("172.16.0.0/12", "172.31.255.255", true),
            ("172.16.0.0/12", "172.32.0.0", false),
            ("2001:db8:1234:1a00::/64", "2001:0db8:1234:1a00:0000:0000:0000:0000", true),
            ("0.0.0.0/0", "fe80::1", true),
            ("10.0.0.0/8", "fe80::1", false),
        ];
        for (block, address, expected) in inside {
            assert_eq!(Block::parse(block).unwrap().contains(address), expected, "{address} in {block}");
        }
    }

    #[test]
    fn refusals_in_the_engines_words() {
        let refused = [
            ("bad", "Malformed CIDR, one '/' required"),
            ("10.0.0.0/8/8", "Malformed CIDR, one '/' required"),
            ("bad-/64filter", "Malformed CIDR, mask bits must be an integer"),
            ("10.0.0.0/-1", "Malformed CIDR, mask bits must not be negative"),
            ("10.0.0.1/32", "IPv4 mask bits must be < 32"),
            ("::1/128", "IPv6 mask bits must be < 128"),
            ("xx.11.xx/8", "Nonstandard IP address: xx.11.xx"),
        ];
        for (text, reason) in refused {
            assert_eq!(Block::parse(text).unwrap_err(), reason, "{text}");
        }
    }
}
