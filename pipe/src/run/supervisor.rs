//! Door: the pipes of one definition at work, each in a task of its own.
//!
//! When the definition changes, the pipes that are not concerned go on: their messages, their
//! breaker and what they know of their targets stay as they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use kit::time::Timestamp;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::build::{Tools, Yard};
use super::replaced::Replaced;
use super::worker;
use crate::control::api::{self, ControlFault, Shown};
use crate::control::registry::Board;
use crate::control::state::Status;
use crate::definition::{DesiredState, Pipe, PipeDefinitions};

/// Pipes at work.
#[derive(Debug)]
pub struct Fleet {
    yard: Yard,
    board: Arc<Board>,
    members: BTreeMap<String, Member>,
    workers: JoinSet<()>,
    stop: CancellationToken,
}

/// A pipe of the definition.
#[derive(Debug)]
struct Member {
    shown: Shown,
    /// Stops it, should it be at work.
    stop: CancellationToken,
}

impl Fleet {
    /// Starts the pipes of `definition`, to run until `stop`.
    pub fn start(tools: Tools, definition: PipeDefinitions, stop: &CancellationToken) -> Fleet {
        let mut fleet = Fleet {
            yard: Yard::new(tools),
            board: Arc::default(),
            members: BTreeMap::new(),
            workers: JoinSet::new(),
            stop: stop.clone(),
        };
        fleet.replace(definition);
        fleet
    }

    /// Takes over another definition. What is new or another in it starts; what was before stops:
    /// it finishes what is under way and hands back the rest, which its successor then receives.
    /// Whatever is the same goes on.
    pub fn replace(&mut self, definition: PipeDefinitions) -> Replaced {
        let now = Timestamp::wall();
        let mut replaced = Replaced::default();
        let mut before = std::mem::take(&mut self.members);
        for pipe in definition.pipes {
            let old = before.remove(&pipe.name);
            let member = match old {
                Some(old) if old.shown.pipe.fingerprint == pipe.fingerprint => {
                    replaced.same += 1;
                    old
                }
                old => {
                    let count = if old.is_some() {
                        &mut replaced.changed
                    } else {
                        &mut replaced.new
                    };
                    *count += 1;
                    let created = old
                        .as_ref()
                        .map_or(now, |old| old.shown.status.state().created);
                    if let Some(old) = old {
                        old.stop.cancel();
                    }
                    self.add(pipe, created, now)
                }
            };
            self.members.insert(member.shown.pipe.name.clone(), member);
        }
        before.values().for_each(|gone| gone.stop.cancel());
        self.board.show(
            self.members
                .values()
                .map(|member| member.shown.clone())
                .collect(),
        );
        Replaced {
            removed: before.len(),
            ..replaced
        }
    }

    /// Starts or stops one pipe, which stays so until it is told otherwise or its definition
    /// changes.
    ///
    /// # Errors
    /// There is no such pipe, or it is on its way already.
    pub fn set(&mut self, name: &str, wanted: DesiredState) -> Result<Shown, ControlFault> {
        let member = self
            .members
            .get_mut(name)
            .ok_or_else(|| ControlFault::unknown(name))?;
        let Member { shown, stop } = member;
        api::check(name, shown.status.state().current, wanted)?;
        match wanted {
            DesiredState::Stopped => {
                shown.status.stops(Timestamp::wall());
                stop.cancel();
            }
            DesiredState::Running => {
                *stop = self.stop.child_token();
                let (shown, stop) = (shown.clone(), stop.clone());
                self.launch(&shown, stop, Timestamp::wall());
                return Ok(shown);
            }
        }
        Ok(shown.clone())
    }

    /// What the admin port shows.
    pub fn board(&self) -> Arc<Board> {
        self.board.clone()
    }

    /// Waits for a pipe to end. Never returns when there is none.
    ///
    /// # Errors
    /// It did not end by itself: a bug.
    pub async fn ended(&mut self) -> anyhow::Result<()> {
        match self.workers.join_next().await {
            Some(ended) => ended.context("a pipe ended early, this is a bug"),
            None => std::future::pending().await,
        }
    }

    /// Waits until all pipes have drained, after the stop signal.
    ///
    /// # Errors
    /// One did not end by itself: a bug.
    pub async fn drained(mut self) -> anyhow::Result<()> {
        while !self.workers.is_empty() {
            self.ended().await?;
        }
        Ok(())
    }

    fn add(&mut self, pipe: Pipe, created: Timestamp, now: Timestamp) -> Member {
        let status = Arc::new(Status::new(pipe.state, created, now));
        let shown = Shown {
            pipe: Arc::new(pipe),
            status,
        };
        let stop = self.stop.child_token();
        match shown.pipe.state {
            DesiredState::Running => self.launch(&shown, stop.clone(), now),
            DesiredState::Stopped => tracing::info!(
                pipe = shown.pipe.name,
                "the pipe is stopped by its definition"
            ),
        }
        Member { shown, stop }
    }

    fn launch(&mut self, shown: &Shown, stop: CancellationToken, now: Timestamp) {
        let Shown { pipe, status } = shown.clone();
        status.starts(now);
        let job = self
            .yard
            .equip(pipe, status.clone(), self.board.filtered.clone(), &stop);
        self.workers.spawn(async move {
            worker::run(job, stop).await;
            status.stopped();
        });
    }
}

#[cfg(test)]
mod tests;
