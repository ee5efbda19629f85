//! Schemas against values, and the words for what is wrong.

use serde_json::{Value as Json, json};

use super::Library;

fn problems(schema: Json, value: &str) -> String {
    let mut library = Library::default();
    library.add("M", schema);
    let value: Json = serde_json::from_str(value).unwrap();
    library.model("M").unwrap().problems(&value).join(", ")
}

#[test]
fn what_is_wrong_is_said_as_api_gateway_says_it() {
    let object =
        json!({"required": ["bar"], "additionalProperties": false, "properties": {"bar": {}}});
    for (schema, value, expected) in [
        (
            object,
            r#"{"foo": 1}"#,
            r#"object has missing required properties (["bar"]), object instance has properties which are not allowed by the schema: ["foo"]"#,
        ),
        (
            json!({"type": "number"}),
            "null",
            r#"instance type (null) does not match any allowed primitive type (allowed: ["integer","number"])"#,
        ),
        (
            json!({"enum": ["x", 1]}),
            r#""z""#,
            r#"instance value ("z") not found in enum (possible values: ["x",1])"#,
        ),
        (
            json!({"maximum": 9}),
            "10",
            "numeric instance is greater than the required maximum (maximum: 9, found: 10)",
        ),
        (
            json!({"minimum": 1, "exclusiveMinimum": true}),
            "1.0",
            "numeric instance is not strictly greater than the required minimum 1",
        ),
        (
            json!({"multipleOf": 0.5}),
            "0.7",
            "remainder of division is not zero (0.7 / 0.5)",
        ),
        (
            json!({"maxLength": 3}),
            r#""äöüß""#,
            r#"string "äöüß" is too long (length: 4, maximum allowed: 3)"#,
        ),
        (
            json!({"pattern": "^[A-Z]$"}),
            r#""a""#,
            r#"ECMA 262 regex "^[A-Z]$" does not match input string "a""#,
        ),
        (
            json!({"uniqueItems": true}),
            "[1, 1.0]",
            "array must not contain duplicate elements",
        ),
        (
            json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
            "1",
            "instance failed to match at least one required schema among 2",
        ),
        (
            json!({"oneOf": [{}, {"type": "integer"}]}),
            "1",
            "instance failed to match exactly one schema (matched 2 out of 2)",
        ),
        (
            json!({"not": {"type": "integer"}}),
            "1",
            "instance matched a schema which it should not have",
        ),
    ] {
        assert_eq!(problems(schema, value), expected);
    }
}

#[test]
fn keywords_follow_draft_4() {
    for (schema, fitting, other) in [
        (json!({"type": "integer"}), "7", "7.0"),
        (json!({"type": ["string", "null"]}), "null", "1"),
        (json!({"maximum": 5, "exclusiveMaximum": true}), "4.9", "5"),
        (json!({"minLength": 2}), "7", r#""a""#),
        (json!({"minItems": 1, "maxItems": 2}), "[1]", "[]"),
        (
            json!({"items": {"type": "string"}}),
            r#"["a"]"#,
            r#"["a", 1]"#,
        ),
        (
            json!({"items": [{"type": "string"}], "additionalItems": false}),
            r#"["a"]"#,
            r#"["a", 1]"#,
        ),
        (
            json!({"items": [{}], "additionalItems": {"type": "null"}}),
            "[1, null]",
            "[1, 1]",
        ),
        (
            json!({"minProperties": 1, "maxProperties": 1}),
            r#"{"a": 1}"#,
            "{}",
        ),
        (
            json!({"patternProperties": {"^x": {"type": "null"}}, "additionalProperties": {"type": "string"}}),
            r#"{"x1": null, "y": "a"}"#,
            r#"{"x1": null, "y": null}"#,
        ),
        (
            json!({"dependencies": {"a": ["b"]}}),
            r#"{"c": 1}"#,
            r#"{"a": 1}"#,
        ),
        (
            json!({"dependencies": {"a": {"maxProperties": 1}}}),
            r#"{"a": 1}"#,
            r#"{"a": 1, "b": 2}"#,
        ),
        (
            json!({"allOf": [{"minimum": 1}, {"maximum": 2}]}),
            "1.5",
            "3",
        ),
        (
            json!({"definitions": {"n": {"type": "null"}}, "items": {"$ref": "#/definitions/n"}}),
            "[null]",
            "[1]",
        ),
        (
            json!({"properties": {"next": {"$ref": "#"}}, "additionalProperties": false}),
            r#"{"next": {"next": {}}}"#,
            r#"{"next": {"next": {"a": 1}}}"#,
        ),
        (json!({"format": "ipv4"}), r#""1.2.3.4""#, r#""1.2.3""#),
        (
            json!({"properties": {"a": {"type": "null"}}}),
            "[1]",
            r#"{"a": 1}"#,
        ),
    ] {
        assert_eq!(problems(schema.clone(), fitting), "", "{schema} {fitting}");
        assert_ne!(problems(schema.clone(), other), "", "{schema} {other}");
    }
}

#[test]
fn models_refer_to_each_other_in_every_form() {
    let mut library = Library::default();
    let root = library.import(json!({
        "components": {"schemas": {
            "A": {"type": "object", "required": ["b"], "properties": {"b": {"$ref": "#/components/schemas/B"}}},
            "B": {"type": "array", "items": {"$ref": "#/components/schemas/A"}, "minItems": 1},
        }},
        "definitions": {"C": {"type": "null"}},
    }));
    let url = "https://apigateway.amazonaws.com/restapis/abc/models/B";
    library.add(
        "D",
        json!({"properties": {"d": {"$ref": url}, "e": {"$ref": "#/definitions/C"}}}),
    );
    let fits = |name: &str, value: Json| library.model(name).unwrap().problems(&value).is_empty();
    assert!(
        fits("A", json!({"b": [{"b": []}]})),
        "an import drops minItems"
    );
    assert!(!fits("A", json!({"b": [{}]})));
    assert!(fits("C", json!(null)));
    assert!(fits("D", json!({"d": [], "e": null})));
    assert!(!fits("D", json!({"d": {}})));
    assert!(!fits("D", json!({"e": 1})));
    let inline = library.inline(root, &json!({"$ref": "#/components/schemas/B"}));
    assert!(!inline.unwrap().problems(&json!({})).is_empty());
    assert!(fits("Empty", json!([1])));
    assert!(fits("Error", json!({"message": "m"})));
    assert!(!fits("Error", json!({"message": 1})));
}

#[test]
fn what_is_malformed_is_refused() {
    let refused = |schema: Json| {
        let mut library = Library::default();
        library.add("M", schema);
        library.model("M").unwrap_err()
    };
    for (schema, expected) in [
        (
            json!({"type": "text"}),
            "invalid type text: expected array, ",
        ),
        (
            json!({"required": true}),
            "required must be a list, got true",
        ),
        (
            json!({"maxLength": -1}),
            "maxLength must be a whole number, got -1",
        ),
        (
            json!({"$ref": "#/definitions/X"}),
            "$ref #/definitions/X refers to no schema or model",
        ),
        (json!({"$ref": "#"}), "a $ref refers to itself"),
        (json!({"items": {"pattern": "("}}), "invalid pattern (: "),
        (json!([]), "a schema must be an object, got []"),
    ] {
        let error = refused(schema);
        assert!(error.starts_with(expected), "{error}");
    }
    assert_eq!(
        Library::default().model("X").unwrap_err(),
        "the model X does not exist"
    );
}

#[test]
fn hostile_schemas_and_values_come_to_an_end() {
    let endless = json!({"allOf": [{"$ref": "#"}]});
    assert!(problems(endless, "1").contains("takes too long"));
    let bomb = json!({"pattern": "^(a+)+$"});
    let text = format!("\"{}!\"", "a".repeat(60));
    assert!(problems(bomb, &text).contains("does not match"));
    let wide = json!({"anyOf": vec![json!({"items": {"$ref": "#"}, "minItems": 1}); 8]});
    let nested = format!("{}{}", "[".repeat(60), "]".repeat(60));
    assert!(!problems(wide, &nested).is_empty());
}
