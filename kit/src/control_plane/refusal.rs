//! Why a question has no answer, in one line. Pure.

use std::fmt;

use http::StatusCode;

use crate::service::is_transient_code;

/// Parts of the codes by which services say that something does not exist.
const MISSING: [&str; 4] = [
    "NotFound",
    "NonExistentQueue",
    "QueueDoesNotExist",
    "DoesNotExist",
];

/// Codes of credentials that were good once.
const EXPIRED: [&str; 3] = ["ExpiredToken", "ExpiredTokenException", "RequestExpired"];

/// Codes of credentials that AWS does not take.
const UNKNOWN: [&str; 7] = [
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "InvalidAccessKeyId",
];

/// Codes of credentials that may not ask.
const DENIED: [&str; 4] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorized",
];

/// What kind of a refusal it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// There is no such thing.
    NotFound,
    /// The credentials may not ask.
    Denied,
    /// There are no credentials, or AWS does not take them.
    Credentials,
    /// The service asks for fewer requests, or has trouble.
    Busy,
    /// Nobody answers.
    Unanswered,
    /// Anything else.
    Other,
}

/// Why a question has no answer: one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What kind of a refusal it is.
    pub kind: RefusalKind,
    text: String,
}

impl Refusal {
    pub(super) fn new(kind: RefusalKind, text: String) -> Refusal {
        Refusal { kind, text }
    }

    /// The refusal that a service answers with; `action` is what was asked, and on what.
    pub(super) fn of_answer(
        (action, subject): (&str, &str),
        status: StatusCode,
        code: &str,
        message: &str,
    ) -> Refusal {
        // A message of several lines would be no line.
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        let answer = match message.as_str() {
            "" => code.to_owned(),
            message => format!("{code}: {message}"),
        };
        let has = |codes: &[&str]| codes.contains(&code);
        // CloudFormation has no code of its own for a stack that does not exist.
        let is_missing = MISSING.iter().any(|part| code.contains(part))
            || (code == "ValidationError" && message.contains("does not exist"));
        let (kind, text) = match () {
            () if is_missing => (
                RefusalKind::NotFound,
                format!("{action}{subject}: not found ({answer})"),
            ),
            () if has(&EXPIRED) => (
                RefusalKind::Credentials,
                format!(
                    "{action}: the credentials have expired ({answer}): renew them, for example with `aws sso login`"
                ),
            ),
            () if has(&UNKNOWN) => (
                RefusalKind::Credentials,
                format!(
                    "{action}: AWS does not take the credentials ({answer}): check AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                ),
            ),
            () if has(&DENIED) => (
                RefusalKind::Denied,
                format!("the credentials lack the permission {action}{subject} ({answer})"),
            ),
            () if is_transient_code(code) || status == StatusCode::TOO_MANY_REQUESTS => (
                RefusalKind::Busy,
                format!("{action}: AWS asks for fewer requests ({answer})"),
            ),
            () if status.is_server_error() => (
                RefusalKind::Busy,
                format!(
                    "{action}: the service is in trouble ({}, {answer})",
                    status.as_u16()
                ),
            ),
            () if status == StatusCode::NOT_FOUND => (
                RefusalKind::NotFound,
                format!("{action}{subject}: not found ({answer})"),
            ),
            () if status == StatusCode::FORBIDDEN => (
                RefusalKind::Denied,
                format!("the credentials lack the permission {action}{subject} ({answer})"),
            ),
            () => (RefusalKind::Other, format!("{action}{subject}: {answer}")),
        };
        Refusal::new(kind, text)
    }

    /// Whether any other question would be refused, too.
    pub fn is_about_all(&self) -> bool {
        matches!(
            self.kind,
            RefusalKind::Credentials | RefusalKind::Unanswered
        )
    }

    /// The same after so many attempts.
    pub(super) fn after(mut self, attempts: u32) -> Refusal {
        if attempts > 1 {
            self.text += &format!(", {attempts} times in a row");
        }
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_is_one_line_that_says_what_to_do() {
        for (status, code, message, kind, told) in [
            (
                400,
                "ValidationError",
                "Stack with id shop does not exist",
                RefusalKind::NotFound,
                "a:B on /x: not found (ValidationError: Stack with id shop does not exist)",
            ),
            (
                404,
                "NotFoundException",
                "",
                RefusalKind::NotFound,
                "a:B on /x: not found (NotFoundException)",
            ),
            (
                400,
                "AWS.SimpleQueueService.NonExistentQueue",
                "no",
                RefusalKind::NotFound,
                "a:B on /x: not found (AWS.SimpleQueueService.NonExistentQueue: no)",
            ),
            (
                403,
                "AccessDeniedException",
                "User: u is not\n authorized",
                RefusalKind::Denied,
                "the credentials lack the permission a:B on /x (AccessDeniedException: User: u is not authorized)",
            ),
            (
                403,
                "403",
                "",
                RefusalKind::Denied,
                "the credentials lack the permission a:B on /x (403)",
            ),
            (
                403,
                "ExpiredTokenException",
                "",
                RefusalKind::Credentials,
                "a:B: the credentials have expired (ExpiredTokenException): renew them, for example with `aws sso login`",
            ),
            (
                403,
                "InvalidClientTokenId",
                "bad",
                RefusalKind::Credentials,
                "a:B: AWS does not take the credentials (InvalidClientTokenId: bad): check AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            ),
            (
                400,
                "Throttling",
                "Rate exceeded",
                RefusalKind::Busy,
                "a:B: AWS asks for fewer requests (Throttling: Rate exceeded)",
            ),
            (
                503,
                "ServiceUnavailable",
                "",
                RefusalKind::Busy,
                "a:B: the service is in trouble (503, ServiceUnavailable)",
            ),
            (
                400,
                "ValidationError",
                "wrong",
                RefusalKind::Other,
                "a:B on /x: ValidationError: wrong",
            ),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let refusal = Refusal::of_answer(("a:B", " on /x"), status, code, message);
            assert_eq!((refusal.kind, refusal.to_string().as_str()), (kind, told));
        }
    }
}
