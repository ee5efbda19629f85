//! Fills the placeholders of an integration's URI. See
//! `docs/aws/api-gateway.md#integration-uri`.

use std::borrow::Cow;

use indexmap::IndexMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is escaped in a path parameter that goes into a path: all but RFC 3986's unreserved
/// characters, and the slash, so that a greedy parameter stays several parts.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// What is escaped in a name or a value of a query.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A value as it stands in a path.
pub(super) fn in_path(value: &str) -> String {
    utf8_percent_encode(value, IN_PATH).to_string()
}

/// A name or a value as it stands in a query. A blank is `%20`, which every reader understands.
pub(super) fn in_query(value: &str) -> String {
    utf8_percent_encode(value, IN_QUERY).to_string()
}

/// A path whose parts are encoded as S3 encodes them when it checks a signature.
pub(super) fn encoded_path(path: &str) -> String {
    let part = |part: &str| {
        let decoded: Vec<u8> = percent_encoding::percent_decode_str(part).collect();
        percent_encoding::percent_encode(&decoded, IN_QUERY).to_string()
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// A query with further pairs.
pub(super) fn with_pairs<'p>(
    mut query: String,
    pairs: impl IntoIterator<Item = &'p (String, String)>,
) -> String {
    for (name, value) in pairs {
        if !query.is_empty() && !query.ends_with('&') {
            query.push('&');
        }
        query += &in_query(name);
        query.push('=');
        query += &in_query(value);
    }
    query
}

/// The text with stage variables in the place of `${stageVariables.name}`. A variable that does not
/// exist is empty.
pub(crate) fn stage_variables<'t>(
    text: &'t str,
    variables: &IndexMap<String, String>,
) -> Cow<'t, str> {
    const BEGIN: &str = "${stageVariables.";
    if !text.contains('$') {
        return text.into();
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        out += before;
        out += variables.get(name).map_or("", String::as_str);
        rest = tail;
    }
    (out + rest).into()
}

/// The text with mapped path parameters in the place of `{name}`, each encoded by `encode`. A name
/// that has no value becomes empty text.
///
/// # Errors
/// That of `encode`.
pub(super) fn parameters<E>(
    text: &str,
    mapped: &[(String, String)],
    encode: impl Fn(&str) -> Result<String, E>,
) -> Result<String, E> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        out += before;
        let value = mapped.iter().rev().find(|(key, _)| key == name);
        out += &encode(value.map_or("", |(_, value)| value))?;
        rest = tail;
    }
    Ok(out + rest)
}

/// Whether a URL drops this part of a path, with the part before it: a client could then call
/// another bucket or queue than the definition fixes. Our choice: what AWS does is not documented.
pub(super) fn climbs(part: &str) -> bool {
    let is_short = part.len() <= "%2e%2e".len();
    is_short
        && matches!(
            part.to_ascii_lowercase().replace("%2e", ".").as_str(),
            "." | ".."
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_take_values_and_vanish_without() {
        let variables = IndexMap::from([("host".to_owned(), "a.example".to_owned())]);
        assert_eq!(
            stage_variables(
                "http://${stageVariables.host}/${stageVariables.no}{x}",
                &variables
            ),
            "http://a.example/{x}"
        );
        let mapped = [("x".to_owned(), "a b".to_owned())];
        let filled = parameters("/{x}/{y}/{", &mapped, |value| Ok::<_, ()>(in_path(value)));
        assert_eq!(filled.as_deref(), Ok("/a%20b//{"));
    }

    #[test]
    fn queries_grow() {
        let pairs = [
            ("a b".to_owned(), "&=+".to_owned()),
            ("c".to_owned(), String::new()),
        ];
        assert_eq!(with_pairs(String::new(), &pairs), "a%20b=%26%3D%2B&c=");
        assert_eq!(with_pairs("x=1".to_owned(), &pairs[1..]), "x=1&c=");
    }
}
