//! What a client's certificate says, as API Gateway shows it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::der::{Element, elements};

/// A client's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate in PEM.
    pub pem: String,
    /// The subject: `C=US,O=Example,CN=client`, in the certificate's own order.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// The serial number: `1`, or `a1:b2:…` where it is long.
    pub serial_number: String,
    /// `May 28 12:30:02 2019 GMT`.
    pub not_before: String,
    /// `Aug  5 09:36:04 2021 GMT`.
    pub not_after: String,
}

impl ClientCertificate {
    /// Reads a certificate in DER.
    pub(super) fn read(der: &[u8]) -> Option<ClientCertificate> {
        let certificate = elements(der).next()?;
        let to_be_signed = certificate.inner().next()?;
        // The version, tagged 0, is there in all but the oldest form.
        let mut fields = to_be_signed.inner().skip_while(|field| field.tag == 0xa0);
        let (serial, _algorithm, issuer) = (fields.next()?, fields.next()?, fields.next()?);
        let (validity, subject) = (fields.next()?, fields.next()?);
        let mut times = validity.inner();
        Some(ClientCertificate {
            pem: pem(der),
            subject: name(&subject),
            issuer: name(&issuer),
            serial_number: serial_number(serial.content),
            not_before: time(&times.next()?)?,
            not_after: time(&times.next()?)?,
        })
    }
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        pem.push_str(line);
        pem.push('\n');
        rest = more;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

fn serial_number(bytes: &[u8]) -> String {
    // A zero in front only says that the number is not negative.
    let digits = match bytes {
        [0, rest @ ..] if !rest.is_empty() => rest,
        all => all,
    };
    // As OpenSSL prints them.
    if digits.len() <= 8 {
        let number = digits
            .iter()
            .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        return number.to_string();
    }
    let pairs: Vec<String> = digits.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(":")
}

/// A distinguished name: `docs/aws/api-gateway.md#mutual-tls`.
fn name(name: &Element<'_>) -> String {
    let sets: Vec<String> = name
        .inner()
        .map(|set| {
            let parts: Vec<String> = set.inner().filter_map(|part| attribute(&part)).collect();
            parts.join("+")
        })
        .collect();
    sets.join(",")
}

fn attribute(attribute: &Element<'_>) -> Option<String> {
    let mut parts = attribute.inner();
    let (kind, value) = (parts.next()?, parts.next()?);
    let text = match value.tag {
        // BMPString: UTF-16.
        0x1e => {
            let units = value.content.chunks_exact(2);
            let units: Vec<u16> = units
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16_lossy(&units)
        }
        _ => String::from_utf8_lossy(value.content).into_owned(),
    };
    let kind = match kind.content {
        [0x55, 0x04, 3] => "CN".to_owned(),
        [0x55, 0x04, 5] => "serialNumber".to_owned(),
        [0x55, 0x04, 6] => "C".to_owned(),
        [0x55, 0x04, 7] => "L".to_owned(),
        [0x55, 0x04, 8] => "ST".to_owned(),
        [0x55, 0x04, 9] => "STREET".to_owned(),
        [0x55, 0x04, 10] => "O".to_owned(),
        [0x55, 0x04, 11] => "OU".to_owned(),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1] => "emailAddress".to_owned(),
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1] => "UID".to_owned(),
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25] => "DC".to_owned(),
        other => dotted(other),
    };
    Some(format!("{kind}={}", escaped(&text)))
}

/// An object identifier: `1.2.840`.
fn dotted(bytes: &[u8]) -> String {
    let mut arcs = Vec::new();
    let mut value = 0_u64;
    for byte in bytes {
        value = value.wrapping_shl(7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            arcs.push(value);
            value = 0;
        }
    }
    if let Some(first) = arcs.first().copied() {
        let root = (first / 40).min(2);
        arcs.splice(..1, [root, first - root * 40]);
    }
    arcs.iter()
        .map(u64::to_string)
        .collect::<Vec<_>>()
        .join(".")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let last = text.chars().count().saturating_sub(1);
    for (at, char) in text.chars().enumerate() {
        let is_edge = char == ' ' && (at == 0 || at == last) || char == '#' && at == 0;
        if is_edge || matches!(char, ',' | '+' | '"' | '\\' | '<' | '>' | ';') {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

/// `UTCTime` and `GeneralizedTime` as OpenSSL prints them.
fn time(time: &Element<'_>) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = std::str::from_utf8(time.content).ok()?;
    let (year, rest) = match time.tag {
        0x17 => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: u32 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        _ => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
    };
    let number = |at: usize| rest.get(at..at + 2)?.parse::<usize>().ok();
    let month = MONTHS.get(number(0)?.checked_sub(1)?)?;
    let (day, hour, minute, second) = (number(2)?, number(4)?, number(6)?, number(8)?);
    Some(format!(
        "{month} {day:>2} {hour:02}:{minute:02}:{second:02} {year} GMT"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        [&[tag, length], content].concat()
    }

    #[test]
    fn times_are_written_as_openssl_does() {
        for (tag, text, expected) in [
            (0x17, "190528123002Z", Some("May 28 12:30:02 2019 GMT")),
            (0x17, "990805093604Z", Some("Aug  5 09:36:04 1999 GMT")),
            (0x18, "20500101000000Z", Some("Jan  1 00:00:00 2050 GMT")),
            (0x17, "191328123002Z", None),
            (0x17, "19", None),
        ] {
            let content = text.as_bytes();
            assert_eq!(
                time(&Element { tag, content }).as_deref(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn names_are_written_in_their_own_order() {
        let part = |oid: &[u8], text: &str| {
            let kind = element(0x06, oid);
            let value = element(0x0c, text.as_bytes());
            element(0x31, &element(0x30, &[kind, value].concat()))
        };
        let parts = [
            part(&[0x55, 4, 6], "US"),
            part(&[0x55, 4, 10], "Example, Inc"),
            part(&[0x2a, 0x86, 0x48], "#x "),
            part(&[0x55, 4, 3], "client"),
        ];
        let whole = element(0x30, &parts.concat());
        let read = elements(&whole).next().unwrap();
        assert_eq!(name(&read), r"C=US,O=Example\, Inc,1.2.840=\#x\ ,CN=client");
    }

    #[test]
    fn long_serial_numbers_are_pairs_of_digits() {
        assert_eq!(serial_number(&[0, 0xa1, 2]), "41218");
        assert_eq!(serial_number(&[0]), "0");
        let long = [0, 0xa1, 2, 3, 4, 5, 6, 7, 8, 9];
        assert_eq!(serial_number(&long), "a1:02:03:04:05:06:07:08:09");
    }
}
