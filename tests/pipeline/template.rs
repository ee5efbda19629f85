//! The template of a pipeline: queues, pipe and where its events go.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::shape::{Rule, Shape, To};

/// The input template. `receives` is the message's ApproximateReceiveCount.
const EVENT: &str = r#"{"n": <$.body.n>, "group": <$.body.group>, "receives": <$.attributes.ApproximateReceiveCount>, "id": <$.messageId>}"#;

/// The same, with a member that makes the body large.
const HEAVY: &str = r#"{"n": <$.body.n>, "receives": <$.attributes.ApproximateReceiveCount>, "ballast": <$.body.ballast>}"#;

/// Messages of more bytes are refused by the queue of [`To::Queue`].
pub const LARGEST: usize = 1024;

/// The names of the queues of a pipeline.
#[derive(Debug, Clone)]
pub struct Names {
    /// The source.
    pub source: String,
    /// Its dead-letter queue.
    pub dead: String,
    /// The target of [`To::Queue`].
    pub taken: String,
    /// The pipe.
    pub pipe: String,
}

impl Names {
    /// Names with a common ending.
    pub fn new(tail: &str, fifo: bool) -> Names {
        let suffix = if fifo { ".fifo" } else { "" };
        let (source, taken) = (format!("source-{tail}{suffix}"), format!("taken-{tail}"));
        let (dead, pipe) = (format!("dead-{tail}{suffix}"), format!("pipe-of-{source}"));
        Names {
            source,
            dead,
            taken,
            pipe,
        }
    }
}

/// The definition of a pipeline whose target listens at `target`.
pub fn template(names: &Names, target: SocketAddr, shape: Shape) -> Value {
    let fifo = |mut properties: Value| {
        if shape.fifo {
            properties["FifoQueue"] = json!(true);
        }
        json!({"Type": "AWS::SQS::Queue", "Properties": properties})
    };
    let redrive = json!({"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": shape.most_receives});
    let source = json!({"QueueName": names.source, "VisibilityTimeout": shape.visibility, "RedrivePolicy": redrive});
    let taken = json!({"QueueName": names.taken, "MaximumMessageSize": LARGEST});
    json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {
        "Dead": fifo(json!({"QueueName": names.dead})),
        "Source": fifo(source),
        "Taken": {"Type": "AWS::SQS::Queue", "Properties": taken},
        "Connection": {"Type": "AWS::Events::Connection", "Properties": {
            "AuthorizationType": "API_KEY",
            "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "x-api-key", "ApiKeyValue": "key"}}
        }},
        "Destination": destination(&format!("http://{target}/in"), shape),
        "Asked": destination(&format!("http://{target}/ask"), shape),
        "Pipe": {"Type": "AWS::Pipes::Pipe", "Properties": pipe(names, shape)},
    }})
}

fn destination(endpoint: &str, shape: Shape) -> Value {
    json!({"Type": "AWS::Events::ApiDestination", "Properties": {
        "ConnectionArn": {"Fn::GetAtt": ["Connection", "Arn"]},
        "InvocationEndpoint": endpoint,
        "HttpMethod": "POST",
        "InvocationRateLimitPerSecond": shape.rate
    }})
}

fn pipe(names: &Names, shape: Shape) -> Value {
    let arn = |resource: &str| json!({"Fn::GetAtt": [resource, "Arn"]});
    let mut pipe = json!({
        "Name": names.pipe,
        "RoleArn": "arn:aws:iam::000000000000:role/pipe",
        "Source": arn("Source"),
        "SourceParameters": {"SqsQueueParameters": {"BatchSize": 1}},
        "Target": arn("Destination"),
        "TargetParameters": {"InputTemplate": EVENT},
    });
    if shape.rule == Rule::AwsByTag {
        pipe["Tags"] = json!({"tidegate:verdict": "aws"});
    }
    match shape.to {
        To::Destination => {}
        To::Enrichment => {
            pipe["Enrichment"] = arn("Asked");
            pipe["EnrichmentParameters"] = json!({"InputTemplate": EVENT});
            // The reply of the enrichment is delivered unchanged.
            pipe["TargetParameters"] = json!({});
        }
        To::Function { batch } => {
            pipe["Target"] = json!("arn:aws:lambda:eu-west-1:000000000000:function:sorts");
            pipe["SourceParameters"]["SqsQueueParameters"]["BatchSize"] = json!(batch);
        }
        To::Queue => {
            pipe["Target"] = arn("Taken");
            pipe["SourceParameters"]["SqsQueueParameters"]["BatchSize"] = json!(10);
            pipe["TargetParameters"]["InputTemplate"] = json!(HEAVY);
        }
    }
    pipe
}
