//! A template for a form, and the same template with all that clients send encoded.

use std::ops::Range;

use crate::vtl::{Template, Treatment};

/// What of `$context` no client chooses, and what is written the same in a form.
const PLAIN: [&str; 9] = [
    "accountId",
    "apiId",
    "extendedRequestId",
    "httpMethod",
    "requestId",
    "requestTimeEpoch",
    "resourceId",
    "stage",
    "sourceIp",
];

/// What forms need: text of the client goes through `$util.urlEncode`.
const ENCODED: Treatment = Treatment {
    is_source: |root, steps| match root {
        "input" => true,
        "context" => !steps.iter().any(|name| PLAIN.contains(name)),
        _ => false,
    },
    treated_by: ("util", "urlEncode"),
};

/// A template in which every reference goes through `$util.urlEncode`.
#[derive(Debug, Clone)]
pub struct EncodedForm {
    /// The corrected template.
    pub template: Template,
    /// The references that were not encoded, as bytes of the template as it was.
    pub references: Vec<Range<usize>>,
}

/// The template with `$util.urlEncode` around each reference that prints text of the client as it
/// is; `None` when there is none, or the result would not be a template.
pub fn encoded_form(template: &Template) -> Option<EncodedForm> {
    let references = template.untreated(ENCODED);
    let source = template.source();
    let (mut corrected, mut at) = (String::with_capacity(source.len() + 32), 0);
    for span in &references {
        corrected += source.get(at..span.start)?;
        corrected += &format!("$util.urlEncode({})", source.get(span.clone())?);
        at = span.end;
    }
    corrected += source.get(at..)?;
    let template = Template::parse(template.name(), &corrected).ok()?;
    (!references.is_empty()).then_some(EncodedForm {
        template,
        references,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: Option<&str>) {
        let template = Template::parse("t", source).unwrap();
        let corrected = encoded_form(&template).map(|form| form.template.source().to_owned());
        assert_eq!(corrected.as_deref(), expected, "{source}");
    }

    #[test]
    fn what_clients_send_is_encoded_once() {
        for (source, expected) in [
            (
                "Action=SendMessage&MessageBody=$input.body",
                "Action=SendMessage&MessageBody=$util.urlEncode($input.body)",
            ),
            (
                "MessageBody=$!{input.json('$.a')}&X=$input.params('x')",
                "MessageBody=$util.urlEncode($!{input.json('$.a')})&X=$util.urlEncode($input.params('x'))",
            ),
            (
                "#set($b = $input.json('$'))#if($b)M=$b#else\nM=none#end",
                "#set($b = $input.json('$'))#if($b)M=$util.urlEncode($b)#else\nM=none#end",
            ),
            (
                "#foreach($k in $input.params().header.keySet())&A=$k#end",
                "#foreach($k in $input.params().header.keySet())&A=$util.urlEncode($k)#end",
            ),
            (
                "M=$util.base64Encode($input.body)",
                "M=$util.urlEncode($util.base64Encode($input.body))",
            ),
            (
                "#set($m = \"{\"\"b\"\":$input.body}\")M=$m",
                "#set($m = \"{\"\"b\"\":$input.body}\")M=$util.urlEncode($m)",
            ),
        ] {
            check(source, Some(expected));
        }
    }

    #[test]
    fn what_is_encoded_or_not_the_clients_stays() {
        for source in [
            "MessageBody=$util.urlEncode($input.body)",
            "#set($b = $input.body)#set($b = $util.urlEncode($b))M=$b",
            "M=$util.urlEncode(\"$input.body\")",
            "M=$stageVariables.queue&R=$context.requestId",
            "#set($a = 'x')M=$a&N=$input.path('$').size()",
            "M=\\$input.body",
        ] {
            check(source, None);
        }
    }
}
