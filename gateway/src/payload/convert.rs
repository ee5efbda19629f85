//! Content handling: what becomes of a body between client, templates and backend.
//!
//! The tables of `docs/aws/api-gateway.md#payload-encodings`, as recorded.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use bytes::Bytes;

use crate::api::{BinaryMediaTypes, ContentHandling};

/// As Java's decoder has it: no character beside the alphabet, padding or none, and any bits behind
/// the last byte.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A body is not the base64 that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotBase64;

/// Whether a payload is text or bytes, by its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PayloadKind {
    Text,
    Binary,
}

impl PayloadKind {
    /// The kind of this media type in an API with these binary types.
    pub(crate) fn of(media_type: &str, binary_types: &BinaryMediaTypes) -> PayloadKind {
        if binary_types.has(media_type) {
            PayloadKind::Binary
        } else {
            PayloadKind::Text
        }
    }
}

/// The client's body as its integration gets it.
///
/// # Errors
/// Text that is to become binary is not base64.
pub(crate) fn for_integration(
    body: &Bytes,
    kind: PayloadKind,
    handling: Option<ContentHandling>,
) -> Result<Bytes, NotBase64> {
    match (kind, handling) {
        (PayloadKind::Binary, Some(ContentHandling::ToText)) => Ok(to_base64(body).into()),
        (PayloadKind::Binary, _) => Ok(body.clone()),
        (PayloadKind::Text, Some(ContentHandling::ToBinary)) => from_base64(body),
        (PayloadKind::Text, _) => Ok(text(body)),
    }
}

/// A reply's body as its method's client gets it. `accepted` is the kind of what the client
/// accepts; `kind` is [`None`] in an API without binary types, where every body is text.
///
/// # Errors
/// Text that is to become binary is not base64.
pub(crate) fn for_client(
    body: &Bytes,
    kind: Option<PayloadKind>,
    accepted: PayloadKind,
    handling: Option<ContentHandling>,
) -> Result<Bytes, NotBase64> {
    use PayloadKind::{Binary, Text};
    match (kind, handling, accepted) {
        (None | Some(Text), Some(ContentHandling::ToBinary), _) => from_base64(body),
        (None, ..) | (Some(Text), Some(ContentHandling::ToText), _) => Ok(text(body)),
        (Some(Text), None, Text) => Ok(text(body)),
        (Some(Text), None, Binary) => from_base64(body),
        (Some(Binary), Some(ContentHandling::ToText), _) | (Some(Binary), None, Text) => {
            Ok(to_base64(body).into())
        }
        (Some(Binary), Some(ContentHandling::ToBinary), _) | (Some(Binary), None, Binary) => {
            Ok(body.clone())
        }
    }
}

/// The bytes that base64 stands for.
///
/// # Errors
/// The text is not base64.
pub(crate) fn from_base64(text: &[u8]) -> Result<Bytes, NotBase64> {
    LENIENT.decode(text).map(Bytes::from).map_err(|_| NotBase64)
}

/// Bytes as base64 text.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The body as UTF-8: what is none of it becomes U+FFFD.
fn text(body: &Bytes) -> Bytes {
    // Far faster than to look for what is none, which hardly any body has.
    match std::str::from_utf8(body) {
        Ok(_) => body.clone(),
        Err(_) => String::from_utf8_lossy(body).into_owned().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ContentHandling::{ToBinary, ToText};
    use PayloadKind::{Binary, Text};

    const RAW: &[u8] = b"\x00\xff";
    const ENCODED: &[u8] = b"AP8=";
    const LOSSY: &[u8] = "\0\u{fffd}".as_bytes();
    const TWICE: &[u8] = b"QVA4PQ==";

    #[test]
    fn requests_are_converted_by_the_table() {
        let get = |body: &'static [u8], kind, handling| {
            for_integration(&Bytes::from_static(body), kind, handling)
        };
        for (body, kind, handling, expected) in [
            (RAW, Text, None, LOSSY),
            (ENCODED, Text, None, ENCODED),
            (RAW, Text, Some(ToText), LOSSY),
            (ENCODED, Text, Some(ToBinary), RAW),
            (RAW, Binary, None, RAW),
            (RAW, Binary, Some(ToText), ENCODED),
            (ENCODED, Binary, Some(ToText), TWICE),
            (ENCODED, Binary, Some(ToBinary), ENCODED),
        ] {
            assert_eq!(
                get(body, kind, handling).unwrap(),
                expected,
                "{kind:?} {handling:?}"
            );
        }
        assert_eq!(get(RAW, Text, Some(ToBinary)), Err(NotBase64));
        assert_eq!(get(b"", Text, Some(ToBinary)), Ok(Bytes::new()));
    }

    #[test]
    fn replies_are_converted_by_the_table() {
        let get = |body: &'static [u8], kind, accepted, handling| {
            for_client(&Bytes::from_static(body), kind, accepted, handling)
        };
        for (body, kind, accepted, handling, expected) in [
            (RAW, None, Binary, None, LOSSY),
            (ENCODED, None, Text, Some(ToBinary), RAW),
            (RAW, None, Text, Some(ToText), LOSSY),
            (RAW, Some(Text), Text, None, LOSSY),
            (ENCODED, Some(Text), Binary, None, RAW),
            (ENCODED, Some(Text), Text, Some(ToBinary), RAW),
            (RAW, Some(Text), Binary, Some(ToText), LOSSY),
            (RAW, Some(Binary), Text, None, ENCODED),
            (RAW, Some(Binary), Binary, None, RAW),
            (RAW, Some(Binary), Text, Some(ToBinary), RAW),
            (RAW, Some(Binary), Binary, Some(ToText), ENCODED),
        ] {
            let got = get(body, kind, accepted, handling).unwrap();
            assert_eq!(got, expected, "{kind:?} {accepted:?} {handling:?}");
        }
        for (kind, accepted, handling) in [
            (None, Text, Some(ToBinary)),
            (Some(Text), Binary, None),
            (Some(Text), Text, Some(ToBinary)),
        ] {
            assert_eq!(get(RAW, kind, accepted, handling), Err(NotBase64));
        }
    }

    #[test]
    fn base64_is_read_as_java_reads_it() {
        for (text, bytes) in [("QQ==", "A"), ("QQ", "A"), ("QR==", "A"), ("", "")] {
            assert_eq!(from_base64(text.as_bytes()).unwrap(), bytes, "{text}");
        }
        for text in ["plain text", "QQ==\n", "Q", "èé", "QQ=-"] {
            assert_eq!(from_base64(text.as_bytes()), Err(NotBase64), "{text}");
        }
    }
}
