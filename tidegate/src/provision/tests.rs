use std::path::{Path, PathBuf};

use aws_sdk_sqs::types::QueueAttributeName as Name;
use kit::cloudformation::Account;

use super::*;

fn load(files: Vec<PathBuf>) -> Declarations {
    let account = Account {
        region: "eu-west-1".into(),
        account_id: "000000000000".into(),
        stack_name: "events".into(),
    };
    DefinitionArgs {
        files,
        ..DefinitionArgs::default()
    }
    .load(&account)
    .unwrap()
}

/// A template with these resources.
fn template(resources: &str) -> Declarations {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("t.yaml");
    std::fs::write(&file, format!("Resources:\n{resources}")).unwrap();
    load(vec![file])
}

fn names(declared: &DeclaredResources) -> (Vec<&str>, Vec<&str>) {
    let queues = declared
        .queues
        .iter()
        .map(|queue| queue.name.as_str())
        .collect();
    (
        queues,
        declared
            .buckets
            .iter()
            .map(|bucket| bucket.name.as_str())
            .collect(),
    )
}

#[test]
fn the_built_in_queues_are_read_with_their_redrive() {
    let declared = DeclaredResources::read(&load(Vec::new())).unwrap();
    assert_eq!(
        names(&declared),
        (vec!["ex-queue", "ex-queue-dlq"], vec!["donggyu-test-poc"])
    );
    assert_eq!(
        declared.queues[0].attributes[&Name::RedrivePolicy],
        r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:ex-queue-dlq","maxReceiveCount":5}"#
    );
    assert_eq!(
        declared.queues[1].attributes[&Name::MessageRetentionPeriod],
        "1209600"
    );
}

/// The same files are the gateway's: what one program takes, all take.
#[test]
fn what_cdk_and_sam_write_is_provisioned_and_piped() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gateway/tests/definitions");
    let expected = [
        (
            "cdk.json",
            (
                vec!["events-DeadLetters8C5F8A3E", "events"],
                vec!["events-000000000000"],
            ),
        ),
        (
            "sam.yaml",
            (vec!["events-EventQueue", "events-DeadLetters"], vec![]),
        ),
    ];
    for (file, expected) in expected {
        let definition = load(vec![folder.join(file)]);
        assert_eq!(
            names(&DeclaredResources::read(&definition).unwrap()),
            expected,
            "{file}"
        );
        let pipes = PipeDefinitions::load(&definition).unwrap().pipes;
        assert_eq!(pipes.len(), 1, "{file}");
    }
}

#[test]
fn booleans_of_queues_come_in_any_case_and_form() {
    for (value, fifo) in [
        ("true", "true"),
        ("True", "true"),
        ("'True'", "true"),
        ("\"FALSE\"", "false"),
    ] {
        let resource = format!(
            "  Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: q.fifo, FifoQueue: true, \
             ContentBasedDeduplication: {value}, DeduplicationScope: MessageGroup}}}}\n"
        );
        let declared = DeclaredResources::read(&template(&resource)).unwrap();
        let attributes = &declared.queues[0].attributes;
        assert_eq!(
            attributes[&Name::ContentBasedDeduplication],
            fifo,
            "{value}"
        );
        assert_eq!(attributes[&Name::DeduplicationScope], "messageGroup");
    }
    let declared = DeclaredResources::read(&template(
        "  Q: {Type: AWS::SQS::Queue, Properties: {FifoQueue: 'True'}}\n",
    ))
    .unwrap();
    assert!(
        declared.queues[0].name.ends_with(".fifo"),
        "{}",
        declared.queues[0].name
    );
}

#[test]
fn a_queue_has_the_policy_that_is_given_to_it() {
    let policy = |queue: &str| {
        template(&format!(
            "  Q: {{Type: AWS::SQS::Queue}}\n  P: {{Type: AWS::SQS::QueuePolicy, Properties: {{Queues: [{queue}], PolicyDocument: {{Statement: []}}}}}}\n"
        ))
    };
    let declared = DeclaredResources::read(&policy("!Ref Q")).unwrap();
    assert_eq!(
        declared.queues[0].attributes[&Name::Policy],
        r#"{"Statement":[]}"#
    );
    let message = DeclaredResources::read(&policy("https://x/1/other"))
        .err()
        .unwrap()
        .to_string();
    assert!(
        message.ends_with("P (AWS::SQS::QueuePolicy): no definition declares the queue other"),
        "{message}"
    );
}

#[test]
fn a_bucket_is_created_as_declared_or_not_at_all() {
    let bucket = |properties: &str| {
        let definition = template(&format!(
            "  B: {{Type: AWS::S3::Bucket, Properties: {{{properties}}}}}\n"
        ));
        DeclaredResources::read(&definition)
            .map(drop)
            .map_err(|error| error.to_string())
    };
    let passed = "BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: 'aws:kms'}}]}, LifecycleConfiguration: {Rules: []}, PublicAccessBlockConfiguration: {BlockPublicAcls: true}, Tags: []";
    assert_eq!(bucket(passed), Ok(()));
    for (property, message) in [
        (
            "VersioningConfiguration: {Status: Enabled}",
            "VersioningConfiguration is not supported",
        ),
        (
            "CorsConfiguration: {CorsRules: []}",
            "CorsConfiguration is not supported (answers to browsers)",
        ),
        ("Nonsense: 1", "Nonsense is unknown"),
    ] {
        let told = bucket(property).unwrap_err();
        assert!(told.contains(message), "{told}");
    }
    let policy = template(
        "  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: {}}}\n",
    );
    assert!(DeclaredResources::read(&policy).is_ok());
}

/// Otherwise it would be told one at a time, by the service, without the line.
#[test]
fn what_sqs_would_refuse_of_a_queue_is_told_with_its_line() {
    let refused = |properties: &str| {
        let resource = format!("  Q: {{Type: AWS::SQS::Queue, Properties: {{{properties}}}}}\n");
        let error = DeclaredResources::read(&template(&resource))
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default();
        error
            .lines()
            .map(|line| {
                line.split_once("Q (AWS::SQS::Queue): ")
                    .map_or(line, |(_, rest)| rest)
                    .to_owned()
            })
            .collect::<Vec<_>>()
    };
    let nothing: [&str; 0] = [];
    let plain = "letters, digits, hyphens and underscores, 1 to 80 of them";
    assert_eq!(
        refused("QueueName: a_b-1, VisibilityTimeout: 43200, DelaySeconds: '0'"),
        nothing
    );
    assert_eq!(refused("QueueName: a.fifo, FifoQueue: 'True'"), nothing);
    assert_eq!(refused("FifoQueue: true"), nothing);
    assert_eq!(
        refused("QueueName: a b"),
        [format!("invalid QueueName \"a b\": expected {plain}")]
    );
    assert_eq!(
        refused("QueueName: a.b.fifo, FifoQueue: true"),
        [format!("invalid QueueName \"a.b.fifo\": expected {plain}")]
    );
    let long = "q".repeat(81);
    assert_eq!(
        refused(&format!("QueueName: {long}")),
        [format!("invalid QueueName \"{long}\": expected {plain}")]
    );
    let message =
        "invalid QueueName \"a\": expected a name that ends in .fifo, because FifoQueue is true";
    assert_eq!(refused("QueueName: a, FifoQueue: true"), [message]);
    let message =
        "invalid QueueName \"a.fifo\": expected FifoQueue: true, because the name ends in .fifo";
    assert_eq!(refused("QueueName: a.fifo"), [message]);
    assert_eq!(
        refused("DelaySeconds: 901, VisibilityTimeout: x"),
        [
            "invalid DelaySeconds 901: expected a number from 0 to 900",
            "invalid VisibilityTimeout x: expected a number from 0 to 43200"
        ]
    );
}
