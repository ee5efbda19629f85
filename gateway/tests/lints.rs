//! Lints: what can be rendered but hardly does what was meant, and the warning about it.

use gateway::mapping::lints;
use gateway::vtl::{ErrorKind, Template};

/// The messages and hints for a template, each with its place.
#[track_caller]
fn check(template: &str, expected: &[&str]) {
    let template = Template::parse("t", template).expect("the template can be read");
    let found: Vec<String> = lints(&template)
        .iter()
        .map(|lint| {
            format!(
                "{}:{} {}; {}",
                lint.line,
                lint.column,
                lint.message,
                lint.hint.as_deref().unwrap_or("")
            )
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn names_that_lead_nowhere() {
    check(
        "$util.urlencode($x)",
        &[
            "1:7 `$util` has no member `urlencode`, so this renders nothing; did you mean `urlEncode`?",
        ],
    );
    check(
        "a\n#if($input.jsn('$.a'))x#end",
        &["2:12 `$input` has no member `jsn`, so this renders nothing; did you mean `json`?"],
    );
    check(
        "$util.toJson($x)",
        &["1:7 `$util` has no member `toJson`, so this renders nothing; "],
    );
    check(
        "#set($n = $items.lenght())",
        &["1:18 no value has a method `lenght`, so this renders nothing; did you mean `length`?"],
    );
    check(
        "#foreach($e in $m.entryset())\"$e.getkey()\"#end",
        &[
            "1:19 no value has a method `entryset`, so this renders nothing; did you mean `entrySet`?",
            "1:34 no value has a method `getkey`, so this renders nothing; did you mean `getKey`?",
        ],
    );
    check(
        "#set($s = \"$util.base64Encod($x)\")#macro(m)$a.get($b.siz())#end",
        &[
            "1:18 `$util` has no member `base64Encod`, so this renders nothing; did you mean `base64Encode`?",
            "1:54 no value has a method `siz`, so this renders nothing; did you mean `size`?",
        ],
    );
}

#[test]
fn regular_expressions_that_are_none() {
    let why = "invalid regular expression `(a`: Unclosed group near index 2";
    check("$s.split('(a')", &[&format!("1:4 {why}; ")]);
    check(
        "#set($x = $s.trim().replaceAll(\"(a\", 'b'))",
        &[&format!("1:21 {why}; ")],
    );
    check(
        "$s.split(\"($a\")$s.replace('(a', '')$s.matches('a+')$s.contains('(')",
        &[],
    );
}

#[test]
fn what_the_context_has() {
    let hint = "did you mean `requestOverride`?";
    let message =
        format!("`$context` has no member `reqestOverride`, so this renders nothing; {hint}");
    check(
        "#set($context.reqestOverride.header.A = 1)",
        &[&format!("1:15 {message}")],
    );
    check(
        "$context.identity.sourceIp$context.get('x').size()$context['y']$context.keySet().size()",
        &[],
    );
}

#[test]
fn what_may_be_switched_off() {
    check(
        "a #evaluate($s)",
        &["1:3 `#evaluate` may be switched off on API Gateway; "],
    );
}

#[test]
fn unreadable_literals_are_failures_and_not_only_lints() {
    let kinds = |template: &str| -> Vec<ErrorKind> {
        let template = Template::parse("t", template).expect("the template can be read");
        lints(&template).iter().map(|lint| lint.kind).collect()
    };
    assert_eq!(
        kinds("$input.path('$[')$s.split('(')$util.nope()"),
        [ErrorKind::Render, ErrorKind::Render, ErrorKind::Lint]
    );
}

#[test]
fn paths_that_are_none() {
    check(
        "$input.path('$.a[')",
        &[
            "1:8 invalid JSON path `$.a[`, column 5: expected a quoted name, a number, `*` or `?(…)`; ",
        ],
    );
    check(
        "$input.json(\"$.a[\")",
        &[
            "1:8 invalid JSON path `$.a[`, column 5: expected a quoted name, a number, `*` or `?(…)`; ",
        ],
    );
    check(
        "$input.json(\"$.a.b[0]['c']\") $input.json($path) $input.params('$.[')",
        &[],
    );
}

#[test]
fn what_is_meant_is_no_lint() {
    check(
        "$input.body $input.params().path.id $a.b.c.size() $x.customMethod() $util.parseJson($x).a",
        &[],
    );
    check(
        "$util.escapeJavaScript($input.json('$')).replaceAll(\"'\", '').toString().hashCode()",
        &[],
    );
}
