//! Core: the PROXY protocol, versions 1 and 2: what a proxy says of the connection that it passes
//! on. <https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt>

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::prefixed::Sniffed;

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// The longest line of version 1.
const LONGEST_LINE: usize = 107;

/// Where a connection came from: none when it has no such header, or one that names no address.
pub(super) type SourceAddress = Option<SocketAddr>;

/// Reads the header that `bytes` may begin with.
///
/// # Errors
/// It is one, and malformed.
pub(super) fn read(bytes: &[u8]) -> io::Result<Sniffed<SourceAddress>> {
    let begins = |with: &[u8]| {
        let common = bytes.len().min(with.len());
        bytes[..common] == with[..common]
    };
    match () {
        () if bytes.is_empty() => Ok(Sniffed::More),
        () if begins(SIGNATURE) => version_2(bytes),
        () if begins(b"PROXY ") => version_1(bytes),
        () => Ok(Sniffed::Known(None, 0)),
    }
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "malformed PROXY header")
}

fn version_1(bytes: &[u8]) -> io::Result<Sniffed<SourceAddress>> {
    let line = &bytes[..bytes.len().min(LONGEST_LINE)];
    let Some(end) = memchr::memmem::find(line, b"\r\n") else {
        return match line.len() < LONGEST_LINE {
            true => Ok(Sniffed::More),
            false => Err(malformed()),
        };
    };
    let text = std::str::from_utf8(&line[..end]).map_err(|_| malformed())?;
    let words: Vec<&str> = text.split(' ').collect();
    let source = match words.as_slice() {
        ["PROXY", "UNKNOWN", ..] => None,
        ["PROXY", family @ ("TCP4" | "TCP6"), source, _, port, _] => {
            let ip: IpAddr = source.parse().map_err(|_| malformed())?;
            if ip.is_ipv4() != (*family == "TCP4") {
                return Err(malformed());
            }
            let port = port.parse().map_err(|_| malformed())?;
            Some(SocketAddr::new(ip, port))
        }
        _ => return Err(malformed()),
    };
    Ok(Sniffed::Known(source, end + 2))
}

fn version_2(bytes: &[u8]) -> io::Result<Sniffed<SourceAddress>> {
    let Some((head, rest)) = bytes.split_at_checked(16) else {
        return Ok(Sniffed::More);
    };
    let length = usize::from(u16::from_be_bytes([head[14], head[15]]));
    let Some(addresses) = rest.get(..length) else {
        return Ok(Sniffed::More);
    };
    let source = match (head[12], head[13]) {
        // LOCAL: the proxy asks for itself, for example to see whether the server is there.
        (0x20, _) => None,
        (0x21, 0x11) => {
            let address: &[u8; 12] = addresses.first_chunk().ok_or_else(malformed)?;
            let [a, b, c, d, ..] = *address;
            let port = u16::from_be_bytes([address[8], address[9]]);
            Some((Ipv4Addr::new(a, b, c, d), port).into())
        }
        (0x21, 0x21) => {
            let address: &[u8; 36] = addresses.first_chunk().ok_or_else(malformed)?;
            let ip: &[u8; 16] = address.first_chunk().ok_or_else(malformed)?;
            let port = u16::from_be_bytes([address[32], address[33]]);
            Some((Ipv6Addr::from(*ip), port).into())
        }
        // Other families name no address that a peer could have.
        (0x21, _) => None,
        _ => return Err(malformed()),
    };
    Ok(Sniffed::Known(source, 16 + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The source and the number of bytes that are used up; none while more are needed.
    fn known(bytes: &[u8]) -> Option<(String, usize)> {
        match read(bytes).unwrap() {
            Sniffed::Known(source, used) => {
                Some((source.map(|at| at.to_string()).unwrap_or_default(), used))
            }
            Sniffed::More => None,
        }
    }

    fn of_2(command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
        let length = u16::try_from(addresses.len()).unwrap().to_be_bytes();
        let head = [SIGNATURE.as_slice(), &[command, family], &length].concat();
        [head.as_slice(), addresses].concat()
    }

    #[test]
    fn each_form_names_its_source() {
        let v4 = [&[192, 0, 2, 1, 10, 0, 0, 1], [1, 2, 0, 80].as_slice()].concat();
        let v6 = [[0x20; 32].as_slice(), &[1, 2, 0, 80], &[9; 7]].concat();
        let address_6 = "[2020:2020:2020:2020:2020:2020:2020:2020]:258";
        for (bytes, source) in [
            (
                b"PROXY TCP4 192.0.2.1 10.0.0.1 5000 80\r\n".to_vec(),
                "192.0.2.1:5000",
            ),
            (
                b"PROXY TCP6 2001:db8::1 ::1 5000 80\r\n".to_vec(),
                "[2001:db8::1]:5000",
            ),
            (b"PROXY UNKNOWN\r\n".to_vec(), ""),
            (b"PROXY UNKNOWN a b c d\r\n".to_vec(), ""),
            (of_2(0x21, 0x11, &v4), "192.0.2.1:258"),
            (of_2(0x21, 0x21, &v6), address_6),
            (of_2(0x21, 0x31, &[0; 216]), ""),
            (of_2(0x20, 0x00, &[]), ""),
        ] {
            for end in 0..bytes.len() {
                assert_eq!(
                    known(&bytes[..end]),
                    None,
                    "{}",
                    bytes[..end].escape_ascii()
                );
            }
            let whole = Some((source.to_owned(), bytes.len()));
            assert_eq!(known(&bytes), whole);
            assert_eq!(known(&[bytes.as_slice(), b"GET / "].concat()), whole);
        }
        assert_eq!(known(b"POST / HTTP/1.1"), Some((String::new(), 0)));
        assert_eq!(known(b"\x16\x03\x01"), Some((String::new(), 0)));
    }

    #[test]
    fn a_malformed_header_ends_the_connection() {
        for bytes in [
            b"PROXY TCP4 x 10.0.0.1 5000 80\r\n".to_vec(),
            b"PROXY TCP4 ::1 ::1 5000 80\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.1 10.0.0.1 99999 80\r\n".to_vec(),
            b"PROXY TCP4\r\n".to_vec(),
            [b"PROXY UNKNOWN ".as_slice(), &[b'x'; 200]].concat(),
            of_2(0x31, 0x11, &[0; 12]),
            of_2(0x21, 0x11, &[0; 11]),
            of_2(0x21, 0x21, &[0; 35]),
        ] {
            assert!(read(&bytes).is_err(), "{}", bytes.escape_ascii());
        }
    }
}
