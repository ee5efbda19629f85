//! The errors that SQS answers: one name, the code of the older protocol, a status and a text.
//!
//! Texts are those of the service where they were recorded; the list of codes is that of its
//! service model.

use std::fmt;

/// An error that the client sees.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are AWS's own")]
pub enum Fault {
    QueueDoesNotExist,
    QueueNameExists {
        attribute: &'static str,
    },
    QueueDeletedRecently,
    PurgeQueueInProgress {
        queue: String,
    },
    BatchEntryIdsNotDistinct {
        id: String,
    },
    BatchRequestTooLong {
        sent: usize,
    },
    EmptyBatchRequest {
        entry: &'static str,
    },
    InvalidBatchEntryId,
    TooManyEntriesInBatchRequest {
        sent: usize,
    },
    UnsupportedOperation(String),
    ReceiptHandleIsInvalid {
        handle: String,
    },
    InvalidAttributeName(String),
    InvalidAttributeValue(String),
    InvalidMessageContents,
    OverLimit(String),
    ResourceNotFound(String),
    InvalidParameterValue(String),
    MissingParameter(String),
    SignatureDoesNotMatch,
    /// The signature is right and its time is over, or not come.
    SignatureExpired(String),
    IncompleteSignature(String),
    MissingAuthenticationToken,
    InvalidClientTokenId,
    /// The request's body is not what the protocol asks for.
    Serialization(String),
    /// The protocol knows no such action.
    InvalidAction {
        action: String,
    },
    /// The address is none of a queue.
    InvalidAddress,
    /// LocalStack's developer endpoint takes ReceiveMessage only.
    OnlyReceives,
    /// The body is larger than any request can be.
    RequestTooLarge,
    /// The disk has no room for new messages.
    StorageFull,
    /// Memory has no room for new messages; the text says how much there is, and what to do.
    MemoryFull(String),
    /// Not even for receives and deletes, which have a reserve.
    ReserveUsedUp,
    /// The disk failed; nothing is promised until it can be written again.
    StorageFailed,
}

/// How a fault is called: JSON name, Query code, HTTP status.
pub struct Title {
    /// The `__type` of AWS JSON, with its namespace.
    pub name: &'static str,
    /// The code of the Query protocol, also in the header `x-amzn-query-error`.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
}

const fn title(name: &'static str, code: &'static str, status: u16) -> Title {
    Title { name, code, status }
}

impl Fault {
    /// The three names of this fault.
    pub const fn title(&self) -> Title {
        match self {
            Fault::QueueDoesNotExist => title(
                "com.amazonaws.sqs#QueueDoesNotExist",
                "AWS.SimpleQueueService.NonExistentQueue",
                400,
            ),
            Fault::QueueNameExists { .. } => title(
                "com.amazonaws.sqs#QueueNameExists",
                "QueueAlreadyExists",
                400,
            ),
            Fault::QueueDeletedRecently => title(
                "com.amazonaws.sqs#QueueDeletedRecently",
                "AWS.SimpleQueueService.QueueDeletedRecently",
                400,
            ),
            Fault::PurgeQueueInProgress { .. } => title(
                "com.amazonaws.sqs#PurgeQueueInProgress",
                "AWS.SimpleQueueService.PurgeQueueInProgress",
                403,
            ),
            Fault::BatchEntryIdsNotDistinct { .. } => title(
                "com.amazonaws.sqs#BatchEntryIdsNotDistinct",
                "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
                400,
            ),
            Fault::BatchRequestTooLong { .. } => title(
                "com.amazonaws.sqs#BatchRequestTooLong",
                "AWS.SimpleQueueService.BatchRequestTooLong",
                400,
            ),
            Fault::EmptyBatchRequest { .. } => title(
                "com.amazonaws.sqs#EmptyBatchRequest",
                "AWS.SimpleQueueService.EmptyBatchRequest",
                400,
            ),
            Fault::InvalidBatchEntryId => title(
                "com.amazonaws.sqs#InvalidBatchEntryId",
                "AWS.SimpleQueueService.InvalidBatchEntryId",
                400,
            ),
            Fault::TooManyEntriesInBatchRequest { .. } => title(
                "com.amazonaws.sqs#TooManyEntriesInBatchRequest",
                "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
                400,
            ),
            Fault::UnsupportedOperation(_) => title(
                "com.amazonaws.sqs#UnsupportedOperation",
                "AWS.SimpleQueueService.UnsupportedOperation",
                400,
            ),
            Fault::ReceiptHandleIsInvalid { .. } => title(
                "com.amazonaws.sqs#ReceiptHandleIsInvalid",
                "ReceiptHandleIsInvalid",
                400,
            ),
            Fault::InvalidAttributeName(_) => title(
                "com.amazonaws.sqs#InvalidAttributeName",
                "InvalidAttributeName",
                400,
            ),
            Fault::InvalidAttributeValue(_) => title(
                "com.amazonaws.sqs#InvalidAttributeValue",
                "InvalidAttributeValue",
                400,
            ),
            Fault::InvalidMessageContents => title(
                "com.amazonaws.sqs#InvalidMessageContents",
                "InvalidMessageContents",
                400,
            ),
            Fault::OverLimit(_) => title("com.amazonaws.sqs#OverLimit", "OverLimit", 403),
            Fault::ResourceNotFound(_) => title(
                "com.amazonaws.sqs#ResourceNotFoundException",
                "ResourceNotFoundException",
                404,
            ),
            Fault::InvalidParameterValue(_) => title(
                "com.amazon.coral.service#InvalidParameterValueException",
                "InvalidParameterValue",
                400,
            ),
            Fault::MissingParameter(_) => title(
                "com.amazon.coral.service#MissingRequiredParameterException",
                "MissingParameter",
                400,
            ),
            Fault::SignatureDoesNotMatch | Fault::SignatureExpired(_) => title(
                "com.amazon.coral.service#InvalidSignatureException",
                "SignatureDoesNotMatch",
                403,
            ),
            Fault::IncompleteSignature(_) => title(
                "com.amazon.coral.service#IncompleteSignatureException",
                "IncompleteSignature",
                400,
            ),
            Fault::MissingAuthenticationToken => title(
                "com.amazon.coral.service#MissingAuthenticationTokenException",
                "MissingAuthenticationToken",
                403,
            ),
            Fault::InvalidClientTokenId => title(
                "com.amazon.coral.service#UnrecognizedClientException",
                "InvalidClientTokenId",
                403,
            ),
            Fault::Serialization(_) => title(
                "com.amazon.coral.service#SerializationException",
                "MalformedInput",
                400,
            ),
            Fault::InvalidAction { .. } => title(
                "com.amazon.coral.service#UnknownOperationException",
                "InvalidAction",
                400,
            ),
            Fault::InvalidAddress => {
                title("com.amazonaws.sqs#InvalidAddress", "InvalidAddress", 404)
            }
            Fault::OnlyReceives => title("com.amazonaws.sqs#InvalidRequest", "InvalidRequest", 400),
            Fault::RequestTooLarge => title(
                "com.amazon.coral.service#RequestEntityTooLargeException",
                "RequestEntityTooLarge",
                413,
            ),
            Fault::StorageFull
            | Fault::MemoryFull(_)
            | Fault::ReserveUsedUp
            | Fault::StorageFailed => title(
                "com.amazon.coral.service#ServiceUnavailableException",
                "ServiceUnavailable",
                503,
            ),
        }
    }

    /// Whether the client could have known better; otherwise this side failed.
    pub const fn is_senders(&self) -> bool {
        self.title().status < 500
    }

    /// `Value {value} for parameter {name} is invalid. Reason: {reason}`
    pub fn invalid(name: &str, value: impl fmt::Display, reason: &str) -> Fault {
        Fault::InvalidParameterValue(format!(
            "Value {value} for parameter {name} is invalid. Reason: {reason}"
        ))
    }

    /// `The request must contain the parameter {name}.`
    pub fn missing(name: &str) -> Fault {
        Fault::MissingParameter(format!("The request must contain the parameter {name}."))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::QueueDoesNotExist => f.write_str("The specified queue does not exist."),
            Fault::QueueNameExists { attribute } => {
                write!(f, "A queue already exists with the same name and a different value for attribute {attribute}")
            }
            Fault::QueueDeletedRecently => f.write_str(
                "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
            ),
            Fault::PurgeQueueInProgress { queue } => {
                write!(f, "Only one PurgeQueue operation on {queue} is allowed every 60 seconds.")
            }
            Fault::BatchEntryIdsNotDistinct { id } => write!(f, "Id {id} repeated."),
            Fault::BatchRequestTooLong { sent } => {
                write!(f, "Batch requests cannot be longer than 1048576 bytes. You have sent {sent} bytes.")
            }
            Fault::EmptyBatchRequest { entry } => write!(f, "There should be at least one {entry} in the request."),
            Fault::InvalidBatchEntryId => f.write_str(
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. \
                 It can be at most 80 letters long.",
            ),
            Fault::TooManyEntriesInBatchRequest { sent } => {
                write!(f, "Maximum number of entries per request are 10. You have sent {sent}.")
            }
            Fault::ReceiptHandleIsInvalid { handle } => {
                write!(f, "The input receipt handle \"{handle}\" is not a valid receipt handle.")
            }
            Fault::InvalidMessageContents => f.write_str(
                "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | \
                 #xE000 to #xFFFD | #x10000 to #x10FFFF",
            ),
            Fault::InvalidAction { action } => write!(f, "The action {action} is not valid for this endpoint."),
            Fault::SignatureDoesNotMatch => f.write_str(
                "The request signature we calculated does not match the signature you provided. Check your AWS \
                 Secret Access Key and signing method. Consult the service documentation for details.",
            ),
            Fault::MissingAuthenticationToken => f.write_str("Request is missing Authentication Token"),
            Fault::InvalidClientTokenId => f.write_str("The security token included in the request is invalid."),
            Fault::InvalidAddress => {
                f.write_str("The address https://queue.amazonaws.com/ is not valid for this endpoint.")
            }
            Fault::OnlyReceives => f.write_str("This endpoint only accepts ReceiveMessage calls"),
            Fault::RequestTooLarge => f.write_str("The request is larger than any SQS request can be."),
            Fault::StorageFull => f.write_str(
                "The emulator's disk is full: new messages are refused until there is room. \
                 Receiving and deleting goes on.",
            ),
            Fault::ReserveUsedUp => f.write_str(
                "The emulator's disk is full, and the reserve for receives and deletes is used up: nothing is accepted \
                 until there is room.",
            ),
            Fault::StorageFailed => f.write_str(
                "The emulator's disk failed; its log says why. Whether this request was carried out is unknown, \
                     and nothing is accepted until the disk can be written again, which is tried twice a second: \
                     send it again then.",
            ),
            Fault::UnsupportedOperation(text)
            | Fault::InvalidAttributeName(text)
            | Fault::InvalidAttributeValue(text)
            | Fault::OverLimit(text)
            | Fault::MemoryFull(text)
            | Fault::ResourceNotFound(text)
            | Fault::InvalidParameterValue(text)
            | Fault::MissingParameter(text)
            | Fault::SignatureExpired(text)
            | Fault::IncompleteSignature(text)
            | Fault::Serialization(text) => f.write_str(text),
        }
    }
}
