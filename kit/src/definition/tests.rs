use super::*;
use crate::cloudformation::{Account, Inputs};
use crate::document::Node;

fn account() -> Account {
    Account {
        region: "eu-west-1".into(),
        account_id: "000000000000".into(),
        stack_name: "tidegate".into(),
    }
}

fn load(text: &str, lenient: bool) -> Result<Declarations, LoadError> {
    let roots = vec![Node::parse("f", text)?.into()];
    let definition = Sources::new(roots, Inputs::default(), None, lenient).load(&account());
    definition.check(Vec::new())?;
    Ok(definition)
}

#[test]
fn the_built_in_definition_loads() {
    let definition = DefinitionArgs::default().load(&account()).unwrap();
    assert!(
        definition.stacks[0]
            .of_kind("AWS::ApiGateway::RestApi")
            .next()
            .is_some()
    );
}

#[test]
fn the_kind_is_found_by_content() {
    assert_eq!(load("openapi: 3.0.1", false).unwrap().apis.len(), 1);
    assert_eq!(
        load(r#"{"Name":"p","Source":"s","Target":"t"}"#, false)
            .unwrap()
            .pipes
            .len(),
        1
    );
    assert_eq!(
        load(r#"{"ApiDestinationArn":"a","ConnectionArn":"c"}"#, false)
            .unwrap()
            .api_destinations
            .len(),
        1
    );
    assert_eq!(
        load(
            r#"{"ConnectionArn":"c","AuthorizationType":"BASIC"}"#,
            false
        )
        .unwrap()
        .connections
        .len(),
        1
    );
    assert!(
        load("hello: world", false)
            .unwrap_err()
            .to_string()
            .starts_with("f:1:1: unknown kind of definition")
    );
}

#[test]
fn unsupported_is_loud_unless_lenient_and_wrong_is_loud_always() {
    let unsupported = "Resources:\n  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Unheard a}}\n  \
                       B: {Type: AWS::SQS::Queue, Properties: {QueueName: !Macro b}}\n  C: {Type: AWS::SQS::Queue}\n";
    let message = load(unsupported, false).unwrap_err().to_string();
    let expected = [
        "f:2:54: Fn::Unheard is not supported",
        "f:3:54: Fn::Macro is not supported",
        "(use --lenient to start without what is not supported)",
    ];
    assert_eq!(message, expected.join("\n"));
    let resources = &load(unsupported, true).unwrap().stacks[0].resources;
    assert_eq!(
        resources
            .iter()
            .map(|resource| resource.logical_id.as_str())
            .collect::<Vec<_>>(),
        ["C"]
    );

    let wrong = format!(
        "{unsupported}  D: {{Type: AWS::SQS::Queue, Properties: {{QueueName: !Ref Nope}}}}\n"
    );
    let message = load(&wrong, true).unwrap_err().to_string();
    assert_eq!(message, "f:5:54: Ref Nope: no such parameter or resource");
    assert_eq!(
        load(&wrong, false).unwrap_err().to_string().lines().count(),
        4,
        "all of them, and the hint"
    );
}

#[test]
fn an_override_that_no_template_knows_is_refused() {
    let given = |pair: &str| DefinitionArgs {
        parameter_overrides: vec![pair.to_owned()],
        ..Default::default()
    };
    assert!(given("SubEndpoint=http://x").load(&account()).is_ok());
    let message = given("SubEndpont=http://x")
        .load(&account())
        .unwrap_err()
        .to_string();
    assert_eq!(
        message,
        "--parameter-overrides or PARAMETER_OVERRIDES: no template has a parameter SubEndpont; did you mean SubEndpoint?"
    );
}

/// Two files, their own problems and those of readers: all in the order of files and lines.
#[test]
fn problems_are_told_in_the_order_of_files_and_lines() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let queue = "Resources:\n  Q: {Type: AWS::SQS::Queues}\n  P: {Type: AWS::SQS::Queue, Properties: {A: !Ref N, B: !Sub '${C.Arn}${D}'}}\n";
    let files = vec![
        file("z.yaml", queue),
        file("a.json", "{}"),
        folder.path().join("b.yaml"),
    ];
    let both = files[..2].to_vec();
    let unreadable = DefinitionArgs {
        files,
        parameter_overrides: vec!["=x".into()],
        ..DefinitionArgs::default()
    };
    assert_eq!(
        unreadable
            .load(&account())
            .unwrap_err()
            .to_string()
            .lines()
            .count(),
        2
    );

    let definition = DefinitionArgs {
        files: both,
        ..DefinitionArgs::default()
    }
    .load(&account())
    .unwrap();
    let late = Node::parse(
        &folder.path().join("z.yaml").display().to_string(),
        "[\n1,\n2, 3]",
    )
    .unwrap();
    let told = definition
        .check(vec![late.list().unwrap()[1].problem("by a reader")])
        .unwrap_err()
        .to_string();
    let told = told.replace(&format!("{}/", folder.path().display()), "");
    let expected = [
        "z.yaml:2:13: Q: AWS::SQS::Queues is not a resource type; did you mean AWS::SQS::Queue?",
        "z.yaml:3:1: by a reader",
        "z.yaml:3:46: Ref N: no such parameter or resource",
        "z.yaml:3:57: GetAtt C: no such parameter or resource",
        "z.yaml:3:57: Ref D: no such parameter or resource",
        "a.json:1:1: unknown kind of definition",
        "(use --lenient to start",
    ];
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{told}");
    for (line, expected) in lines.into_iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
}

#[test]
fn a_template_is_one_even_when_its_key_is_misspelt() {
    for key in ["Resource", "resources", "Ressources"] {
        let message = load(
            &format!("{key}: {{Q: {{Type: AWS::SQS::Queue, Properties: {{A: !Ref B}}}}}}"),
            false,
        );
        let message = message.unwrap_err().to_string();
        let expected = format!("f:1:1: the template: {key} is unknown; did you mean Resources?");
        assert!(
            message.starts_with(&expected) && message.contains("Ref B"),
            "{message}"
        );
    }
    let message = load("AWSTemplateFormatVersion: '2010-09-09'", false)
        .unwrap_err()
        .to_string();
    assert_eq!(message, "f:1:1: the template: Resources is missing");
}
