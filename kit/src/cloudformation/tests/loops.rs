use super::load;

#[test]
fn loops_are_written_out() {
    let text = r#"
Transform: AWS::LanguageExtensions
Parameters: {Names: {Type: CommaDelimitedList, Default: "orders,re-turns"}}
Resources:
  Fn::ForEach::Queues:
    - Name
    - !Ref Names
    - Queue&{Name}:
        Type: AWS::SQS::Queue
        Properties:
          QueueName: !Sub "x-${Name}"
          Tags:
            Fn::ForEach::Tags: [Tag, !Split [",", "a,b"], {"${Tag}-${Name}": {Ref: Tag}}]
"#;
    let (stack, problems) = load(text, &[]).unwrap();
    assert_eq!(problems, []);
    let shown = stack.resources.iter().map(|one| {
        let properties = one.properties.to_json().to_string();
        (one.logical_id.as_str(), properties)
    });
    let expected = [
        (
            "Queueorders",
            r#"{"QueueName":"x-orders","Tags":{"a-orders":"a","b-orders":"b"}}"#,
        ),
        (
            "Queuereturns",
            r#"{"QueueName":"x-re-turns","Tags":{"a-re-turns":"a","b-re-turns":"b"}}"#,
        ),
    ];
    let expected = expected.map(|(name, properties)| (name, properties.to_owned()));
    assert_eq!(shown.collect::<Vec<_>>(), expected);
    let (_, problems) = load(&text.replace("!Ref Names", "!Ref Nope"), &[]).unwrap();
    assert_eq!(
        problems[0].message,
        "Ref Nope: no such parameter or resource"
    );
}

#[test]
fn a_loop_that_is_none_is_told() {
    for (collection, told) in [
        ("3", "expected a list, found a number"),
        ("[a, [b]]", "expected text, found a list"),
    ] {
        let text = format!(
            "Resources:\n  Fn::ForEach::Q: [N, {collection}, {{'Q${{N}}': {{Type: AWS::SQS::Queue}}}}]\n"
        );
        let (_, problems) = load(&text, &[]).unwrap();
        assert_eq!(problems[0].message, told);
    }
    let text = "Resources:\n  Fn::ForEach::Q: [N, [a]]\n";
    let (_, problems) = load(text, &[]).unwrap();
    let told = "Fn::ForEach::Q: expected an identifier, a list and a mapping";
    assert_eq!(problems[0].message, told);
}
