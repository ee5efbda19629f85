//! Which requests an operator wants to see, and the logs of the last ones. Pure: time is an
//! argument.

use std::collections::VecDeque;
use std::time::Duration;

use kit::time::Timestamp;

/// How long a wish waits for its requests.
const PATIENCE: Duration = Duration::from_mins(10);

/// The most wishes that wait.
const WISHES: usize = 100;

/// The most logs that are kept.
const KEPT: usize = 100;

/// The requests that an operator wants to see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// Only the request with this id.
    pub request_id: Option<String>,
    /// Only requests with this verb.
    pub verb: Option<String>,
    /// Only requests to this resource: `/events/{proxy+}`.
    pub resource: Option<String>,
    /// Only requests to this stage.
    pub stage: Option<String>,
    /// How many.
    pub count: u32,
}

/// What is known of a request when its execution begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Execution<'a> {
    pub request_id: &'a str,
    pub verb: &'a str,
    pub resource: &'a str,
    pub stage: &'a str,
}

/// The log of a request.
#[derive(Debug, Clone)]
pub(super) struct KeptLog {
    pub request_id: String,
    pub lines: Vec<String>,
}

/// The wishes that wait, and the logs that were made for others.
#[derive(Debug, Default)]
pub(super) struct Demand {
    wishes: Vec<(Wish, Timestamp)>,
    kept: VecDeque<KeptLog>,
}

impl Demand {
    /// Adds a wish; false when too many wait already.
    pub(super) fn add(&mut self, wish: Wish, now: Timestamp) -> bool {
        self.forget_old(now);
        if self.wishes.len() >= WISHES {
            return false;
        }
        self.wishes.push((wish, now + PATIENCE));
        true
    }

    /// Whether a request is to be recorded, which uses up a part of the wish.
    pub(super) fn takes(&mut self, execution: &Execution<'_>, now: Timestamp) -> bool {
        self.forget_old(now);
        let found = self
            .wishes
            .iter_mut()
            .find(|(wish, _)| wish.is_for(execution));
        let Some((wish, _)) = found else { return false };
        wish.count = wish.count.saturating_sub(1);
        self.wishes.retain(|(wish, _)| wish.count > 0);
        true
    }

    /// Whether anything is wished for.
    pub(super) fn is_waiting(&self) -> bool {
        !self.wishes.is_empty()
    }

    /// Keeps a log; the oldest goes when there are too many.
    pub(super) fn keep(&mut self, kept: KeptLog) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(kept);
    }

    /// The logs that are kept: all, or that of one request.
    pub(super) fn kept(&self, request_id: Option<&str>) -> Vec<KeptLog> {
        let is_meant = |kept: &&KeptLog| request_id.is_none_or(|id| kept.request_id == id);
        self.kept.iter().filter(is_meant).cloned().collect()
    }

    fn forget_old(&mut self, now: Timestamp) {
        self.wishes.retain(|(_, until)| *until > now);
    }
}

impl Wish {
    fn is_for(&self, execution: &Execution<'_>) -> bool {
        let fits = |wanted: &Option<String>, is: &str| {
            wanted
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(is))
        };
        fits(&self.request_id, execution.request_id)
            && fits(&self.verb, execution.verb)
            && self
                .resource
                .as_ref()
                .is_none_or(|own| own == execution.resource)
            && self.stage.as_ref().is_none_or(|own| own == execution.stage)
    }
}
