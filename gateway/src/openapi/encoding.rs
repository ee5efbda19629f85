//! Binary media types, compression and content handling: `docs/aws/api-gateway.md#payload-encodings`.

use kit::document::{Node, OrCollect as _, Problem};

use crate::api::{BinaryMediaTypes, ContentHandling, Encoding};

/// The sizes from which on answers can be compressed.
const SIZES: std::ops::RangeInclusive<i64> = 0..=10_485_760;

/// `x-amazon-apigateway-binary-media-types` and `x-amazon-apigateway-minimum-compression-size`, or
/// CloudFormation's properties for them. A size of null is none.
pub(crate) fn read(
    types: Option<&Node>,
    size: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> Encoding {
    let mut binary_types = BinaryMediaTypes::default();
    let listed = types.map(Node::list).transpose().or_collect(problems);
    for node in listed.flatten().unwrap_or_default() {
        if let Some(text) = node.text().or_collect(problems) {
            binary_types.add(text);
        }
    }
    let size = size.filter(|node| !matches!(node.value, kit::document::Value::Null));
    let size = size
        .map(|node| node.integer_in(SIZES))
        .transpose()
        .or_collect(problems);
    Encoding {
        binary_types,
        minimum_compression_size: size.flatten().and_then(|size| usize::try_from(size).ok()),
    }
}

/// `contentHandling` of an integration or of one of its responses.
///
/// # Errors
/// It is neither of the two values.
pub(super) fn handling(node: Option<&Node>) -> Result<Option<ContentHandling>, Problem> {
    let Some(node) = node.filter(|node| !matches!(node.value, kit::document::Value::Null)) else {
        return Ok(None);
    };
    match node.text()?.to_ascii_uppercase().as_str() {
        "CONVERT_TO_TEXT" => Ok(Some(ContentHandling::ToText)),
        "CONVERT_TO_BINARY" => Ok(Some(ContentHandling::ToBinary)),
        other => Err(node.problem(format!(
            "invalid contentHandling {other}: expected CONVERT_TO_TEXT or CONVERT_TO_BINARY"
        ))),
    }
}
