//! How much memory messages may take, and objects when they lie in memory: so much that the system
//! never has to kill the emulator, which would be killed at every start again.
//!
//! What they take is counted, not measured: an allocator does not give everything back at once, and
//! a measure would refuse sends to empty queues.

mod gauge;
mod limit;

use std::fmt;
use std::str::FromStr;

pub use gauge::{Full, Gauge, Reservation};
pub use limit::{Limit, Source};

const MEBIBYTE: u64 = 1024 * 1024;

/// What is left to requests that are under way: bodies that are read, batches that wait for the
/// disk.
const REQUESTS: u64 = 12 * MEBIBYTE;

/// Less than this for messages is no use.
const LEAST: u64 = 4 * MEBIBYTE;

/// A start takes a fifth more for each message than it takes afterwards: it puts them in order.
const START: u64 = 5;

/// A number of bytes, as settings have it: `100663296`, `96MiB`, `96m`, `2g`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// The text is no number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a number of bytes, such as 100663296, 96MiB or 2g")]
pub struct NotBytes;

impl FromStr for Bytes {
    type Err = NotBytes;

    fn from_str(text: &str) -> Result<Bytes, NotBytes> {
        let text = text.trim();
        let (number, unit) = text.split_at(
            text.find(|c: char| !c.is_ascii_digit())
                .unwrap_or(text.len()),
        );
        let factor = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kib" => 1024,
            "m" | "mib" => MEBIBYTE,
            "g" | "gib" => 1024 * MEBIBYTE,
            _ => return Err(NotBytes),
        };
        let number: u64 = number.parse().map_err(|_| NotBytes)?;
        number.checked_mul(factor).map(Bytes).ok_or(NotBytes)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 10 * MEBIBYTE {
            write!(f, "{} KiB", self.0 / 1024)
        } else {
            write!(f, "{} MiB", self.0 / MEBIBYTE)
        }
    }
}

/// The limit leaves no room for messages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the memory limit of {limit} is too small: the emulator needs {needed} at least; {}", .limit.remedy())]
pub struct TooSmall {
    limit: Limit,
    needed: Bytes,
}

/// The messages in a data folder need more memory than there may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its messages need more memory than the limit of {limit} leaves; {}", .limit.remedy())]
pub struct TooMany {
    limit: Limit,
}

/// What messages may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    limit: Limit,
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
    pub fn new(limit: Limit, base: u64, segment: u64) -> Result<Budget, TooSmall> {
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

    /// Why it could not.
    pub fn too_many(&self) -> TooMany {
        TooMany {
            limit: self.limit.clone(),
        }
    }

    /// What a sender is told.
    pub fn refusal(&self) -> String {
        format!(
            "The emulator holds as much as its memory limit of {} allows: new messages are refused until others are gone. \
             Receiving and deleting goes on. To hold more, {}.",
            self.limit,
            self.limit.remedy()
        )
    }

    /// What is told who puts an object.
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

    fn limit(bytes: u64) -> Limit {
        Limit {
            bytes,
            source: Source::Setting,
        }
    }

    #[test]
    fn numbers_of_bytes() {
        for (text, bytes) in [
            ("1", 1),
            ("96m", 96 << 20),
            ("96MiB", 96 << 20),
            ("2 g", 2 << 30),
            ("512k", 512 << 10),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in [
            "",
            "m",
            "-1",
            "1.5g",
            "1tb",
            "99999999999999999999",
            "99999999999g",
        ] {
            assert_eq!(text.parse::<Bytes>(), Err(NotBytes), "{text}");
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
            "the memory limit of 48 MiB (--max-memory or EMULATOR_MAX_MEMORY) is too small: the emulator needs 56 MiB at \
             least; set it to a larger number"
        );
    }

    #[test]
    fn a_refusal_names_the_limit_and_what_to_do() {
        let cgroup = Limit {
            bytes: 96 << 20,
            source: Source::Cgroup,
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
