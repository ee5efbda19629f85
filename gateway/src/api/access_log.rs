//! The format of a stage's access log: text with `$context` variables in it. See
//! `docs/aws/api-gateway.md#access-log`.

/// `AccessLogSetting`: what a line of the access log is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLogFormat {
    /// Texts and variables, in order.
    pub pieces: Vec<FormatPiece>,
    /// What the whole is, which says how values are escaped in it.
    pub kind: FormatKind,
}

/// A part of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatPiece {
    /// Text that every line has.
    Text(String),
    /// A variable, without its `$context.`: `identity.sourceIp`.
    Variable(String),
}

/// What the lines of a format are. Console and documentation offer these; any other text is
/// [`FormatKind::Text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatKind {
    /// Values within quotes are escaped as JSON has it.
    Json,
    /// Values are escaped as XML has it.
    Xml,
    /// Values with a comma, quote or blank line are quoted.
    Csv,
    /// Quotes in values are escaped by a backslash, as in the common log format.
    Text,
}

const MARK: &str = "$context.";

impl AccessLogFormat {
    /// Reads a format.
    ///
    /// # Errors
    /// It names no request, or has more than one line: API Gateway refuses both.
    pub fn parse(format: &str) -> Result<AccessLogFormat, String> {
        let line = format.trim_end_matches(['\r', '\n']);
        if line.contains(['\r', '\n']) {
            return Err(
                "an access log format must be a single line; only its end may be a line break"
                    .to_owned(),
            );
        }
        let pieces = pieces(line);
        let names_a_request = pieces.iter().any(|piece| {
            matches!(piece, FormatPiece::Variable(name) if name == "requestId" || name == "extendedRequestId")
        });
        if !names_a_request {
            return Err(
                "an access log format must contain $context.requestId or $context.extendedRequestId"
                    .to_owned(),
            );
        }
        let kind = kind(line, &pieces);
        Ok(AccessLogFormat { pieces, kind })
    }
}

fn pieces(line: &str) -> Vec<FormatPiece> {
    let (mut pieces, mut text, mut rest) = (Vec::new(), String::new(), line);
    while let Some(at) = rest.find(MARK) {
        let (before, marked) = rest.split_at(at);
        text.push_str(before);
        let named = &marked[MARK.len()..];
        let name = variable(named);
        if name.is_empty() {
            text.push_str(MARK);
        } else {
            if !text.is_empty() {
                pieces.push(FormatPiece::Text(std::mem::take(&mut text)));
            }
            pieces.push(FormatPiece::Variable(name.to_owned()));
        }
        rest = &named[name.len()..];
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(FormatPiece::Text(text));
    }
    pieces
}

/// The longest name at the beginning of a text: words with dots between them.
fn variable(text: &str) -> &str {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    text[..end].trim_end_matches(['.', '-', ':'])
}

fn kind(line: &str, pieces: &[FormatPiece]) -> FormatKind {
    let is_comma = |piece: &FormatPiece| match piece {
        FormatPiece::Text(text) => text == ",",
        FormatPiece::Variable(_) => true,
    };
    match line.trim_start().chars().next() {
        Some('{' | '[') => FormatKind::Json,
        Some('<') => FormatKind::Xml,
        _ if pieces.len() > 1 && pieces.iter().all(is_comma) => FormatKind::Csv,
        _ => FormatKind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(format: &str) -> (FormatKind, String) {
        let format = AccessLogFormat::parse(format).unwrap();
        let piece = |piece: &FormatPiece| match piece {
            FormatPiece::Text(text) => text.clone(),
            FormatPiece::Variable(name) => format!("<{name}>"),
        };
        (
            format.kind,
            format.pieces.iter().map(piece).collect::<Vec<_>>().concat(),
        )
    }

    #[test]
    fn formats_are_texts_with_variables() {
        assert_eq!(
            shown("$context.identity.sourceIp [$context.requestTime] $context.requestId."),
            (
                FormatKind::Text,
                "<identity.sourceIp> [<requestTime>] <requestId>.".into()
            )
        );
        assert_eq!(
            shown(
                r#"{"id":"$context.requestId","claim":"$context.authorizer.claims.cognito:groups"}"#
            ),
            (
                FormatKind::Json,
                r#"{"id":"<requestId>","claim":"<authorizer.claims.cognito:groups>"}"#.into()
            )
        );
        assert_eq!(
            shown("$context.extendedRequestId,$context.status\n").0,
            FormatKind::Csv
        );
        assert_eq!(
            shown("<r id=\"$context.requestId\">$context. $other</r>"),
            (
                FormatKind::Xml,
                "<r id=\"<requestId>\">$context. $other</r>".into()
            )
        );
    }

    #[test]
    fn formats_that_api_gateway_refuses() {
        for (format, why) in [
            ("$context.status", "must contain $context.requestId"),
            ("$context.requestId\n$context.status", "a single line"),
        ] {
            let refusal = AccessLogFormat::parse(format).unwrap_err();
            assert!(refusal.contains(why), "{refusal}");
        }
    }
}
