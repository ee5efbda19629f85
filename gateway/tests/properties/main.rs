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

mod languages;
mod pieces;
mod statements;

use languages::{body, path, regex};
use pieces::{corpus, mutation, text_of_pieces};
use statements::{container, statement};

const BODY: &str =
    r#"{"s":"a/b","n":null,"i":7,"f":1.5,"l":[1,"x",{"k":"v"}],"m":{"a":{"b":1}},"t":true}"#;

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
