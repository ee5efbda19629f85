//! How much of the memory messages and objects may take.

use std::fmt;

use super::bytes::{Bytes, MEBIBYTE};
use super::limit::MemoryLimit;

/// What is left to requests that are under way: bodies that are read, batches that wait for the
/// disk.
const REQUESTS: u64 = 12 * MEBIBYTE;

/// Less than this for messages is no use.
const LEAST: u64 = 4 * MEBIBYTE;

/// A start takes a fifth more for each message than it takes afterwards: it puts them in order.
const START: u64 = 5;

/// The limit leaves no room for messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the memory limit of {limit} is too small: the emulator needs at least {needed}; {}", .limit.remedy())]
pub struct TooSmall {
    limit: MemoryLimit,
    needed: Bytes,
}

/// The messages in a data folder need more memory than there may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its messages need more memory than the limit of {limit} allows; {}", .limit.remedy())]
pub struct TooMany {
    limit: MemoryLimit,
}

/// The memory that messages may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    limit: MemoryLimit,
    /// Bytes above which no new messages are taken.
    room: u64,
    /// Bytes above which a start cannot go on.
    most: u64,
}

impl Budget {
    /// For an emulator under `limit`, which holds `base` bytes before it has read anything, and
    /// reads files of `segment` bytes at once.
    ///
    /// # Errors
    /// There is no room for messages.
    pub fn new(limit: MemoryLimit, base: u64, segment: u64) -> Result<Budget, TooSmall> {
        let free = limit.bytes.saturating_sub(base);
        let room = free
            .saturating_sub(segment + REQUESTS)
            .min(free.saturating_sub(REQUESTS) / (START + 1) * START);
        if room < LEAST {
            let needed = Bytes(base + segment + REQUESTS + LEAST);
            return Err(TooSmall { limit, needed });
        }
        let most = room + REQUESTS / 2;
        Ok(Budget { limit, room, most })
    }

    /// Whether there is no room for new messages when messages take `used` bytes.
    pub fn is_used_up(&self, used: u64) -> bool {
        used >= self.room
    }

    /// Bytes above which a start cannot go on.
    pub fn most(&self) -> u64 {
        self.most
    }

    /// The error of a start that needs more memory.
    pub fn too_many(&self) -> TooMany {
        TooMany {
            limit: self.limit.clone(),
        }
    }

    /// The text of the error for a message that is refused.
    pub fn refusal(&self) -> String {
        format!(
            "The emulator holds as much as its memory limit of {} allows: new messages are refused until others are gone. \
             Receiving and deleting goes on. To hold more, {}.",
            self.limit,
            self.limit.remedy()
        )
    }

    /// The text of the error for an object that is refused.
    pub fn object_refusal(&self) -> String {
        format!(
            "The emulator holds as much as its memory limit of {} allows: nothing was stored. Delete objects or messages, \
             or, to hold more, {}.",
            self.limit,
            self.limit.remedy()
        )
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", Bytes(self.room), self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::limit::LimitSource;

    fn limit(bytes: u64) -> MemoryLimit {
        MemoryLimit {
            bytes,
            source: LimitSource::Setting,
        }
    }

    #[test]
    fn files_requests_and_the_next_start_have_their_share() {
        let of = |mebibytes: u64, segment: u64| {
            Budget::new(limit(mebibytes << 20), 8 << 20, segment << 20)
        };
        assert_eq!(of(96, 32).unwrap().room, 44 << 20);
        assert_eq!(of(4096, 32).unwrap().room, (4076 << 20) / 6 * 5);
        assert!(of(96, 0).unwrap().room > of(96, 32).unwrap().room);
        let error = of(48, 32).unwrap_err().to_string();
        assert_eq!(
            error,
            "the memory limit of 48 MiB (--max-memory or EMULATOR_MAX_MEMORY) is too small: the emulator needs at least 56 \
             MiB; set it to a larger number"
        );
    }

    #[test]
    fn a_refusal_names_the_limit_and_what_to_do() {
        let cgroup = MemoryLimit {
            bytes: 96 << 20,
            source: LimitSource::Cgroup,
        };
        let budget = Budget::new(cgroup, 8 << 20, 32 << 20).unwrap();
        assert!(!budget.is_used_up((44 << 20) - 1) && budget.is_used_up(44 << 20));
        assert_eq!(
            budget.refusal(),
            "The emulator holds as much as its memory limit of 96 MiB (of its container or cgroup) allows: new messages \
             are refused until others are gone. Receiving and deleting goes on. To hold more, give the container more \
             memory."
        );
        assert_eq!(
            budget.object_refusal(),
            "The emulator holds as much as its memory limit of 96 MiB (of its container or cgroup) allows: nothing was \
             stored. Delete objects or messages, or, to hold more, give the container more memory."
        );
    }
}
