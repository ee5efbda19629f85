//! How the payloads of an API are encoded: which media types are binary, what becomes of bodies on
//! their way, and from which size on answers are compressed. See
//! `docs/aws/api-gateway.md#payload-encodings`.

/// The settings of an API that concern payloads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encoding {
    /// `binaryMediaTypes`.
    pub binary_types: BinaryMediaTypes,
    /// `minimumCompressionSize`: the smallest answer that is compressed, in bytes; [`None`] when
    /// none is.
    pub minimum_compression_size: Option<usize>,
}

/// The media types whose bodies are binary, in lower case and without parameters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BinaryMediaTypes(Vec<String>);

/// `contentHandling`: what becomes of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentHandling {
    /// `CONVERT_TO_TEXT`: a binary body becomes base64 text.
    ToText,
    /// `CONVERT_TO_BINARY`: base64 text becomes what it stands for.
    ToBinary,
}

impl Encoding {
    /// These settings with those of the resource around the document: its media types are added,
    /// its size counts.
    pub(crate) fn with(mut self, other: &Encoding) -> Encoding {
        for name in &other.binary_types.0 {
            self.binary_types.add(name);
        }
        self.minimum_compression_size = other
            .minimum_compression_size
            .or(self.minimum_compression_size);
        self
    }
}

impl BinaryMediaTypes {
    /// Adds a media type. CloudFormation and SAM write its slash as `~1`.
    pub fn add(&mut self, media_type: &str) {
        let name = media_type.split(';').next().unwrap_or_default().trim();
        let name = name.replace("~1", "/").to_ascii_lowercase();
        if !self.0.contains(&name) {
            self.0.push(name);
        }
    }

    /// Whether an API has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether bodies of this type are binary. `*/*` is every type, and `image/*` every image; a
    /// `*` in front of a subtype is nothing, as recorded. So is one that a client accepts: `*/*`
    /// and `image/*` are no binary types, unless the list has them.
    pub fn has(&self, media_type: &str) -> bool {
        let Some((kind, subtype)) = media_type.split_once('/') else {
            return false;
        };
        self.0.iter().any(|known| match known.split_once('/') {
            Some(("*", "*")) => true,
            Some(("*", _)) | None => false,
            Some((known, "*")) => known.eq_ignore_ascii_case(kind),
            Some((known, rest)) => {
                known.eq_ignore_ascii_case(kind) && rest.eq_ignore_ascii_case(subtype)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_match_as_recorded() {
        let mut types = BinaryMediaTypes::default();
        for name in ["image~1png", "*/test", "Application/*; q=1"] {
            types.add(name);
        }
        let has = |names: &[&str]| names.iter().map(|name| types.has(name)).collect::<Vec<_>>();
        assert_eq!(
            has(&["image/png", "IMAGE/PNG", "application/pdf", "application/*"]),
            [true; 4]
        );
        assert_eq!(
            has(&[
                "image/jpg",
                "image/*",
                "*/test",
                "random/test",
                "*/*",
                "image"
            ]),
            [false; 6]
        );
        types.add("*/*");
        assert_eq!((types.has("a/b"), types.is_empty()), (true, false));
    }
}
