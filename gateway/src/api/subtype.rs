//! The subtypes of integrations with a service: what each calls, and with which parameters. See
//! `docs/aws/api-gateway.md#sqs-sendmessage`.

/// A subtype: a service's action.
#[derive(Debug)]
pub(crate) struct Subtype {
    /// `SQS-SendMessage`
    pub name: &'static str,
    /// The service's name in URIs.
    pub service: &'static str,
    /// What stands in front of it in the host.
    pub subdomain: Option<&'static str>,
    /// The action.
    pub action: &'static str,
    /// The member of the request that holds a list with the parameters; the request itself has
    /// them otherwise.
    pub list: Option<&'static str>,
    /// Its parameters.
    pub parameters: &'static [SubtypeParameter],
}

/// A parameter of a subtype.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SubtypeParameter {
    /// Its name in `RequestParameters`.
    pub name: &'static str,
    /// The member of the request.
    pub member: &'static str,
    /// How the value is written.
    pub form: ValueForm,
    /// Whether it must be there.
    pub is_required: bool,
}

/// How a value is written into the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueForm {
    /// As text.
    Text,
    /// As a number, where it is one.
    Number,
    /// As the JSON that it holds.
    Json,
    /// As the base64 of it.
    Base64,
}

const fn needed(name: &'static str, form: ValueForm) -> SubtypeParameter {
    SubtypeParameter {
        name,
        member: name,
        form,
        is_required: true,
    }
}

const fn may(name: &'static str, form: ValueForm) -> SubtypeParameter {
    SubtypeParameter {
        is_required: false,
        ..needed(name, form)
    }
}

const fn called(member: &'static str, parameter: SubtypeParameter) -> SubtypeParameter {
    SubtypeParameter {
        member,
        ..parameter
    }
}

const fn sqs(
    name: &'static str,
    action: &'static str,
    parameters: &'static [SubtypeParameter],
) -> Subtype {
    Subtype {
        name,
        service: "sqs",
        subdomain: None,
        action,
        list: None,
        parameters,
    }
}

use ValueForm::{Base64, Json, Number, Text};

const SUBTYPES: [Subtype; 9] = [
    sqs(
        "SQS-SendMessage",
        "SendMessage",
        &[
            needed("QueueUrl", Text),
            needed("MessageBody", Text),
            may("DelaySeconds", Number),
            may("MessageAttributes", Json),
            may("MessageDeduplicationId", Text),
            may("MessageGroupId", Text),
            may("MessageSystemAttributes", Json),
        ],
    ),
    sqs(
        "SQS-ReceiveMessage",
        "ReceiveMessage",
        &[
            needed("QueueUrl", Text),
            may("AttributeNames", Json),
            may("MaxNumberOfMessages", Number),
            may("MessageAttributeNames", Json),
            may("ReceiveRequestAttemptId", Text),
            may("VisibilityTimeout", Number),
            may("WaitTimeSeconds", Number),
        ],
    ),
    sqs(
        "SQS-DeleteMessage",
        "DeleteMessage",
        &[needed("QueueUrl", Text), needed("ReceiptHandle", Text)],
    ),
    sqs("SQS-PurgeQueue", "PurgeQueue", &[needed("QueueUrl", Text)]),
    Subtype {
        list: Some("Entries"),
        ..other(
            "EventBridge-PutEvents",
            "events",
            "PutEvents",
            &[
                needed("Detail", Text),
                needed("DetailType", Text),
                needed("Source", Text),
                may("Time", Text),
                may("EventBusName", Text),
                may("Resources", Json),
                may("TraceHeader", Text),
            ],
        )
    },
    other(
        "Kinesis-PutRecord",
        "kinesis",
        "PutRecord",
        &[
            needed("StreamName", Text),
            needed("Data", Base64),
            needed("PartitionKey", Text),
            may("SequenceNumberForOrdering", Text),
            may("ExplicitHashKey", Text),
        ],
    ),
    other(
        "StepFunctions-StartExecution",
        "states",
        "StartExecution",
        &START,
    ),
    Subtype {
        subdomain: Some("sync"),
        ..other(
            "StepFunctions-StartSyncExecution",
            "states",
            "StartSyncExecution",
            &START,
        )
    },
    other(
        "StepFunctions-StopExecution",
        "states",
        "StopExecution",
        &[
            called("executionArn", needed("ExecutionArn", Text)),
            called("cause", may("Cause", Text)),
            called("error", may("Error", Text)),
        ],
    ),
];

const START: [SubtypeParameter; 4] = [
    called("stateMachineArn", needed("StateMachineArn", Text)),
    called("name", may("Name", Text)),
    called("input", may("Input", Text)),
    called("traceHeader", may("TraceHeader", Text)),
];

const fn other(
    name: &'static str,
    service: &'static str,
    action: &'static str,
    parameters: &'static [SubtypeParameter],
) -> Subtype {
    Subtype {
        service,
        ..sqs(name, action, parameters)
    }
}

impl Subtype {
    /// The subtype of this name.
    ///
    /// # Errors
    /// There is none, or it is not supported; the reason.
    pub(crate) fn named(name: &str) -> Result<&'static Subtype, String> {
        let found = SUBTYPES.iter().find(|subtype| subtype.name == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = SUBTYPES.iter().map(|subtype| subtype.name).collect();
            format!("{name} is not supported: expected {}", names.join(", "))
        })
    }
}
