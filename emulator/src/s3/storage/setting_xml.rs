//! A setting as XML: the form in which it is kept.

use std::io;

use s3s::xml::{DeserializeContent, Deserializer, SerializeContent, Serializer};

use super::error::StorageError;
use super::setting::KeptSetting;

/// The element around a setting in the file.
const ELEMENT: &str = "Setting";

/// A setting as XML.
pub(crate) fn to_xml(value: &impl SerializeContent) -> Result<KeptSetting, StorageError> {
    let mut bytes = Vec::new();
    let written = Serializer::new(&mut bytes).content(ELEMENT, value);
    written.map_err(|error| io::Error::other(error.to_string()))?;
    Ok(KeptSetting::Text(
        String::from_utf8(bytes).map_err(io::Error::other)?,
    ))
}

/// The setting that [`to_xml`] wrote.
pub(super) fn from_xml<T: for<'xml> DeserializeContent<'xml>>(
    text: &str,
) -> Result<T, StorageError> {
    let mut reader = Deserializer::new(text.as_bytes());
    let read = reader.named_element(ELEMENT, |reader| T::deserialize_content(reader));
    read.map_err(|error| {
        StorageError::Io(io::Error::new(
            io::ErrorKind::InvalidData,
            error.to_string(),
        ))
    })
}
