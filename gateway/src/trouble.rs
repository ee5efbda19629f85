//! What goes wrong and is the operator's business: logged in plain words, once a minute for each
//! kind.
//!
//! A client that gets 403, 415, 500 or 504 cannot know why, and asks again; whoever runs the
//! gateway can.

use std::fmt;

use kit::time::{OncePerMinute, Timestamp};

use crate::integration::sqs::Refusal;

/// The kinds of trouble. Each is reported for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// No API, stage, resource or method for a request: 403.
    UnknownRoute,
    /// No template for a content type: 415.
    NoTemplate,
    /// The queue that a message is for is not there.
    QueueMissing,
    /// SQS does not let us.
    AccessDenied,
    /// SQS refused a message for another reason.
    Refused,
    /// No answer, or a broken connection: 504.
    Unreachable,
    /// No answer in time: 504.
    TimedOut,
    /// Somebody else answered in the service's place: 504.
    NotTheService,
    /// Nothing to sign requests with: 500.
    NoCredentials,
    /// A mapping template fails: 500.
    TemplateFailed,
    /// The definition does not fit what happens: 500.
    Misconfigured,
}

static REPORTED: [OncePerMinute; Trouble::Misconfigured as usize + 1] =
    [const { OncePerMinute::new() }; Trouble::Misconfigured as usize + 1];

impl Trouble {
    /// The kind of a refusal by SQS.
    pub fn of(refusal: &Refusal) -> Trouble {
        let code = refusal.code.rsplit('.').next().unwrap_or_default();
        match code {
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

    /// Reports it, unless this kind was reported within the last minute. `reason` is in plain
    /// words, and says what to do.
    pub fn report(self, request_id: &str, reason: impl fmt::Display) {
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

    /// For metrics and logs.
    pub fn name(self) -> &'static str {
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
            Trouble::TemplateFailed => "template failed",
            Trouble::Misconfigured => "misconfigured",
        }
    }
}

/// So many lines were left out.
fn more(unreported: u64) -> String {
    match unreported {
        0 => String::new(),
        count => format!(" ({count} more of this kind since the last line about it)"),
    }
}

/// Text of a client, as far as it is fit for a line of the log.
pub fn fit(text: &str) -> String {
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
    fn refusals_have_their_kinds() {
        let kind = |code: &str| {
            let refusal = Refusal {
                status: 400,
                code: code.into(),
                message: String::new(),
                request_id: String::new(),
            };
            Trouble::of(&refusal)
        };
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
        assert_eq!(fit("/a\nb"), "/a?b");
        assert_eq!(fit(&"ä".repeat(101)), format!("{}…", "ä".repeat(100)));
    }
}
