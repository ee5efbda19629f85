//! Conditions of reads, copies and writes: by ETag and by date. Pure. See
//! `docs/aws/s3.md#conditions`.

use std::time::Duration;

use s3s::dto::{
    CopyObjectInput, ETagCondition, GetObjectInput, HeadObjectInput, Timestamp as Date,
    UploadPartCopyInput,
};

use super::date::seconds;
use super::head::Head;

/// The four conditions of a read, or of the source of a copy.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct ReadConditions<'r> {
    pub is: Option<&'r ETagCondition>,
    pub is_not: Option<&'r ETagCondition>,
    pub modified_since: Option<&'r Date>,
    pub unmodified_since: Option<&'r Date>,
}

macro_rules! read_conditions {
    ($($input:ident { $is:ident, $is_not:ident, $since:ident, $until:ident })*) => {
        $(impl<'r> From<&'r $input> for ReadConditions<'r> {
            fn from(input: &'r $input) -> ReadConditions<'r> {
                ReadConditions {
                    is: input.$is.as_ref(),
                    is_not: input.$is_not.as_ref(),
                    modified_since: input.$since.as_ref(),
                    unmodified_since: input.$until.as_ref(),
                }
            }
        })*
    };
}

read_conditions! {
    GetObjectInput { if_match, if_none_match, if_modified_since, if_unmodified_since }
    HeadObjectInput { if_match, if_none_match, if_modified_since, if_unmodified_since }
    CopyObjectInput {
        copy_source_if_match,
        copy_source_if_none_match,
        copy_source_if_modified_since,
        copy_source_if_unmodified_since
    }
    UploadPartCopyInput {
        copy_source_if_match,
        copy_source_if_none_match,
        copy_source_if_modified_since,
        copy_source_if_unmodified_since
    }
}

/// The outcome of the conditions of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    Answer,
    /// The client has it already.
    NotModified,
    Failed,
}

impl ReadConditions<'_> {
    /// Judges an object. A condition by ETag overrides the condition by date beside it.
    pub(crate) fn judge(&self, head: &Head) -> Judgement {
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

/// Why a put or a delete may not replace the present object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnmetCondition {
    NoSuchKey,
    PreconditionFailed,
}

/// When a put or a delete may replace the present object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum WriteCondition {
    #[default]
    Always,
    /// `If-None-Match: *`
    Absent,
    /// `If-Match: *`
    Present,
    /// `If-Match: "etag"`
    Is(String),
    /// The conditions of a delete: ETag, time of modification (in seconds), and size.
    Like {
        etag: Option<String>,
        modified: Option<i64>,
        size: Option<u64>,
    },
    /// The object is still the one that was read: its ETag and its time of modification (in
    /// milliseconds).
    Read { etag: String, modified: u64 },
}

impl WriteCondition {
    /// The condition of a put. `None` for what S3 does not have: `If-None-Match` takes `*` only,
    /// and not beside `If-Match`.
    pub(crate) fn of(
        is: Option<&ETagCondition>,
        is_not: Option<&ETagCondition>,
    ) -> Option<WriteCondition> {
        match (is, is_not) {
            (None, None) => Some(WriteCondition::Always),
            (None, Some(condition)) => condition.is_any().then_some(WriteCondition::Absent),
            (Some(condition), None) if condition.is_any() => Some(WriteCondition::Present),
            (Some(condition), None) => {
                Some(WriteCondition::Is(condition.as_etag()?.value().to_owned()))
            }
            (Some(_), Some(_)) => None,
        }
    }

    /// Judges the present object.
    ///
    /// # Errors The condition does not hold. S3 distinguishes a missing object from a different
    /// one.
    pub(crate) fn check(&self, present: Option<&Head>) -> Result<(), UnmetCondition> {
        match (self, present) {
            (WriteCondition::Always, _)
            | (WriteCondition::Absent, None)
            | (WriteCondition::Present, Some(_)) => Ok(()),
            (WriteCondition::Absent, Some(_)) => Err(UnmetCondition::PreconditionFailed),
            (_, None) => Err(UnmetCondition::NoSuchKey),
            (WriteCondition::Is(etag), Some(head)) => holds_if(head.etag == *etag),
            (
                WriteCondition::Like {
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
            (WriteCondition::Read { etag, modified }, Some(head)) => {
                holds_if((&head.etag, head.modified) == (etag, *modified))
            }
        }
    }
}

fn holds_if(holds: bool) -> Result<(), UnmetCondition> {
    if holds {
        Ok(())
    } else {
        Err(UnmetCondition::PreconditionFailed)
    }
}

#[cfg(test)]
mod tests {
    use kit::time::Timestamp;
    use s3s::dto::ETag;

    use super::super::date::date;
    use super::*;

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
        let check = |reading: ReadConditions<'_>, expected| {
            assert_eq!(reading.judge(&head()), expected, "{reading:?}");
        };
        let none = ReadConditions::default();
        check(none, Judgement::Answer);
        check(
            ReadConditions {
                is: Some(&right),
                ..none
            },
            Judgement::Answer,
        );
        check(
            ReadConditions {
                is: Some(&wrong),
                ..none
            },
            Judgement::Failed,
        );
        check(
            ReadConditions {
                is_not: Some(&right),
                ..none
            },
            Judgement::NotModified,
        );
        check(
            ReadConditions {
                is_not: Some(&wrong),
                ..none
            },
            Judgement::Answer,
        );
        check(
            ReadConditions {
                modified_since: Some(&before),
                ..none
            },
            Judgement::Answer,
        );
        check(
            ReadConditions {
                modified_since: Some(&same),
                ..none
            },
            Judgement::NotModified,
        );
        check(
            ReadConditions {
                unmodified_since: Some(&same),
                ..none
            },
            Judgement::Answer,
        );
        check(
            ReadConditions {
                unmodified_since: Some(&before),
                ..none
            },
            Judgement::Failed,
        );
        check(
            ReadConditions {
                is: Some(&right),
                unmodified_since: Some(&before),
                ..none
            },
            Judgement::Answer,
        );
        check(
            ReadConditions {
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
        assert_eq!(
            WriteCondition::of(None, Some(&any)),
            Some(WriteCondition::Absent)
        );
        assert_eq!(WriteCondition::of(None, Some(&etag)), None);
        assert_eq!(WriteCondition::of(Some(&any), Some(&any)), None);
        let is = WriteCondition::of(Some(&etag), None).unwrap();
        assert!(is.check(Some(&head())).is_ok());
        assert!(matches!(is.check(None), Err(UnmetCondition::NoSuchKey)));
        let like = |etag: Option<&str>, modified, size| {
            WriteCondition::Like {
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
            WriteCondition::Read {
                etag: "e".into(),
                modified,
            }
            .check(Some(&head()))
            .is_ok()
        };
        assert!(read(10_500) && !read(10_501));
        assert!(matches!(
            WriteCondition::Absent.check(Some(&head())),
            Err(UnmetCondition::PreconditionFailed)
        ));
    }
}
