use super::*;

fn node(text: &str) -> Node {
    Node::parse("t.yaml", text).expect("a document")
}

#[test]
fn texts_are_changed_wherever_they_are() {
    let node = Node::parse("t", "{a: x, b: [1, {c: !Sub x}]}").unwrap();
    let doubled = node.map_texts(&|node, text| Node {
        value: Value::String(text.repeat(2)),
        ..node.clone()
    });
    assert_eq!(
        doubled.to_json().to_string(),
        r#"{"a":"xx","b":[1,{"c":"xx"}]}"#
    );
    let inner = &doubled.get("b").unwrap().list().unwrap()[1];
    assert_eq!(inner.get("c").unwrap().tag.as_deref(), Some("Sub"));
    for (text, is_blank) in [
        ("''", true),
        ("[{a: ''}, []]", true),
        ("[0]", false),
        ("x", false),
    ] {
        assert_eq!(
            Node::parse("t", text).unwrap().is_blank(),
            is_blank,
            "{text}"
        );
    }
}

#[test]
fn values_know_their_place() {
    let root = node("a:\n  - 1\n  - b: !Sub x\n");
    let list = root.get("a").unwrap().list().unwrap();
    assert_eq!(list[0].place.to_string(), "t.yaml:2:5");
    let sub = list[1].get("b").unwrap();
    assert_eq!(
        (sub.text().unwrap(), sub.tag.as_deref(), sub.place.line),
        ("x", Some("Sub"), 3)
    );
}

#[test]
fn text_is_what_was_written() {
    let root = node("account: 000000000012\nrate: 1.50\nquoted: '7'\nyes: true\nnone:\n");
    assert_eq!(root.get("account").unwrap().text().unwrap(), "000000000012");
    assert_eq!(root.get("rate").unwrap().text().unwrap(), "1.50");
    assert_eq!(root.get("quoted").unwrap().integer().unwrap(), 7);
    assert!(root.get("yes").unwrap().boolean().unwrap());
    let message = root.get("none").unwrap().text().unwrap_err().to_string();
    assert!(
        message.ends_with("expected text, found nothing"),
        "{message}"
    );
}

#[test]
fn json_keeps_order_numbers_and_places() {
    let root = node("{\n\t\"z\": 1.50,\n\t\"a\": {\"u\": \"\\u00e9\\/\"}\n}");
    assert_eq!(root.to_json().to_string(), r#"{"z":1.50,"a":{"u":"é/"}}"#);
    assert_eq!(root.get("a").unwrap().place.line, 3);
}

#[test]
fn a_range_is_named_when_it_is_missed() {
    let message = node("n: 30000")
        .get("n")
        .unwrap()
        .integer_in(50..=29_000)
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "t.yaml:1:4: 30000 is out of range: expected 50 to 29000"
    );
}

#[test]
fn a_bracket_that_is_never_closed_is_named() {
    for (text, told) in [
        ("a:\n  b: {c: 1\n  d: 2\n", "(the { at 2:6 is not closed)"),
        (
            "a: [1, '[', \"{\" # [\nb: 2\n",
            "(the [ at 1:4 is not closed)",
        ),
        ("a:\n\tb: 1\n", ": indent with spaces"),
    ] {
        let problem = Node::parse("f", text).unwrap_err().to_string();
        assert!(problem.contains(told), "{problem}");
    }
}
