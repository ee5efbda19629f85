//! Failures that an operator can mend: logged in plain words, once a minute for each kind.
//!
//! A client that gets 403, 415, 500 or 504 cannot know why; the operator of the gateway can.

use std::fmt;

use kit::time::{OncePerMinute, Timestamp};

/// The kinds of failures. Each is counted and limited for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Trouble {
    /// No API, stage, resource or method for a request: 403.
    UnknownRoute,
    /// No template for a content type: 415.
    NoTemplate,
    /// The queue of a message does not exist.
    QueueMissing,
    /// SQS does not accept the credentials, or does not allow the action.
    AccessDenied,
    /// SQS refused a message for another reason.
    Refused,
    /// No answer, or a broken connection: 504.
    Unreachable,
    /// No answer in time: 504.
    TimedOut,
    /// Another program answered in the service's place: 504.
    NotTheService,
    /// There are no credentials to sign with: 500.
    NoCredentials,
    /// A function failed, or Lambda did not run it: 500 or 502.
    FunctionFailed,
    /// A mapping template fails: 500.
    TemplateFailed,
    /// A Lambda authorizer fails, or the keys of an issuer cannot be fetched: 500.
    AuthorizerFailed,
    /// The definition makes an answer impossible: 500.
    Misconfigured,
}

static REPORTED: [OncePerMinute; Trouble::Misconfigured as usize + 1] =
    [const { OncePerMinute::new() }; Trouble::Misconfigured as usize + 1];

impl Trouble {
    /// The kind of an error of SQS, by its code in either protocol: `docs/aws/sqs.md#errors`.
    pub(crate) fn of_sqs_code(code: &str) -> Trouble {
        match code.rsplit('.').next().unwrap_or_default() {
            "NonExistentQueue" | "QueueDoesNotExist" => Trouble::QueueMissing,
            "AccessDenied"
            | "AccessDeniedException"
            | "InvalidClientTokenId"
            | "SignatureDoesNotMatch"
            | "UnrecognizedClientException"
            | "MissingAuthenticationToken"
            | "ExpiredToken" => Trouble::AccessDenied,
            _ => Trouble::Refused,
        }
    }

    /// Counts a failure, and logs it unless one of its kind was logged within the last minute.
    /// `reason` is in plain words, with what to do.
    pub(crate) fn report(self, request_id: &str, reason: impl fmt::Display) {
        metrics::counter!("gateway_troubles_total", "kind" => self.name()).increment(1);
        let Some(unreported) = REPORTED[self as usize].due(Timestamp::now()) else {
            return;
        };
        tracing::warn!(
            kind = self.name(),
            request_id,
            unreported,
            "{reason}{}",
            more(unreported)
        );
    }

    /// The name in metrics and logs.
    fn name(self) -> &'static str {
        match self {
            Trouble::UnknownRoute => "unknown route",
            Trouble::NoTemplate => "no template",
            Trouble::QueueMissing => "queue missing",
            Trouble::AccessDenied => "access denied",
            Trouble::Refused => "refused by SQS",
            Trouble::Unreachable => "unreachable",
            Trouble::TimedOut => "timed out",
            Trouble::NotTheService => "not the service",
            Trouble::NoCredentials => "no credentials",
            Trouble::FunctionFailed => "function failed",
            Trouble::TemplateFailed => "template failed",
            Trouble::AuthorizerFailed => "authorizer failed",
            Trouble::Misconfigured => "misconfigured",
        }
    }
}

/// How many lines were left out since the last one.
fn more(unreported: u64) -> String {
    match unreported {
        0 => String::new(),
        count => format!(" ({count} more of this kind since the last line about it)"),
    }
}

/// Text of a client as it can stand in a line of the log: short, and without control characters.
pub(crate) fn printable(text: &str) -> String {
    let shown: String = text
        .chars()
        .take(100)
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    if shown.len() < text.len() {
        format!("{shown}…")
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_sqs_have_their_kinds() {
        let kind = Trouble::of_sqs_code;
        assert_eq!(
            kind("AWS.SimpleQueueService.NonExistentQueue"),
            Trouble::QueueMissing
        );
        assert_eq!(kind("QueueDoesNotExist"), Trouble::QueueMissing);
        assert_eq!(kind("AccessDenied"), Trouble::AccessDenied);
        assert_eq!(kind("InvalidParameterValue"), Trouble::Refused);
    }

    #[test]
    fn what_was_left_out_is_counted() {
        assert_eq!(more(0), "");
        assert_eq!(
            more(2),
            " (2 more of this kind since the last line about it)"
        );
    }

    #[test]
    fn what_a_client_sent_fits_a_line() {
        assert_eq!(printable("/a\nb"), "/a?b");
        assert_eq!(printable(&"ä".repeat(101)), format!("{}…", "ä".repeat(100)));
    }
}
