use super::load;

const RULES: &str = r#"
Parameters:
  Env: {Type: String, Default: dev}
  Size: {Type: String, Default: small}
  Zones: {Type: CommaDelimitedList, Default: "a,b"}
Rules:
  Sizes:
    RuleCondition: !Equals [!Ref Env, prod]
    Assertions:
      - Assert: {"Fn::Contains": [[large, huge], !Ref Size]}
        AssertDescription: production needs a large size
  Zones:
    Assertions:
      - Assert: !Not [!EachMemberEquals [!Ref Zones, x]]
      - Assert: !EachMemberIn [!Ref Zones, [a, b, c]]
      - Assert: !EachMemberIn [!ValueOfAll ["AWS::EC2::VPC::Id", Tags.x], [y]]
Resources: {Q: {Type: AWS::SQS::Queue}}
"#;

fn told(overrides: &[(&str, &str)]) -> Vec<String> {
    let (_, problems) = load(RULES, overrides).unwrap();
    problems
        .into_iter()
        .map(|problem| problem.message)
        .collect()
}

#[test]
fn a_rule_that_fails_is_told_in_its_own_words() {
    assert!(told(&[]).is_empty());
    assert!(told(&[("Env", "prod"), ("Size", "huge")]).is_empty());
    assert_eq!(
        told(&[("Env", "prod")]),
        ["rule Sizes: production needs a large size"]
    );
    let both = told(&[("Zones", "x,x"), ("Env", "prod")]);
    let zones = "rule Zones: an assertion about the parameters does not hold";
    assert_eq!(
        both,
        ["rule Sizes: production needs a large size", zones, zones]
    );
}

#[test]
fn a_rule_about_what_only_aws_knows_holds() {
    let text = r#"
Parameters: {BootstrapVersion: {Type: "AWS::SSM::Parameter::Value<String>", Default: /cdk-bootstrap/x/version}}
Rules: {CheckBootstrapVersion: {Assertions: [{Assert: !Not [{"Fn::Contains": [["1", "2"], !Ref BootstrapVersion]}], AssertDescription: old}]}}
Resources: {Q: {Type: AWS::SQS::Queue}}
"#;
    let (_, problems) = load(text, &[]).unwrap();
    assert_eq!(problems, []);
    let (_, problems) = load(text, &[("BootstrapVersion", "2")]).unwrap();
    assert_eq!(problems[0].message, "rule CheckBootstrapVersion: old");
}
