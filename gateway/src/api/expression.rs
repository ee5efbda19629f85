//! The values of parameter mappings of HTTP APIs: `$request.body.detail`, `order-${context.requestId}`.
//! See `docs/aws/api-gateway.md#mapping-values`.

use kit::jsonpath::JsonPath;

use super::parameter_mapping::MappingSource;

/// A value, in parts that are put together.
#[derive(Debug, Default)]
pub(crate) struct ValueExpression(pub Vec<ValuePart>);

/// A part of a value.
#[derive(Debug)]
pub(crate) enum ValuePart {
    /// Text as it is.
    Text(String),
    /// `$request.path`: the path without the stage.
    RequestPath,
    /// Anything else of the request.
    Source(MappingSource),
}

impl ValueExpression {
    /// Reads a value: an expression as a whole (`$request.body`), or text with expressions in it
    /// (`${request.body.id}`).
    ///
    /// # Errors
    /// What begins like an expression is none.
    pub(crate) fn parse(text: &str) -> Result<ValueExpression, String> {
        let read = ValueExpression::parse_of_response(text)?;
        let is_of_reply = |part: &ValuePart| {
            matches!(
                part,
                ValuePart::Source(
                    MappingSource::ReplyMultiValueHeader(_) | MappingSource::ReplyBody(_)
                )
            )
        };
        match read.0.iter().any(is_of_reply) {
            true => Err(format!("{text}: a request has no response yet")),
            false => Ok(read),
        }
    }

    /// The same for a value of a response, which may also be of the backend's answer
    /// (`$response.header.x`).
    ///
    /// # Errors
    /// What begins like an expression is none.
    pub(crate) fn parse_of_response(text: &str) -> Result<ValueExpression, String> {
        let is_expression = |rest: &str| {
            let mut starts = ["request.", "response.", "context.", "stageVariables."].iter();
            starts.any(|start| rest.starts_with(start))
        };
        if let Some(rest) = text.strip_prefix('$')
            && is_expression(rest)
        {
            return Ok(ValueExpression(vec![part(rest)?]));
        }
        let (mut parts, mut rest) = (Vec::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            let (inner, tail) = after
                .split_once('}')
                .ok_or_else(|| format!("{text}: unclosed ${{"))?;
            if !before.is_empty() {
                parts.push(ValuePart::Text(before.to_owned()));
            }
            parts.push(part(inner.trim_start_matches('$'))?);
            rest = tail;
        }
        if !rest.is_empty() {
            parts.push(ValuePart::Text(rest.to_owned()));
        }
        Ok(ValueExpression(parts))
    }

    /// The text, when no request changes it.
    pub(crate) fn fixed(&self) -> Option<String> {
        let text = |part: &ValuePart| match part {
            ValuePart::Text(text) => Some(text.clone()),
            _ => None,
        };
        self.0.iter().map(text).collect()
    }
}

/// An expression behind its `$`.
fn part(text: &str) -> Result<ValuePart, String> {
    let wrong = |reason: &str| format!("${text}: {reason}");
    if text == "request.path" {
        return Ok(ValuePart::RequestPath);
    }
    if text == "request.body" {
        return Ok(ValuePart::Source(MappingSource::Body(None)));
    }
    let named = |prefix: &str| text.strip_prefix(prefix).filter(|rest| !rest.is_empty());
    let owned = ToOwned::to_owned;
    let source = if let Some(name) = named("request.header.") {
        MappingSource::MultiValueHeader(name.to_owned())
    } else if let Some(name) = named("request.querystring.") {
        MappingSource::MultiValueQueryString(name.to_owned())
    } else if let Some(name) = named("request.path.") {
        MappingSource::Path(name.to_owned())
    } else if let Some(path) = named("request.body.") {
        let path = JsonPath::parse(&format!("$.{path}"));
        MappingSource::Body(Some(path.map_err(|error| wrong(&error.to_string()))?))
    } else if let Some(name) = named("response.header.") {
        MappingSource::ReplyMultiValueHeader(name.to_owned())
    } else if text == "response.body" {
        MappingSource::ReplyBody(None)
    } else if let Some(path) = named("response.body.") {
        let path = JsonPath::parse(&format!("$.{path}"));
        MappingSource::ReplyBody(Some(path.map_err(|error| wrong(&error.to_string()))?))
    } else if let Some(path) = named("context.") {
        MappingSource::Context(path.split('.').map(owned).collect())
    } else if let Some(name) = named("stageVariables.") {
        MappingSource::StageVariable(name.to_owned())
    } else {
        return Err(wrong(
            "expected $request.header.N, .querystring.N, .path, .path.N, .body or .body.N, \
             $context.N or $stageVariables.N",
        ));
    };
    Ok(ValuePart::Source(source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_stand_alone_or_in_text() {
        for (text, expected) in [
            ("$request.body", "[Source(Body(None))]"),
            ("$request.path", "[RequestPath]"),
            ("$request.path.id", "[Source(Path(\"id\"))]"),
            ("$context.requestId", "[Source(Context([\"requestId\"]))]"),
            ("$5 off", "[Text(\"$5 off\")]"),
            (
                "a-${stageVariables.v}-b",
                "[Text(\"a-\"), Source(StageVariable(\"v\")), Text(\"-b\")]",
            ),
            (
                "${request.header.X-Trace}",
                "[Source(MultiValueHeader(\"X-Trace\"))]",
            ),
            (
                "$request.querystring.q",
                "[Source(MultiValueQueryString(\"q\"))]",
            ),
        ] {
            let parsed = ValueExpression::parse(text).unwrap();
            assert_eq!(format!("{:?}", parsed.0), expected, "{text}");
        }
        for (text, told) in [
            ("$request.bdy", "expected $request.header.N"),
            ("${nothing}", "expected $request.header.N"),
            ("${request.body", "unclosed ${"),
            ("$request.header.", "expected $request.header.N"),
        ] {
            let error = ValueExpression::parse(text).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
