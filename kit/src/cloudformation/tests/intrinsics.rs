//! Every intrinsic function: one use of it that is right, with its value, and one that is wrong,
//! with what is told.

use super::*;
use crate::cloudformation::function::NAMES;

/// A function, an argument with its value as JSON, and an argument with what is told.
const ROWS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "Ref",
        "Env",
        r#""dev""#,
        "Nobody",
        "Ref Nobody: no such parameter or resource",
    ),
    (
        "Fn::GetAtt",
        "[Q, Arn]",
        r#""arn:aws:sqs:eu-west-1:123456789012:tide-Q""#,
        "[Q, Size]",
        "GetAtt Q.Size: AWS::SQS::Queue has no attribute Size",
    ),
    (
        "Fn::Sub",
        "['${Env}-${x}-${!y}', {x: 1}]",
        r#""dev-1-${y}""#,
        "'${Nobody}'",
        "Nobody",
    ),
    (
        "Fn::Join",
        "['-', [a, !Ref Env]]",
        r#""a-dev""#,
        "[a]",
        "Join takes two arguments",
    ),
    (
        "Fn::Select",
        "[1, [a, b]]",
        r#""b""#,
        "[5, [a]]",
        "Select: the list has no element 5",
    ),
    (
        "Fn::Split",
        "['-', a-b]",
        r#"["a","b"]"#,
        "['', a]",
        "Split: the separator is empty",
    ),
    ("Fn::If", "[IsDev, 1, 2]", "1", "[Nobody, 1, 2]", "Nobody"),
    (
        "Fn::FindInMap",
        "[M, !Ref Env, x]",
        r#""found""#,
        "[M, prod, x]",
        "no such entry: M.prod.x",
    ),
    ("Fn::Base64", "hi", r#""aGk=""#, "[a]", "expected text"),
    (
        "Fn::Cidr",
        "[10.0.0.0/16, 2, 8]",
        r#"["10.0.0.0/24","10.0.1.0/24"]"#,
        "[nowhere, 2, 8]",
        "Cidr takes a block",
    ),
    (
        "Fn::GetAZs",
        "''",
        r#"["eu-west-1a","eu-west-1b","eu-west-1c"]"#,
        "[a]",
        "expected text",
    ),
    (
        "Fn::ImportValue",
        "other-Queue",
        r#""given""#,
        "other-Nothing",
        "other-Nothing",
    ),
    (
        "Fn::Length",
        "[a, b, c]",
        "3",
        "a",
        "expected a list, found text",
    ),
    (
        "Fn::ToJsonString",
        "{a: !Ref Env}",
        r#""{\"a\":\"dev\"}""#,
        "{a: !Ref Nobody}",
        "Nobody",
    ),
];

/// Functions of conditions: as above, with what the condition is.
const CONDITIONS: &[(&str, &str, bool, &str, &str)] = &[
    (
        "Fn::Equals",
        "[!Ref Env, dev]",
        true,
        "[a]",
        "Equals takes two arguments",
    ),
    (
        "Fn::And",
        "[{Condition: IsDev}, {'Fn::Equals': [1, 2]}]",
        false,
        "a",
        "expected a list, found text",
    ),
    (
        "Fn::Or",
        "[{Condition: IsDev}, {'Fn::Equals': [1, 2]}]",
        true,
        "a",
        "expected a list, found text",
    ),
    (
        "Fn::Not",
        "[{Condition: IsDev}]",
        false,
        "[]",
        "Not takes one condition",
    ),
    ("Condition", "IsDev", true, "Nobody", "Nobody"),
];

/// Functions that are read where they stand, and not as values: their tests are beside them.
const ELSEWHERE: &[&str] = &["Fn::Transform", "Fn::ForEach"];

fn read(condition: &str, value: &str) -> (Option<String>, String) {
    let text = format!(
        r#"
Parameters: {{Env: {{Type: String, Default: dev}}}}
Mappings: {{M: {{dev: {{x: found}}}}}}
Conditions:
  IsDev: !Equals [!Ref Env, dev]
  C: {condition}
Resources:
  Q: {{Type: AWS::SQS::Queue}}
  T:
    Type: AWS::SQS::Queue
    Properties: {{Tags: [{value}]}}
"#
    );
    let root = Node::parse("t.yaml", &text).unwrap();
    let secrets = [("other-Queue".to_owned(), "given".to_owned())];
    let inputs = Inputs {
        secrets: secrets.into_iter().collect(),
        ..Inputs::default()
    };
    let mut problems = Vec::new();
    let stack = Stack::load(&root, &inputs, &account(), &mut problems).unwrap();
    let tagged = stack.resources.iter().find(|one| one.logical_id == "T");
    let tag = tagged.and_then(|one| one.properties.get("Tags")?.list().ok()?.first());
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    (tag.map(|node| node.to_json().to_string()), told.join("\n"))
}

#[test]
fn each_function_has_its_value_and_tells_what_is_wrong() {
    let (fine, mut wrong_rows) = ("!Equals [1, 1]", Vec::new());
    let mut expect = |name: &str, is_right: bool, found: String| {
        if !is_right {
            wrong_rows.push(format!("{name}: {found}"));
        }
    };
    for (name, argument, expected, wrong, told) in ROWS {
        let found = read(fine, &format!("{{'{name}': {argument}}}"));
        let is_right = found.0.as_deref() == Some(*expected) && found.1.is_empty();
        expect(name, is_right, format!("{expected}: {found:?}"));
        let (_, problems) = read(fine, &format!("{{'{name}': {wrong}}}"));
        expect(name, problems.contains(told), format!("{told}: {problems}"));
    }
    for (name, argument, expected, wrong, told) in CONDITIONS {
        let value = "!If [C, true, false]";
        let found = read(&format!("{{'{name}': {argument}}}"), value);
        let is_right = found.0 == Some(expected.to_string()) && found.1.is_empty();
        expect(name, is_right, format!("{expected}: {found:?}"));
        let (_, problems) = read(&format!("{{'{name}': {wrong}}}"), value);
        expect(name, problems.contains(told), format!("{told}: {problems}"));
        let (_, problems) = read(fine, &format!("{{'{name}': {argument}}}"));
        let is_told = problems.contains("only allowed in Conditions");
        expect(name, is_told, format!("as a value: {problems}"));
    }
    assert!(wrong_rows.is_empty(), "{}", wrong_rows.join("\n"));
}

#[test]
fn no_function_is_without_a_row() {
    let rows = ROWS.iter().map(|row| row.0);
    let conditions = CONDITIONS.iter().map(|row| row.0);
    let known: Vec<&str> = rows
        .chain(conditions)
        .chain(ELSEWHERE.iter().copied())
        .collect();
    for name in NAMES {
        assert!(known.contains(&name), "{name}");
    }
}
