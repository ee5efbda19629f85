//! The operations, and which of them comes next.

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Wait {
        millis: u64,
    },
    Send {
        queue: usize,
        group: u8,
        id: u8,
        delay: u64,
    },
    Receive {
        queue: usize,
        most: usize,
        visibility: u64,
    },
    Delete {
        receipt: usize,
    },
    Hide {
        receipt: usize,
        seconds: u64,
    },
    Purge {
        queue: usize,
    },
    Retain {
        queue: usize,
        seconds: u32,
    },
    Recreate {
        queue: usize,
    },
    MoveBack {
        queue: usize,
        rate: Option<u32>,
    },
    Restart,
}

pub(super) fn step(random: &mut fastrand::Rng) -> Step {
    let queue = random.usize(..4);
    match random.u8(..46) {
        0..6 => Step::Wait {
            millis: random.u64(..90_000),
        },
        6..18 => Step::Send {
            queue: if random.bool() { 0 } else { random.usize(..3) },
            group: random.u8(..3),
            id: random.u8(..30),
            delay: if random.bool() { 0 } else { random.u64(..60) },
        },
        18..30 => Step::Receive {
            queue,
            most: random.usize(1..=10),
            visibility: random.u64(..90),
        },
        30..36 => Step::Delete {
            receipt: random.usize(..),
        },
        36..40 => Step::Hide {
            receipt: random.usize(..),
            seconds: random.u64(..90),
        },
        40 => Step::Purge { queue },
        41 => Step::Retain {
            queue,
            seconds: random.u32(300..900),
        },
        42 => Step::Recreate { queue },
        43 | 44 => Step::MoveBack {
            queue: if random.bool() { 1 } else { 3 },
            rate: if random.bool() {
                None
            } else {
                Some(random.u32(1..20))
            },
        },
        _ => Step::Restart,
    }
}
