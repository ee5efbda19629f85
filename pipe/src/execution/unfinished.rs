//! Reports targets whose replies do not end: counters, and at most one line a minute of each kind.
//!
//! AWS waits five seconds for a whole answer and asks for its first MiB only
//! (`Range: bytes=0-1048575`). So an answer is whole when its body has ended or its first MiB is
//! there, within the deadline, whatever its status; what lies beyond is not read, and the
//! connection is closed.

use kit::call::Reply;
use kit::send::SendError;
use kit::time::{OncePerMinute, Timestamp};
use metrics::{counter, describe_counter};

/// Replies that were longer than what is read of them.
const CUT: &str = "pipe_answers_cut_total";
/// Replies that began and had not ended within the deadline.
const LATE: &str = "pipe_answers_unfinished_total";

/// Limits the lines about one destination.
#[derive(Debug, Default)]
pub(crate) struct UnfinishedReplies {
    cut: OncePerMinute,
    late: OncePerMinute,
}

impl UnfinishedReplies {
    /// Counts and reports what a destination replied, if that did not end: of a body at most
    /// `limit` bytes are read.
    pub(crate) fn observe(
        &self,
        destination: &str,
        replied: &Result<Reply, SendError>,
        limit: usize,
        now: Timestamp,
    ) {
        let name = || destination.to_owned();
        match replied {
            Ok(reply) if !reply.complete => {
                counter!(CUT, "destination" => name()).increment(1);
                if self.cut.is_due(now) {
                    let status = reply.status;
                    tracing::warn!(
                        destination,
                        "answers {status} with a body of more than {limit} bytes: the rest is not read, and the \
                         connection is closed; let it answer with a short body or none"
                    );
                }
            }
            Err(SendError::Unfinished { status, within }) => {
                counter!(LATE, "destination" => name()).increment(1);
                if self.late.is_due(now) {
                    tracing::warn!(
                        destination,
                        "answers {status} with a body that does not end within {within:?}: that counts as no answer, and \
                         the message is sent again; let it answer with a short body or none"
                    );
                }
            }
            _ => {}
        }
    }
}

/// Describes the counters.
pub(crate) fn describe() {
    describe_counter!(
        CUT,
        "Answers of a destination that were longer than what is read of them: the first MiB counts"
    );
    describe_counter!(
        LATE,
        "Answers of a destination whose body did not end in time: they count as no answer"
    );
}
