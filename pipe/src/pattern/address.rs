//! IP addresses and CIDR blocks, compared as the event rules engine compares them.
//!
//! The engine writes addresses as hexadecimal digits and compares digit by digit, so an address of
//! one family may lie in a block of the other: `fe80::1` is in `0.0.0.0/0`. That is recorded
//! behaviour, and kept.

use std::net::{IpAddr, Ipv6Addr};

/// The longest text that Java reads as an IPv4 address.
const LONGEST_V4: usize = 15;

/// The bytes of an address, four or sixteen; `None` for text that is not an address.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    if looks_like_v4(text) {
        return v4(text);
    }
    if !looks_like_v6(text) {
        return None;
    }
    match IpAddr::V6(text.parse::<Ipv6Addr>().ok()?).to_canonical() {
        IpAddr::V4(address) => Some(address.octets().to_vec()),
        IpAddr::V6(address) => Some(address.octets().to_vec()),
    }
}

/// Whether the text is four numbers separated by points.
fn looks_like_v4(text: &str) -> bool {
    let parts = text.split('.');
    parts.clone().count() == 4
        && parts
            .clone()
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether the text has hexadecimal digits and colons only: the engine does not know
/// `::ffff:10.0.0.1`.
fn looks_like_v6(text: &str) -> bool {
    text.contains(':')
        && text
            .bytes()
            .all(|byte| byte == b':' || byte.is_ascii_hexdigit())
}

/// Reads an IPv4 address. Leading zeros count as zeros, as in Java.
fn v4(text: &str) -> Option<Vec<u8>> {
    if text.len() > LONGEST_V4 {
        return None;
    }
    text.split('.')
        .map(|part| u8::try_from(part.parse::<u32>().ok()?).ok())
        .collect()
}

/// A CIDR block, as its first and last address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    first: Vec<u8>,
    last: Vec<u8>,
}

impl Block {
    /// Reads `address/bits`.
    ///
    /// # Errors
    /// The reason in the engine's words. The engine also refuses a mask that leaves a single
    /// address (`/32`, `/128`).
    pub(super) fn parse(text: &str) -> Result<Block, String> {
        // Java's `split` drops what is empty at the end.
        let text = text.trim_end_matches('/');
        let Some((address, bits)) = text.split_once('/').filter(|(_, bits)| !bits.contains('/'))
        else {
            return Err("Malformed CIDR, one '/' required".into());
        };
        let bits: i32 = bits
            .parse()
            .map_err(|_| "Malformed CIDR, mask bits must be an integer")?;
        let bits =
            usize::try_from(bits).map_err(|_| "Malformed CIDR, mask bits must not be negative")?;
        let bytes = bytes(address).ok_or_else(|| {
            let kind = if looks_like_v4(address) || looks_like_v6(address) {
                "Invalid"
            } else {
                "Nonstandard"
            };
            format!("{kind} IP address: {address}")
        })?;
        let (family, width) = if bytes.len() == 4 {
            ("IPv4", 32)
        } else {
            ("IPv6", 128)
        };
        if bits >= width {
            return Err(format!("{family} mask bits must be < {width}"));
        }
        let edge = |index: usize| {
            0xff_u8
                .checked_shr(bits.saturating_sub(index * 8) as u32)
                .unwrap_or(0)
        };
        let (first, last) = bytes
            .iter()
            .enumerate()
            .map(|(i, byte)| (byte & !edge(i), byte | edge(i)))
            .unzip();
        Ok(Block { first, last })
    }

    /// Whether the text is an address in the block.
    pub(super) fn contains(&self, text: &str) -> bool {
        bytes(text).is_some_and(|address| {
            reaches(&address, &self.first, |a, b| a > b)
                && reaches(&address, &self.last, |a, b| a < b)
        })
    }

    /// Whether the text of a number counts as an address in the block: 300.0 is in `0.0.0.0/0`,
    /// which is recorded behaviour.
    pub(super) fn takes_number(&self, text: &str) -> bool {
        passes_for_address(text.as_bytes(), &digits(&self.first), &digits(&self.last))
    }
}

/// Whether a text that is not an address, for example a number, counts as one: the engine compares
/// it with the block's hexadecimal digits from the left, and accepts it as soon as a digit lies
/// between two that differ.
fn passes_for_address(text: &[u8], first: &[u8], last: &[u8]) -> bool {
    let fork = first.iter().zip(last).take_while(|(a, b)| a == b).count();
    if !text.starts_with(&first[..fork]) {
        return false;
    }
    let (Some(&digit), rest) = (text.get(fork), text.get(fork + 1..).unwrap_or_default()) else {
        return false;
    };
    let is_digit = |digit: u8| digit.is_ascii_digit() || (b'A'..=b'F').contains(&digit);
    let (low, high) = (first[fork], last[fork]);
    match digit {
        _ if !is_digit(digit) || digit < low || digit > high => false,
        _ if digit > low && digit < high => true,
        // On an edge: what follows must lie within, digit by digit, and be there at all.
        _ => {
            let edge = if digit == low {
                &first[fork + 1..]
            } else {
                &last[fork + 1..]
            };
            match rest.iter().zip(edge).find(|(a, b)| a != b) {
                Some((&a, &b)) => is_digit(a) && if digit == low { a > b } else { a < b },
                None => rest.len() >= edge.len(),
            }
        }
    }
}

/// Whether the text of a number begins with the hexadecimal digits of an address, and so counts as
/// that address.
pub(super) fn takes_number(address: &[u8], text: &str) -> bool {
    text.as_bytes().starts_with(&digits(address))
}

/// The hexadecimal digits of an address, as the engine writes them.
fn digits(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|byte| format!("{byte:02X}").into_bytes())
        .collect()
}

/// Whether an address lies beyond an edge or at it: the first byte that differs decides.
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
            (
                "2001:db8:1234:1a00::/64",
                "2001:0db8:1234:1a00:0000:0000:0000:0000",
                true,
            ),
            ("0.0.0.0/0", "fe80::1", true),
            ("10.0.0.0/8", "fe80::1", false),
            ("10.0.0.0/8/", "10.1.1.1", true),
            ("10.0.0.0/8", "010.001.01.1", true),
            ("10.0.0.0/8", "10.0.0.0000000001", false),
            ("10.0.0.0/8", "::ffff:a00:1", true),
            ("10.0.0.0/8", "::ffff:10.0.0.1", false),
        ];
        for (block, address, expected) in inside {
            assert_eq!(
                Block::parse(block).unwrap().contains(address),
                expected,
                "{address} in {block}"
            );
        }
    }

    #[test]
    fn refusals_in_the_engines_words() {
        let refused = [
            ("bad", "Malformed CIDR, one '/' required"),
            ("10.0.0.0/8/8", "Malformed CIDR, one '/' required"),
            (
                "bad-/64filter",
                "Malformed CIDR, mask bits must be an integer",
            ),
            (
                "10.0.0.0/-1",
                "Malformed CIDR, mask bits must not be negative",
            ),
            (
                "10.0.0.0/99999999999",
                "Malformed CIDR, mask bits must be an integer",
            ),
            ("10.0.0.256/8", "Invalid IP address: 10.0.0.256"),
            ("10.0.0.1/32", "IPv4 mask bits must be < 32"),
            ("::1/128", "IPv6 mask bits must be < 128"),
            ("xx.11.xx/8", "Nonstandard IP address: xx.11.xx"),
        ];
        for (text, reason) in refused {
            assert_eq!(Block::parse(text).unwrap_err(), reason, "{text}");
        }
    }

    #[test]
    fn numbers_pass_for_addresses_digit_by_digit() {
        let cases = [
            ("0.0.0.0/0", "300.0", true),
            ("::/0", "300.0", true),
            ("0.0.0.0/0", "5", true),
            ("0.0.0.0/0", "0.5", false),
            ("0.0.0.0/0", "-3", false),
            ("0.0.0.0/0", "0", false),
            ("48.0.0.0/4", "35", true),
            ("48.0.0.0/4", "3", false),
            ("48.0.0.0/4", "30000000", true),
            ("48.0.0.0/4", "45", false),
            ("10.0.0.0/8", "10", false),
        ];
        for (block, number, expected) in cases {
            assert_eq!(
                Block::parse(block).unwrap().takes_number(number),
                expected,
                "{number} in {block}"
            );
        }
    }
}
