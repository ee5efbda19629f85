//! What `--fix` writes, where only one answer is right. Pure; `fix` writes it, and takes back what
//! does not remove the finding.

use std::ops::Range;

use gateway::api::Integration;
use kit::document::{Node, Place};
use kit::excerpt::offset;

use super::finding::Fix;
use super::subject::{Subject, either};

/// Every success of a backend, spelt so that YAML and JSON read it.
const SUCCESS: &str = r#""2\\d{2}""#;

const ESCAPE: &str = "$util.escapeJavaScript(";

/// A placeholder within quotes of its own, without them.
pub(super) fn unquoted(subject: &Subject, node: &Node, placeholder: &str) -> Option<Fix> {
    let (text, quoted) = (node.text().ok()?, format!("\"{placeholder}\""));
    let at = text.find(&quoted)?;
    let span = at..at + quoted.len();
    let range = subject.sources.range(&node.place, text, &span)?;
    Some(Fix {
        file: node.place.file.clone(),
        edits: vec![(range, placeholder.to_owned())],
    })
}

/// The only response of an integration, for successes alone: API Gateway answers 500 to the rest.
pub(super) fn success_only(
    subject: &Subject,
    integration: &Integration,
    node: &Node,
) -> Option<Fix> {
    let [only] = integration.responses.as_slice() else {
        return None;
    };
    if only.pattern.is_some() {
        return None;
    }
    let of_place = |place: &Place| Some((place.clone(), subject.sources.text(&place.file)?));
    if let Some(responses) = either(node, "responses").and_then(|node| node.entries().ok()) {
        let [entry] = responses else { return None };
        let (place, text) = of_place(&entry.place)?;
        let start = offset(text, place.line, place.column);
        let spelt = ["\"default\"", "'default'", "default"];
        let spelt = spelt
            .into_iter()
            .find(|spelt| text[start..].starts_with(spelt))?;
        let range = start..start + spelt.len();
        return Some(Fix {
            file: place.file,
            edits: vec![(range, SUCCESS.to_owned())],
        });
    }
    let [response] = node.get("IntegrationResponses")?.list().ok()? else {
        return None;
    };
    let first = response.entries().ok()?.first()?;
    let (place, text) = of_place(&first.place)?;
    let start = offset(text, place.line, place.column);
    Some(Fix {
        file: place.file,
        edits: vec![(start..start, member(text, start))],
    })
}

/// `SelectionPattern` in front of the first member of a mapping, in the style of the mapping.
fn member(text: &str, start: usize) -> String {
    let before = text[..start].trim_end();
    if !before.ends_with('{') {
        let line = text[..start].rsplit('\n').next().unwrap_or_default();
        let indent = " ".repeat(line.chars().count());
        return format!("SelectionPattern: {SUCCESS}\n{indent}");
    }
    let name = match text[start..].starts_with('"') {
        true => "\"SelectionPattern\"",
        false => "SelectionPattern",
    };
    format!("{name}: {SUCCESS}, ")
}

/// Templates that take back the apostrophes of `$util.escapeJavaScript`, as AWS documents it:
/// `docs/aws/api-gateway.md#util`.
pub(super) fn apostrophes(subject: &Subject, node: &Node, source: &str) -> Option<Fix> {
    let text = subject.sources.text(&node.place.file)?;
    let start = offset(text, node.place.line, node.place.column);
    let added = match text.get(start..)?.chars().next()? {
        '"' => r#".replaceAll(\"\\\\'\", \"'\")"#,
        '\'' => r#".replaceAll("\\''", "''")"#,
        _ => r#".replaceAll("\\'", "'")"#,
    };
    let mut edits = Vec::new();
    for (at, _) in source.match_indices(ESCAPE) {
        let line = source[..at].rsplit('\n').next().unwrap_or_default();
        // Within a string of the template language, quotes would have to be doubled.
        if line.contains("#set") {
            return None;
        }
        let call = call(source, at)?;
        if source[call.end..].starts_with(".replaceAll(") {
            continue;
        }
        let range = subject.sources.range(&node.place, source, &call)?;
        edits.push((range.end..range.end, added.to_owned()));
    }
    (!edits.is_empty()).then(|| Fix {
        file: node.place.file.clone(),
        edits,
    })
}

/// The bytes of a call with its arguments, when its parentheses are paired.
fn call(source: &str, at: usize) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    for (offset, letter) in source[at..].char_indices() {
        match letter {
            '(' => depth += 1,
            ')' if depth <= 1 => return Some(at..at + offset + 1),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{call, member};

    #[test]
    fn a_member_has_the_style_of_its_mapping() {
        for (text, expected) in [
            (
                "R:\n  - StatusCode: 200\n",
                "SelectionPattern: \"2\\\\d{2}\"\n    ",
            ),
            (
                "R: [{StatusCode: 200}]",
                "SelectionPattern: \"2\\\\d{2}\", ",
            ),
            (
                "[{\n  \"StatusCode\": 200}]",
                "\"SelectionPattern\": \"2\\\\d{2}\", ",
            ),
        ] {
            let at = text
                .find("\"StatusCode")
                .or_else(|| text.find("StatusCode"));
            assert_eq!(member(text, at.unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn a_call_ends_with_its_own_parenthesis() {
        let source = "a $util.escapeJavaScript($input.path('$.x')).b()";
        assert_eq!(
            &source[call(source, 2).unwrap()],
            "$util.escapeJavaScript($input.path('$.x'))"
        );
        assert_eq!(call("f((", 0), None);
    }
}
