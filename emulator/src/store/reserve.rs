//! How much of the log is kept free for what, so that a full disk can always be emptied. Pure.
//!
//! Nothing of it is taken from the disk when it is needed: it is there in advance, as files that
//! nothing was written into yet. The order of what may use it is the order of what gives space
//! back:
//!
//! - moving what lives in the oldest segment, which frees that segment, may use all of it;
//! - deletes, which free messages, leave what such a move needs;
//! - receives, which deletes depend on, leave something for deletes;
//! - sends leave so much that what they leave, and what receives use of it, can be won back by
//!   moving: what is free, and what is dead in the log, are together never less than that, for only
//!   sends make them less.

/// The largest record: a message of 1 MiB with everything around it.
const RECORD: u64 = 1280 * 1024;
/// More than any request writes that brings no messages.
const MARGIN: u64 = 256 * 1024;

/// What the reserve depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reserve {
    /// Bytes of a segment.
    pub(super) size: u64,
    /// Bytes that a segment begins with.
    pub(super) beginning: u64,
    /// Bytes of all messages.
    pub(super) live: u64,
}

impl Reserve {
    /// What must be free behind a small request.
    pub(super) fn margin(self) -> u64 {
        MARGIN.min(self.size / 8)
    }

    /// What moving so many bytes of messages needs: the end of a segment may be too short for the
    /// next message.
    pub(super) fn to_move(self, live: u64) -> u64 {
        live + self.beginning + RECORD.min(self.size / 4) + self.margin()
    }

    /// What must be free behind a delete.
    pub(super) fn behind_deletes(self) -> u64 {
        self.to_move(self.live.min(self.size)) + self.margin()
    }

    /// What must be free behind a receive.
    pub(super) fn behind_receives(self) -> u64 {
        self.behind_deletes() + self.size / 8
    }

    /// What must be free behind a send.
    pub(super) fn behind_sends(self) -> u64 {
        self.behind_receives() + self.size / 2
    }

    /// What should be free: a new file is requested before any request has to wait for it.
    pub(super) fn wanted(self) -> u64 {
        self.behind_sends() + self.size / 4
    }

    /// How much must be dead in a full log before it pays to walk through it.
    pub(super) fn worth_walking(self) -> u64 {
        self.size / 4
    }

    /// How many files there should be behind the one that is being written, in which so much is
    /// left.
    pub(super) fn files(self, left: u64) -> u64 {
        self.wanted()
            .saturating_sub(left)
            .div_ceil(self.size.max(1))
            .max(1)
    }
}

/// What is free in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FreeSpace {
    /// Bytes left in the segment that is being written.
    pub(super) left: u64,
    /// Files behind it.
    pub(super) files: u64,
}

impl FreeSpace {
    /// What is free when a record of so many bytes was written: one that does not fit goes to the
    /// next file.
    pub(super) fn behind(self, bytes: u64, reserve: &Reserve) -> u64 {
        if bytes <= self.left {
            return self.left - bytes + self.files * reserve.size;
        }
        (self.files * reserve.size).saturating_sub(reserve.beginning + bytes)
    }
}

/// The segments behind the present one, which are there in advance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spare {
    /// There are enough of them.
    Ready,
    /// Another one is on its way.
    Coming,
    /// The disk had no room for another one.
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: u64 = 32 * 1024 * 1024;

    #[test]
    fn an_idle_log_has_one_file_in_reserve_and_a_long_one_up_to_two() {
        let files = |live, left| {
            Reserve {
                size: SIZE,
                beginning: 1000,
                live,
            }
            .files(left)
        };
        assert_eq!((files(0, SIZE), files(0, SIZE / 2), files(0, 0)), (1, 1, 1));
        assert_eq!(
            (
                files(SIZE * 9, SIZE),
                files(SIZE * 9, SIZE / 2),
                files(SIZE * 9, 0)
            ),
            (1, 2, 2)
        );
    }

    #[test]
    fn what_is_kept_free_grows_from_moves_to_sends() {
        for live in [0, 1000, SIZE, SIZE * 100] {
            let reserve = Reserve {
                size: SIZE,
                beginning: 1000,
                live,
            };
            assert!(reserve.to_move(live.min(SIZE)) < reserve.behind_deletes());
            assert!(reserve.behind_deletes() < reserve.behind_receives());
            // What receives may use up is worth walking for.
            assert!(reserve.behind_receives() + reserve.worth_walking() < reserve.behind_sends());
            assert!(reserve.behind_sends() < reserve.wanted());
        }
    }

    #[test]
    fn what_does_not_fit_costs_the_rest_of_its_segment() {
        let reserve = Reserve {
            size: 1000,
            beginning: 10,
            live: 0,
        };
        let free = FreeSpace {
            left: 100,
            files: 2,
        };
        assert_eq!(
            (free.behind(100, &reserve), free.behind(101, &reserve)),
            (2000, 1889)
        );
        assert_eq!(
            FreeSpace {
                left: 100,
                files: 0
            }
            .behind(101, &reserve),
            0
        );
    }
}
