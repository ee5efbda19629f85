//! What holds for every template: nothing panics or hangs, what was rendered once renders so again,
//! and a template that is printed and read again is the same template.
//!
//! Texts are arbitrary, grown from pieces of the grammar, or from the corpus in `tests/corpus/`
//! with pieces cut out and put in. That is also the fuzzer:
//! `PROPTEST_CASES=200000 cargo test -p gateway --test properties` runs it for a minute or so. A
//! text that fails is added to the corpus.

use gateway::mapping::{Context, Input, Parameters, render};
use gateway::vtl::Template;
use indexmap::IndexMap;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const BODY: &str =
    r#"{"s":"a/b","n":null,"i":7,"f":1.5,"l":[1,"x",{"k":"v"}],"m":{"a":{"b":1}},"t":true}"#;

/// Pieces that mean something in a template, alone or together.
const PIECES: &[&str] = &[
    "$",
    "#",
    "!",
    "\\",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ".",
    "..",
    ",",
    ":",
    "\"",
    "'",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "##",
    "#*",
    "*#",
    "#[[",
    "]]#",
    "a",
    "b",
    "$a",
    "${a}",
    "$!a",
    "$!{a.b}",
    "$a.b",
    "$a.b()",
    "$a[0]",
    "$a.get(\"k\")",
    "$l",
    "$l.add($a)",
    "$l.size()",
    "$m.k",
    "$m.entrySet()",
    "#set($a = 1)",
    "#set($l = [1, 2])",
    "#set($m = {\"k\" : \"v\"})",
    "#set($s = \"x$a\")",
    "#set(",
    "#if(",
    "#if($a)",
    "#if($a == 1)",
    "#elseif(true)",
    "#else",
    "#{else}",
    "#end",
    "#{end}",
    "#end\n",
    "#foreach($i in $l)",
    "#foreach($i in [1..3])",
    "$foreach.count",
    "#break",
    "#stop",
    "#define($d)",
    "$d",
    "#macro(f $p)",
    "#f(1)",
    "#f($a)",
    "#@f(2)",
    "$bodyContent",
    "#evaluate($s)",
    "#evaluate(\"$a\")",
    "#literal()",
    "#include('x')",
    "1",
    "-1",
    "1.5",
    "99999999999999999999",
    "true",
    "false",
    "null",
    "and",
    "or",
    "not",
    "==",
    "!=",
    "<",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "=",
    "&&",
    "||",
    "in",
    "$input.body",
    "$input.json('$')",
    "$input.path('$.l')",
    "$input.params('x')",
    "$util.urlEncode($a)",
    "$util.parseJson('[1]')",
    "$context.requestId",
    "$context.responseOverride",
    "$stageVariables.x",
    "\\$a",
    "\\#if",
    "\\u0041",
    "é",
    "😀",
    "$s.replaceAll('a*', '$0')",
    "$s.split(',')",
    "$s.substring(1)",
    "$s.format('%5s', $a)",
    "$m.put($m, $l)",
    "#set($m[$l] = $m)",
    "#set($m = {$m : $l})",
    "#set($l = [$l, $m])",
    "$m.keySet()",
    "$m.values()",
    "$m.entrySet().iterator().next()",
];

fn text_of_pieces() -> impl Strategy<Value = String> {
    vec(select(PIECES), 0..40).prop_map(|pieces| pieces.concat())
}

/// Statements that put lists, maps and what maps show into one another, as items, values and keys.
fn container() -> impl Strategy<Value = String> {
    let holder = || select(&["$l", "$m", "$n", "$e", "$v", "$a"][..]);
    let value = prop_oneof![
        holder().prop_map(str::to_owned),
        holder().prop_map(|holder| format!("{holder}.keySet()")),
        holder().prop_map(|holder| format!("{holder}.values()")),
        holder().prop_map(|holder| format!("{holder}.entrySet()")),
        holder().prop_map(|holder| format!("{holder}.iterator()")),
        holder().prop_map(|holder| format!("$input.path('$.{}')", &holder[1..])),
        select(&["1", "0.5", "99999999999999999999", "'x'", "{}", "true"][..])
            .prop_map(str::to_owned),
    ];
    let method = select(
        &[
            "put",
            "add",
            "remove",
            "get",
            "contains",
            "containsKey",
            "equals",
            "addAll",
            "putAll",
            "retainAll",
            "removeAll",
            "replace",
            "setValue",
            "indexOf",
            "compareTo",
        ][..],
    );
    prop_oneof![
        (holder(), value.clone()).prop_map(|(holder, value)| format!("#set({holder} = {value})")),
        (holder(), value.clone(), value.clone())
            .prop_map(|(holder, key, item)| format!("#set({holder} = {{{key} : {item}}})")),
        (holder(), value.clone())
            .prop_map(|(holder, item)| format!("#set({holder} = [{item}, 1])")),
        (holder(), holder(), value.clone())
            .prop_map(|(holder, key, item)| format!("#set({holder}[{key}] = {item})")),
        (holder(), method.clone(), value.clone())
            .prop_map(|(holder, method, value)| format!("{holder}.{method}({value})")),
        (holder(), method, value.clone(), value.clone())
            .prop_map(|(holder, method, one, two)| format!("{holder}.{method}({one}, {two})")),
        (value.clone(), holder())
            .prop_map(|(list, print)| format!("#foreach($e in {list}){print}#end")),
        (value.clone(), value).prop_map(|(one, two)| format!(
            "#set($x = {one})#set($y = {two})#if($x == $y)$x.hashCode()#end"
        )),
    ]
}

/// Something like a regular expression of Java's.
fn regex() -> impl Strategy<Value = String> {
    let leaf = select(
        &[
            "a",
            "x",
            ".",
            "\\w",
            "\\D",
            "\\p{L}",
            "\\P{Lu}",
            "^",
            "$",
            "\\b",
            "\\1",
            "[a-z&&[^x]]",
            "[^\\w&&x]",
            "[]a]",
            "\\Q.\\E",
            "(?i)",
            "(?iu)é",
            "()",
            "[",
            "(",
            "|",
            "&&",
        ][..],
    );
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, |inner| {
            let quantifier = select(&["*", "+?", "?+", "{2}", "{0,1000}", "{1000}", "{3,}"][..]);
            let group = select(
                &[
                    "(", "(?:", "(?>", "(?=", "(?!", "(?<=", "(?<!", "(?<n>", "[",
                ][..],
            );
            prop_oneof![
                (inner.clone(), quantifier)
                    .prop_map(|(inner, quantifier)| format!("{inner}{quantifier}")),
                (group, inner.clone()).prop_map(|(group, inner)| format!(
                    "{group}{inner}{}",
                    if group == "[" { "]" } else { ")" }
                )),
                vec(inner.clone(), 1..3).prop_map(|parts| parts.concat()),
                (inner.clone(), inner).prop_map(|(one, two)| format!("{one}|{two}")),
            ]
        })
}

/// Something like a JSON path.
fn path() -> impl Strategy<Value = String> {
    let leaf = select(
        &[
            "$",
            "@",
            ".l",
            ".m",
            "..a",
            ".*",
            "..*",
            "[0]",
            "[0,1]",
            "[-2:]",
            "[*]",
            "['a','b']",
            ".length()",
            "[",
            "R&D",
            "..['m']",
        ][..],
    );
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, |inner| {
            let test = select(
                &[
                    "== 1",
                    "> 'a'",
                    "in ['x', 1]",
                    "=~ /(?=a)a.*/i",
                    "size 2",
                    "empty true",
                    "&& @.a",
                    "",
                ][..],
            );
            prop_oneof![
                (inner.clone(), test).prop_map(|(inner, test)| format!("[?(@{inner} {test})]")),
                inner
                    .clone()
                    .prop_map(|inner| format!("[?(!(@{inner}) || $..x)]")),
                vec(inner, 1..4).prop_map(|parts| parts.concat()),
            ]
        })
}

/// Text that is JSON, or nearly.
fn body() -> impl Strategy<Value = String> {
    let piece = select(
        &[
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"a\"",
            "'b'",
            "1",
            "-0.5e9",
            "null",
            "tru",
            "\"\\u00e9\"",
            "\\",
            "\"",
            " ",
            "1e400",
            "\"$serde_json::private::Number\"",
            "{\"a\":[1,{\"a\":2}]}",
        ][..],
    );
    vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

/// A statement that is well formed, or nearly.
fn statement() -> impl Strategy<Value = String> {
    let leaf = select(PIECES).prop_map(str::to_owned);
    leaf.prop_recursive(5, 64, 4, |inner| {
        let body = vec(inner, 0..4).prop_map(|statements| statements.concat());
        let expression = expression();
        prop_oneof![
            (expression.clone(), body.clone())
                .prop_map(|(condition, body)| format!("#if({condition}){body}#end")),
            (expression.clone(), body.clone(), body.clone()).prop_map(
                |(condition, yes, no)| format!("#if({condition})\n{yes}#else\n{no}#end\n")
            ),
            (expression.clone(), body.clone())
                .prop_map(|(list, body)| format!("#foreach($i in [{list}]){body}#end")),
            expression.prop_map(|value| format!("#set($a = {value})")),
            body.clone()
                .prop_map(|body| format!("#define($d){body}#end$d")),
            body.clone()
                .prop_map(|body| format!("#macro(f $p){body}#end#f($a)#@f(1)x#end")),
            body.prop_map(|body| format!("#set($s = \"{}\")$s", body.replace('"', "\"\""))),
        ]
    })
}

fn expression() -> impl Strategy<Value = String> + Clone {
    let leaf = select(
        &[
            "$a",
            "$i",
            "$l",
            "$m.k",
            "1",
            "-2",
            "1.5",
            "'x'",
            "\"$a\"",
            "true",
            "[1, $a]",
            "{'k' : 1}",
        ][..],
    );
    let operator = select(
        &[
            "+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||",
        ][..],
    );
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 32, 2, move |inner| {
            prop_oneof![
                (inner.clone(), operator.clone(), inner.clone())
                    .prop_map(|(one, op, two)| format!("{one} {op} {two}")),
                inner.clone().prop_map(|inner| format!("!({inner})")),
                inner.prop_map(|inner| format!("({inner})")),
            ]
        })
}

/// A file of the corpus with something cut out and a piece put in.
fn mutation() -> impl Strategy<Value = String> {
    (select(corpus()), any::<(usize, usize)>(), select(PIECES)).prop_map(
        |(text, (at, length), piece)| {
            let characters: Vec<char> = text.chars().collect();
            let at = at % (characters.len() + 1);
            let end = at + (length % 8).min(characters.len() - at);
            characters[..at]
                .iter()
                .copied()
                .chain(piece.chars())
                .chain(characters[end..].iter().copied())
                .collect()
        },
    )
}

fn corpus() -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let entries = std::fs::read_dir(folder).expect("the corpus is there");
    let mut texts: Vec<String> = entries
        .map(|entry| {
            std::fs::read_to_string(entry.expect("an entry can be read").path())
                .expect("the corpus is text")
        })
        .collect();
    texts.sort();
    assert!(texts.len() > 10, "the corpus is nearly empty");
    texts
}

/// Reads, renders twice, prints and reads again.
fn check(text: &str) -> Result<(), TestCaseError> {
    let Ok(template) = Template::parse("property", text) else {
        return Ok(());
    };
    let first = outcome(&template);
    prop_assert_eq!(&first, &outcome(&template), "rendering twice differs");
    let printed = template.to_string();
    let again = Template::parse("property", &printed).map_err(|error| {
        TestCaseError::fail(format!(
            "printed as {printed:?}, which cannot be read: {error}"
        ))
    })?;
    prop_assert_eq!(&printed, &again.to_string(), "printing twice differs");
    // A printed string may be longer than the one that was read, and places differ: only outputs
    // must be the same.
    if let (Ok(one), Ok(two)) = (first, outcome(&again)) {
        prop_assert_eq!(one, two, "printed as {:?}", printed);
    }
    Ok(())
}

fn outcome(template: &Template) -> Result<String, String> {
    outcome_of(template, BODY)
}

fn outcome_of(template: &Template, body: &str) -> Result<String, String> {
    let parameters = Parameters {
        path: [("x".to_owned(), "1".to_owned())].into_iter().collect(),
        ..Parameters::default()
    };
    let input = Input {
        body,
        parameters: &parameters,
    };
    render(template, &input, &IndexMap::new(), &mut Context::default())
        .map_err(|error| error.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text(text in any::<String>()) {
        check(&text)?;
    }

    #[test]
    fn pieces_in_any_order(text in text_of_pieces()) {
        check(&text)?;
    }

    #[test]
    fn grown_statements(statements in vec(statement(), 0..6)) {
        check(&statements.concat())?;
    }

    #[test]
    fn mutated_corpus(text in mutation()) {
        check(&text)?;
    }
}

// A case of these takes longer: they get fewer.
proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: ProptestConfig::default().cases / 16,
        ..ProptestConfig::default()
    })]

    #[test]
    fn containers_in_one_another(statements in vec(container(), 0..12)) {
        let start = "#set($l = [])#set($m = {})#set($n = {'k' : 1})#set($e = {})#set($v = $n.values())";
        check(&format!("{start}{}$l$m$n$e$v$a", statements.concat()))?;
    }

    #[test]
    fn regular_expressions(regex in regex(), text in "[ax é]{0,12}") {
        check(&format!("#set($s = '{text}')#set($p = '{regex}')$s.matches($p)$s.replaceAll($p, '<$0>')$s.split($p).size()"))?;
    }

    #[test]
    fn paths_and_bodies(path in path(), body in body()) {
        let path = path.replace('"', "\"\"");
        let text = format!("$input.json(\"$.m\")$input.path(\"{path}\")$input.json(\"{path}\")");
        check(&text)?;
        if let Ok(template) = Template::parse("property", &text) {
            prop_assert_eq!(outcome_of(&template, &body), outcome_of(&template, &body));
        }
    }
}

#[test]
fn the_corpus_itself() {
    for text in corpus() {
        check(&text).unwrap_or_else(|failure| panic!("{failure}: {text:?}"));
    }
}
