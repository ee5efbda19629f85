//! How a response of the Query protocol is written.

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rendering {
    /// The usual one.
    Xml,
    /// With `Accept: application/json`: what API Gateway gets.
    Json,
    /// The XML as JSON, as LocalStack's developer endpoint writes it: what is there once is no
    /// list.
    Tree,
}

impl Rendering {
    /// The rendering that an `Accept` header asks for.
    pub(crate) fn of(accept: Option<&str>) -> Rendering {
        let asks_for_json = accept
            .is_some_and(|accept| accept.contains("application/json") && !accept.contains("xml"));
        if asks_for_json {
            Rendering::Json
        } else {
            Rendering::Xml
        }
    }

    /// The content type of the answer.
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Rendering::Xml => "text/xml",
            Rendering::Json | Rendering::Tree => "application/json",
        }
    }
}
