//! Values of a template that answer its own dynamic references.

use super::*;

/// As CDK writes a connection with a secret of the same stack.
#[test]
fn a_secret_of_the_template_itself_answers_its_references() {
    let template = r#"
Resources:
  Own: {Type: AWS::SecretsManager::Secret, Properties: {SecretString: '{"key": "abc"}'}}
  Level: {Type: AWS::SSM::Parameter, Properties: {Name: /level, Type: String, Value: high}}
  Made: {Type: AWS::SecretsManager::Secret, Properties: {GenerateSecretString: {}}}
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      Tags:
        - {Key: a, Value: !Join ['', ['{{resolve:secretsmanager:', !Ref Own, ':SecretString:key::}}']]}
        - {Key: b, Value: '{{resolve:ssm:/level}}'}
        - {Key: c, Value: !Sub '{{resolve:secretsmanager:${Made}}}'}
"#;
    let root = Node::parse("t.yaml", template).unwrap();
    let load = |inputs: &Inputs| {
        let mut problems = Vec::new();
        let stack = Stack::load(&root, inputs, &account(), &mut problems).unwrap();
        let tags = stack.of_kind("AWS::SQS::Queue").next().unwrap();
        (tags.properties.to_json().to_string(), problems)
    };
    let (tags, problems) = load(&Inputs::default());
    assert!(
        tags.contains(r#""abc""#) && tags.contains(r#""high""#),
        "{tags}"
    );
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message.contains("-Made=…'"), "{problems:?}");
    let given = [("/level".to_owned(), "low".to_owned())];
    let inputs = Inputs {
        secrets: given.into_iter().collect(),
        ..Inputs::default()
    };
    assert!(
        load(&inputs).0.contains(r#""low""#),
        "what the operator gives comes first"
    );
}
