//! What can be rendered but was hardly meant, and what is said about it.

use gateway::mapping::doubts;
use gateway::vtl::Template;

/// The messages and hints for a template, each with its place.
#[track_caller]
fn check(template: &str, expected: &[&str]) {
    let template = Template::parse("t", template).expect("the template can be read");
    let found: Vec<String> = doubts(&template)
        .iter()
        .map(|doubt| {
            format!("{}:{} {}; {}", doubt.line, doubt.column, doubt.message, doubt.hint.as_deref().unwrap_or(""))
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn names_that_lead_nowhere() {
    check("$util.urlencode($x)", &["1:7 `$util` has no `urlencode`: it renders nothing; did you mean `urlEncode`?"]);
    check("a\n#if($input.jsn('$.a'))x#end", &["2:12 `$input` has no `jsn`: it renders nothing; did you mean `json`?"]);
    check("$util.toJson($x)", &["1:7 `$util` has no `toJson`: it renders nothing; "]);
    check(
        "#set($n = $items.lenght())",
        &["1:18 no value has a method `lenght`: it renders nothing; did you mean `length`?"],
    );
    check(
        "#foreach($e in $m.entryset())\"$e.getkey()\"#end",
        &[
            "1:19 no value has a method `entryset`: it renders nothing; did you mean `entrySet`?",
            "1:34 no value has a method `getkey`: it renders nothing; did you mean `getKey`?",
        ],
    );
    check(
        "#set($s = \"$util.base64Encod($x)\")#macro(m)$a.get($b.siz())#end",
        &[
            "1:18 `$util` has no `base64Encod`: it renders nothing; did you mean `base64Encode`?",
            "1:54 no value has a method `siz`: it renders nothing; did you mean `size`?",
        ],
    );
}

#[test]
fn paths_that_are_none() {
    check(
        "$input.path('$.a[')",
        &["1:8 bad JSON path `$.a[`, column 5: expected a quoted name, a number, `*` or `?(…)`; "],
    );
    check("$input.json(\"$.a.b[0]['c']\") $input.json($path) $input.params('$.[')", &[]);
}

#[test]
fn what_is_meant_is_not_doubted() {
    check("$input.body $input.params().path.id $a.b.c.size() $x.customMethod() $util.parseJson($x).a", &[]);
    check("$util.escapeJavaScript($input.json('$')).replaceAll(\"'\", '').toString().hashCode()", &[]);
}
