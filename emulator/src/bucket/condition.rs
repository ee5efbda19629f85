//! Conditions of reads, copies and writes: by ETag and by date. Pure. See
//! `docs/aws/s3.md#conditions`.

use std::time::Duration;

use kit::time::Timestamp;
use s3s::dto::{ETagCondition, Timestamp as Date};

use super::file::Head;
use super::objects::BucketError;

/// The four conditions that a read, or the source of a copy, may have.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reading<'r> {
    pub is: Option<&'r ETagCondition>,
    pub is_not: Option<&'r ETagCondition>,
    pub modified_since: Option<&'r Date>,
    pub unmodified_since: Option<&'r Date>,
}

/// The conditions of a copy's source, which have the same names in the requests for objects and for
/// parts.
macro_rules! source_conditions {
    ($input:expr) => {
        $crate::bucket::condition::Reading {
            is: $input.copy_source_if_match.as_ref(),
            is_not: $input.copy_source_if_none_match.as_ref(),
            modified_since: $input.copy_source_if_modified_since.as_ref(),
            unmodified_since: $input.copy_source_if_unmodified_since.as_ref(),
        }
    };
}
pub(super) use source_conditions;

/// What a read comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    Answer,
    /// The client has it already.
    NotModified,
    Failed,
}

impl Reading<'_> {
    /// A condition by ETag makes the one by date beside it meaningless.
    pub(super) fn judge(&self, head: &Head) -> Judgement {
        let failed = match self.is {
            Some(condition) => !holds(condition, head),
            None => self
                .unmodified_since
                .is_some_and(|date| is_newer(head, date)),
        };
        let known = match self.is_not {
            Some(condition) => holds(condition, head),
            None => self
                .modified_since
                .is_some_and(|date| !is_newer(head, date)),
        };
        match (failed, known) {
            (true, _) => Judgement::Failed,
            (false, true) => Judgement::NotModified,
            (false, false) => Judgement::Answer,
        }
    }
}

fn holds(condition: &ETagCondition, head: &Head) -> bool {
    condition.is_any()
        || condition
            .as_etag()
            .is_some_and(|etag| etag.value() == head.etag)
}

/// Dates of HTTP have whole seconds.
fn is_newer(head: &Head, date: &Date) -> bool {
    let modified = Duration::from_millis(head.modified).as_secs();
    i64::try_from(modified).unwrap_or(i64::MAX) > seconds(date)
}

/// When a put or a delete may replace what is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Condition {
    #[default]
    Always,
    /// `If-None-Match: *`
    Absent,
    /// `If-Match: *`
    Present,
    /// `If-Match: "etag"`
    Is(String),
    /// What a delete says of the object: its ETag, when it was modified (in seconds), and its size.
    Like {
        etag: Option<String>,
        modified: Option<i64>,
        size: Option<u64>,
    },
    /// It is the one that was read: its ETag, and when it was modified (in milliseconds).
    Read { etag: String, modified: u64 },
}

impl Condition {
    /// `None` for conditions that S3 does not have: `If-None-Match` takes `*` only, and not beside
    /// `If-Match`.
    pub(super) fn of(
        is: Option<&ETagCondition>,
        is_not: Option<&ETagCondition>,
    ) -> Option<Condition> {
        match (is, is_not) {
            (None, None) => Some(Condition::Always),
            (None, Some(condition)) => condition.is_any().then_some(Condition::Absent),
            (Some(condition), None) if condition.is_any() => Some(Condition::Present),
            (Some(condition), None) => Some(Condition::Is(condition.as_etag()?.value().to_owned())),
            (Some(_), Some(_)) => None,
        }
    }

    /// Judges what is there now.
    ///
    /// # Errors
    /// The condition does not hold; S3 tells an object that is not there apart from one that is
    /// another.
    pub(super) fn check(&self, present: Option<&Head>) -> Result<(), BucketError> {
        match (self, present) {
            (Condition::Always, _) | (Condition::Absent, None) | (Condition::Present, Some(_)) => {
                Ok(())
            }
            (Condition::Absent, Some(_)) => Err(BucketError::PreconditionFailed),
            (_, None) => Err(BucketError::NoSuchKey),
            (Condition::Is(etag), Some(head)) => holds_if(head.etag == *etag),
            (
                Condition::Like {
                    etag,
                    modified,
                    size,
                },
                Some(head),
            ) => holds_if(
                etag.as_ref()
                    .is_none_or(|etag| etag == "*" || head.etag == *etag)
                    && modified
                        .is_none_or(|modified| i64::try_from(head.modified / 1000) == Ok(modified))
                    && size.is_none_or(|size| head.size == size),
            ),
            (Condition::Read { etag, modified }, Some(head)) => {
                holds_if((&head.etag, head.modified) == (etag, *modified))
            }
        }
    }
}

fn holds_if(holds: bool) -> Result<(), BucketError> {
    if holds {
        Ok(())
    } else {
        Err(BucketError::PreconditionFailed)
    }
}

/// A time of the library in whole seconds.
pub(super) fn seconds(date: &Date) -> i64 {
    let date: time::OffsetDateTime = date.clone().into();
    date.unix_timestamp()
}

/// A time as the library has it.
pub(super) fn date(at: Timestamp) -> Date {
    (std::time::UNIX_EPOCH + Duration::from_millis(at.as_millis())).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use s3s::dto::ETag;

    fn head() -> Head {
        Head {
            etag: "e".into(),
            modified: 10_500,
            ..Head::default()
        }
    }

    #[test]
    fn etags_come_before_dates() {
        let (right, wrong) = (
            ETagCondition::ETag(ETag::Strong("e".into())),
            ETagCondition::ETag(ETag::Strong("x".into())),
        );
        let at = |seconds: u64| date(Timestamp::from_millis(seconds * 1000));
        let (before, same, after) = (at(9), at(10), at(11));
        let check = |reading: Reading<'_>, expected| {
            assert_eq!(reading.judge(&head()), expected, "{reading:?}");
        };
        let none = Reading::default();
        check(none, Judgement::Answer);
        check(
            Reading {
                is: Some(&right),
                ..none
            },
            Judgement::Answer,
        );
        check(
            Reading {
                is: Some(&wrong),
                ..none
            },
            Judgement::Failed,
        );
        check(
            Reading {
                is_not: Some(&right),
                ..none
            },
            Judgement::NotModified,
        );
        check(
            Reading {
                is_not: Some(&wrong),
                ..none
            },
            Judgement::Answer,
        );
        check(
            Reading {
                modified_since: Some(&before),
                ..none
            },
            Judgement::Answer,
        );
        check(
            Reading {
                modified_since: Some(&same),
                ..none
            },
            Judgement::NotModified,
        );
        check(
            Reading {
                unmodified_since: Some(&same),
                ..none
            },
            Judgement::Answer,
        );
        check(
            Reading {
                unmodified_since: Some(&before),
                ..none
            },
            Judgement::Failed,
        );
        check(
            Reading {
                is: Some(&right),
                unmodified_since: Some(&before),
                ..none
            },
            Judgement::Answer,
        );
        check(
            Reading {
                is_not: Some(&wrong),
                modified_since: Some(&after),
                ..none
            },
            Judgement::Answer,
        );
    }

    #[test]
    fn writes_have_fewer_conditions() {
        let (any, etag) = (
            ETagCondition::Any,
            ETagCondition::ETag(ETag::Strong("e".into())),
        );
        assert_eq!(Condition::of(None, Some(&any)), Some(Condition::Absent));
        assert_eq!(Condition::of(None, Some(&etag)), None);
        assert_eq!(Condition::of(Some(&any), Some(&any)), None);
        let is = Condition::of(Some(&etag), None).unwrap();
        assert!(is.check(Some(&head())).is_ok());
        assert!(matches!(is.check(None), Err(BucketError::NoSuchKey)));
        let like = |etag: Option<&str>, modified, size| {
            Condition::Like {
                etag: etag.map(ToOwned::to_owned),
                modified,
                size,
            }
            .check(Some(&head()))
            .is_ok()
        };
        assert!(
            like(Some("e"), Some(10), Some(0))
                && like(None, None, None)
                && like(Some("*"), None, None)
        );
        assert!(
            !like(Some("x"), None, None)
                && !like(None, Some(11), None)
                && !like(None, None, Some(1))
        );
        let read = |modified| {
            Condition::Read {
                etag: "e".into(),
                modified,
            }
            .check(Some(&head()))
            .is_ok()
        };
        assert!(read(10_500) && !read(10_501));
        assert!(matches!(
            Condition::Absent.check(Some(&head())),
            Err(BucketError::PreconditionFailed)
        ));
    }
}
