//! Message attributes: what a request may say, their digest, and which of them a receiver wants to
//! see.
//!
//! Source: SQS developer guide, "Amazon SQS message metadata".

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};

use super::number::is_decimal;
use crate::engine::{AttributeData, AttributeValue, limits};
use crate::fault::Fault;

/// Bytes of a data type with its label.
const LONGEST_TYPE: usize = 256;

/// A message attribute on the wire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct WireAttribute {
    /// The text of `String` and `Number`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    /// The bytes of `Binary`, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary_value: Option<String>,
    /// Reserved by SQS, and refused.
    #[serde(skip_serializing)]
    pub string_list_values: Vec<String>,
    /// Reserved by SQS, and refused.
    #[serde(skip_serializing)]
    pub binary_list_values: Vec<String>,
    /// `String`, `Number` or `Binary`, perhaps with a label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
}

/// The attributes of one message on the wire.
pub(super) type WireAttributes = BTreeMap<String, WireAttribute>;

/// Checks the attributes of a message that is sent.
pub(super) fn check(attributes: WireAttributes) -> Result<Vec<(String, AttributeValue)>, Fault> {
    if attributes.len() > limits::MESSAGE_ATTRIBUTES {
        return Err(Fault::InvalidParameterValue(format!(
            "Number of message attributes [{}] exceeds the allowed maximum [10].",
            attributes.len()
        )));
    }
    attributes
        .into_iter()
        .map(|(name, value)| Ok((check_name(name)?, value)))
        .map(check_value)
        .collect()
}

fn check_name(name: String) -> Result<String, Fault> {
    let refuse = |text: &str| Err(Fault::InvalidParameterValue(text.to_owned()));
    let lower = name.to_ascii_lowercase();
    if name.is_empty() || name.chars().count() > 256 {
        return refuse("Message (user) attribute names must be shorter than 256 Bytes");
    }
    if lower.starts_with("aws.") || lower.starts_with("amazon.") {
        return refuse(
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. \
             These strings are reserved for internal use.",
        );
    }
    let plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.');
    if !name.chars().all(plain)
        || name.starts_with('.')
        || name.ends_with('.')
        || name.contains("..")
    {
        return Err(Fault::InvalidParameterValue(format!(
            "The message attribute name '{name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore (_), \
             hyphen (-), and period (.); it must not begin or end with a period or have two in succession."
        )));
    }
    Ok(name)
}

fn check_value(
    entry: Result<(String, WireAttribute), Fault>,
) -> Result<(String, AttributeValue), Fault> {
    let (name, value) = entry?;
    if !value.string_list_values.is_empty() || !value.binary_list_values.is_empty() {
        let text = "Message attribute list values in SendMessage operation are not supported.";
        return Err(Fault::UnsupportedOperation(text.to_owned()));
    }
    let data_type = value.data_type.unwrap_or_default();
    if data_type.len() > LONGEST_TYPE {
        let text =
            format!("Message (user) attribute types must be shorter than {LONGEST_TYPE} Bytes");
        return Err(Fault::InvalidParameterValue(text));
    }
    let kind = data_type.split('.').next().unwrap_or_default();
    let data = match kind {
        "String" | "Number" => {
            let text = value
                .string_value
                .filter(|text| !text.is_empty())
                .ok_or_else(|| empty(&name, kind))?;
            check_text(&name, kind, &text)?;
            AttributeData::Text(text)
        }
        "Binary" => {
            let text = value
                .binary_value
                .filter(|text| !text.is_empty())
                .ok_or_else(|| empty(&name, kind))?;
            let bytes = BASE64_STANDARD.decode(text.as_bytes());
            AttributeData::Binary(bytes.map_err(|_| {
                Fault::InvalidParameterValue(format!(
                    "Message (user) attribute '{name}' is not valid base64."
                ))
            })?)
        }
        _ => {
            return Err(Fault::InvalidParameterValue(format!(
                "Type for parameter MessageAttributes.Attribute_name.DataType must be prefixed with \"String\", \
                 \"Binary\", or \"Number\", but was: {data_type}"
            )));
        }
    };
    Ok((name, AttributeValue { data_type, data }))
}

fn empty(name: &str, kind: &str) -> Fault {
    Fault::InvalidParameterValue(format!(
        "Message (user) attribute '{name}' must contain a non-empty value of type '{kind}'."
    ))
}

fn check_text(name: &str, kind: &str, text: &str) -> Result<(), Fault> {
    if !is_allowed_text(text) {
        return Err(Fault::InvalidParameterValue(
            Fault::InvalidMessageContents.to_string(),
        ));
    }
    if kind == "String" || is_decimal(text.trim()) {
        return Ok(());
    }
    let text = format!("Can't cast the value of message (user) attribute '{name}' to a number.");
    Err(Fault::InvalidParameterValue(text))
}

/// Whether SQS lets this text through: no control characters but tab and line ends, no U+FFFE and
/// U+FFFF.
pub(super) fn is_allowed_text(text: &str) -> bool {
    // A piece at a time to its end, not to the first control character, so that the processor looks
    // at many bytes at once. U+FFFE and U+FFFF begin with 0xEF in UTF-8.
    let is_control = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    let has_control = text.as_bytes().chunks(256).any(|piece| {
        piece
            .iter()
            .fold(false, |found, byte| found | is_control(*byte))
    });
    let has_noncharacter =
        text.as_bytes().contains(&0xef) && text.contains(['\u{fffe}', '\u{ffff}']);
    !has_control && !has_noncharacter
}

/// The bytes that count towards the size of the message: names, types and values.
pub(super) fn size(attributes: &[(String, AttributeValue)]) -> usize {
    attributes
        .iter()
        .map(|(name, value)| name.len() + value.data_type.len() + bytes(value).len())
        .sum()
}

/// MD5OfMessageAttributes; `attributes` stand in the order of their names.
pub(super) fn digest<'a>(
    attributes: impl IntoIterator<Item = &'a (String, AttributeValue)>,
) -> String {
    let mut md5 = Md5::new();
    let mut part = |bytes: &[u8], mark: Option<u8>| {
        if let Some(mark) = mark {
            md5.update([mark]);
        }
        md5.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        md5.update(bytes);
    };
    for (name, value) in attributes {
        part(name.as_bytes(), None);
        part(value.data_type.as_bytes(), None);
        let mark = if matches!(value.data, AttributeData::Text(_)) {
            1
        } else {
            2
        };
        part(bytes(value), Some(mark));
    }
    hex::encode(md5.finalize())
}

fn bytes(value: &AttributeValue) -> &[u8] {
    match &value.data {
        AttributeData::Text(text) => text.as_bytes(),
        AttributeData::Binary(bytes) => bytes,
    }
}

/// Whether a receiver that named `wanted` sees the attribute `name`.
pub(super) fn is_wanted(wanted: &[String], name: &str) -> bool {
    wanted.iter().any(|pattern| match pattern.as_str() {
        "All" | "*" | ".*" => true,
        pattern => match pattern.strip_suffix(".*") {
            Some(prefix) => name.starts_with(prefix),
            None => name == pattern,
        },
    })
}

impl From<AttributeValue> for WireAttribute {
    fn from(value: AttributeValue) -> WireAttribute {
        let mut wire = WireAttribute {
            data_type: Some(value.data_type),
            ..WireAttribute::default()
        };
        match value.data {
            AttributeData::Text(text) => wire.string_value = Some(text),
            AttributeData::Binary(bytes) => wire.binary_value = Some(BASE64_STANDARD.encode(bytes)),
        }
        wire
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, value: &str) -> (String, AttributeValue) {
        let data = AttributeData::Text(value.to_owned());
        (
            name.to_owned(),
            AttributeValue {
                data_type: "String".to_owned(),
                data,
            },
        )
    }

    /// Vectors: AWS-validated recordings; the last four are subsets of one message, as filters
    /// leave them.
    #[test]
    fn digests() {
        let trace = "\u{1e}00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01";
        let data = AttributeData::Binary(trace.as_bytes().to_vec());
        let binary = (
            "traceparent".to_owned(),
            AttributeValue {
                data_type: "Binary".to_owned(),
                data,
            },
        );
        let (general, hello, help) = (
            text("General", "Kenobi"),
            text("Hello", "There"),
            text("Help.Me", "Me"),
        );
        for (attributes, md5) in [
            (vec![text("k", "x")], "a45daa70926828a2f0a1db3418e6feb4"),
            (
                vec![text("MyAttribute", "foobar")],
                "adb59cd4678ea5a855436b949cd07ab6",
            ),
            (
                vec![general.clone(), hello.clone(), help.clone()],
                "4c360f3fdafd970e05fae2f149d997f5",
            ),
            (
                vec![general, hello.clone()],
                "fca026605781cb4126a1e9044df24232",
            ),
            (vec![hello.clone()], "a311262e065454b75da111d535b8dacd"),
            (vec![hello, help], "83fee93c1bcd8b9a5a923ffacdc636c7"),
        ] {
            assert_eq!(digest(&attributes), md5, "{attributes:?}");
        }
        assert_eq!(digest(&[binary]).len(), 32);
    }

    #[test]
    fn filters() {
        for (pattern, name, wanted) in [
            ("All", "x", true),
            (".*", "x", true),
            ("*", "x", true),
            ("Hel.*", "Hello", true),
            ("Hel.*", "Help.Me", true),
            ("Hel.*", "hello", false),
            ("Hello", "Hello", true),
            ("Hello", "Hello2", false),
        ] {
            assert_eq!(
                is_wanted(&[pattern.to_owned()], name),
                wanted,
                "{pattern} {name}"
            );
        }
    }
}
