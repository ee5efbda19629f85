//! The errors that SQS answers with.
//!
//! Texts are those of the service where they were recorded; the list of codes is that of its
//! service model.

use std::fmt;

/// How the two protocols name a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode {
    /// The `__type` of AWS JSON, with its namespace.
    pub json: &'static str,
    /// The code of the Query protocol, also in the header `x-amzn-query-error`.
    pub query: &'static str,
    /// The HTTP status.
    pub status: u16,
}

/// The full name of an error: `sqs` errors are those of the service model, `coral` ones come from
/// the framework in front of every AWS service.
macro_rules! full_name {
    (sqs $name:literal) => {
        concat!("com.amazonaws.sqs#", $name)
    };
    (coral $name:literal) => {
        concat!("com.amazon.coral.service#", $name)
    };
}

/// One row for each fault: its name in AWS JSON, its code in the Query protocol, its HTTP status,
/// and its text.
macro_rules! faults {
    ($(
        $(#[$doc:meta])*
        $fault:ident $( ($tuple:ty) )? $( { $field:ident: $type:ty } )? =>
        $space:ident $json:literal, $query:literal, $status:literal, $text:tt;
    )*) => {
        /// An error that the client sees.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[allow(missing_docs, reason = "the names are AWS's own")]
        pub enum Fault {
            $( $(#[$doc])* #[error($text)] $fault $( ($tuple) )? $( { $field: $type } )?, )*
        }

        impl Fault {
            /// The codes and the status of this fault.
            pub const fn code(&self) -> ErrorCode {
                match self {
                    $( Fault::$fault { .. } => ErrorCode {
                        json: full_name!($space $json),
                        query: $query,
                        status: $status,
                    }, )*
                }
            }
        }
    };
}

faults! {
    QueueDoesNotExist =>
        sqs "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", 400,
        "The specified queue does not exist.";
    QueueNameExists { attribute: &'static str } =>
        sqs "QueueNameExists", "QueueAlreadyExists", 400,
        "A queue already exists with the same name and a different value for attribute {attribute}";
    QueueDeletedRecently =>
        sqs "QueueDeletedRecently", "AWS.SimpleQueueService.QueueDeletedRecently", 400,
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
    PurgeQueueInProgress { queue: String } =>
        sqs "PurgeQueueInProgress", "AWS.SimpleQueueService.PurgeQueueInProgress", 403,
        "Only one PurgeQueue operation on {queue} is allowed every 60 seconds.";
    BatchEntryIdsNotDistinct { id: String } =>
        sqs "BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", 400,
        "Id {id} repeated.";
    BatchRequestTooLong { sent: usize } =>
        sqs "BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong", 400,
        "Batch requests cannot be longer than 1048576 bytes. You have sent {sent} bytes.";
    EmptyBatchRequest { entry: &'static str } =>
        sqs "EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest", 400,
        "There should be at least one {entry} in the request.";
    InvalidBatchEntryId =>
        sqs "InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId", 400,
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. \
         It can be at most 80 letters long.";
    TooManyEntriesInBatchRequest { sent: usize } =>
        sqs "TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", 400,
        "Maximum number of entries per request are 10. You have sent {sent}.";
    UnsupportedOperation(String) =>
        sqs "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation", 400, "{0}";
    ReceiptHandleIsInvalid { handle: String } =>
        sqs "ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 400,
        "The input receipt handle \"{handle}\" is not a valid receipt handle.";
    InvalidAttributeName(String) => sqs "InvalidAttributeName", "InvalidAttributeName", 400, "{0}";
    InvalidAttributeValue(String) => sqs "InvalidAttributeValue", "InvalidAttributeValue", 400, "{0}";
    InvalidMessageContents =>
        sqs "InvalidMessageContents", "InvalidMessageContents", 400,
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | \
         #xE000 to #xFFFD | #x10000 to #x10FFFF";
    OverLimit(String) => sqs "OverLimit", "OverLimit", 403, "{0}";
    ResourceNotFound(String) =>
        sqs "ResourceNotFoundException", "ResourceNotFoundException", 404, "{0}";
    InvalidParameterValue(String) =>
        coral "InvalidParameterValueException", "InvalidParameterValue", 400, "{0}";
    MissingParameter(String) =>
        coral "MissingRequiredParameterException", "MissingParameter", 400, "{0}";
    SignatureDoesNotMatch =>
        coral "InvalidSignatureException", "SignatureDoesNotMatch", 403,
        "The request signature we calculated does not match the signature you provided. Check your AWS \
         Secret Access Key and signing method. Consult the service documentation for details.";
    /// The signature is right, but its time is over or has not come.
    SignatureExpired(String) =>
        coral "InvalidSignatureException", "SignatureDoesNotMatch", 403, "{0}";
    IncompleteSignature(String) =>
        coral "IncompleteSignatureException", "IncompleteSignature", 400, "{0}";
    MissingAuthenticationToken =>
        coral "MissingAuthenticationTokenException", "MissingAuthenticationToken", 403,
        "Request is missing Authentication Token";
    InvalidClientTokenId =>
        coral "UnrecognizedClientException", "InvalidClientTokenId", 403,
        "The security token included in the request is invalid.";
    /// The body of the request is not what the protocol expects.
    Serialization(String) => coral "SerializationException", "MalformedInput", 400, "{0}";
    /// The protocol knows no such action.
    InvalidAction { action: String } =>
        coral "UnknownOperationException", "InvalidAction", 400,
        "The action {action} is not valid for this endpoint.";
    /// The address is not that of a queue.
    InvalidAddress =>
        sqs "InvalidAddress", "InvalidAddress", 404,
        "The address https://queue.amazonaws.com/ is not valid for this endpoint.";
    /// LocalStack's developer endpoint takes ReceiveMessage only.
    OnlyReceives =>
        sqs "InvalidRequest", "InvalidRequest", 400,
        "This endpoint only accepts ReceiveMessage calls";
    /// The body is larger than any request can be.
    RequestTooLarge =>
        coral "RequestEntityTooLargeException", "RequestEntityTooLarge", 413,
        "The request is larger than any SQS request can be.";
    /// The disk has no room for new messages.
    StorageFull =>
        coral "ServiceUnavailableException", "ServiceUnavailable", 503,
        "The emulator's disk is full: new messages are refused until there is room. \
         Receiving and deleting goes on.";
    /// Memory has no room for new messages; the text gives the limit and the remedy.
    MemoryFull(String) => coral "ServiceUnavailableException", "ServiceUnavailable", 503, "{0}";
    /// The disk has no room even for receives and deletes, which have a reserve.
    ReserveUsedUp =>
        coral "ServiceUnavailableException", "ServiceUnavailable", 503,
        "The emulator's disk is full, and the reserve for receives and deletes is used up: nothing is accepted \
         until there is room.";
    /// The disk failed; nothing is acknowledged until it can be written again.
    StorageFailed =>
        coral "ServiceUnavailableException", "ServiceUnavailable", 503,
        "The emulator's disk failed; its log says why. Whether this request was carried out is unknown, \
         and nothing is accepted until the disk can be written again, which is tried twice a second: \
         send it again then.";
}

impl Fault {
    /// The text in the Query protocol.
    pub fn query_text(&self) -> String {
        match self {
            // The one text that differs from that of AWS JSON.
            Fault::QueueDoesNotExist => {
                "The specified queue does not exist for this wsdl version.".to_owned()
            }
            fault => fault.to_string(),
        }
    }

    /// Whose fault it is, as AWS says it.
    pub const fn side(&self) -> &'static str {
        if self.is_senders() {
            "Sender"
        } else {
            "Receiver"
        }
    }

    /// Whether the request is at fault; otherwise the emulator failed.
    pub const fn is_senders(&self) -> bool {
        self.code().status < 500
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
