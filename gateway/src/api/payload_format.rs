//! In which form an HTTP API shows a request to a function.

/// `payloadFormatVersion`. See `docs/aws/api-gateway.md#functions-behind-http-apis`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadFormat {
    /// `1.0`: that of REST APIs.
    One,
    /// `2.0`
    Two,
}

impl PayloadFormat {
    /// The format with this version.
    pub(crate) fn named(version: &str) -> Option<PayloadFormat> {
        match version {
            "1.0" => Some(PayloadFormat::One),
            "2.0" => Some(PayloadFormat::Two),
            _ => None,
        }
    }
}
