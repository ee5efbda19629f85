//! Door: the pipes of one definition at work, each in a task of its own.
//!
//! When the definition changes, pipes that are the same in it run on: they keep their messages,
//! their circuit breaker and what they know of their targets.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use kit::time::Timestamp;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::builder::{Builder, Dependencies};
use super::reload_summary::ReloadSummary;
use super::worker;
use crate::control::api::{self, ControlFault, PipeView};
use crate::control::registry::Registry;
use crate::control::state::Status;
use crate::definition::{DesiredState, Pipe, PipeDefinitions};

/// Pipes at work.
#[derive(Debug)]
pub(crate) struct Supervisor {
    builder: Builder,
    registry: Arc<Registry>,
    members: BTreeMap<String, Member>,
    workers: JoinSet<()>,
    stop: CancellationToken,
}

/// A pipe of the definition.
#[derive(Debug)]
struct Member {
    view: PipeView,
    /// Stops the pipe's worker, if there is one.
    stop: CancellationToken,
}

impl Supervisor {
    /// Starts the pipes of `definition`, to run until `stop`.
    pub(crate) fn start(
        dependencies: Dependencies,
        definition: PipeDefinitions,
        stop: &CancellationToken,
    ) -> Supervisor {
        let mut supervisor = Supervisor {
            builder: Builder::new(dependencies),
            registry: Arc::default(),
            members: BTreeMap::new(),
            workers: JoinSet::new(),
            stop: stop.clone(),
        };
        supervisor.replace(definition);
        supervisor
    }

    /// Applies another definition. Pipes that are new or changed in it start, pipes that are
    /// changed or gone stop: they finish what is under way and hand back the other messages, which
    /// a successor then receives. Pipes that are the same run on.
    pub(crate) fn replace(&mut self, definition: PipeDefinitions) -> ReloadSummary {
        let now = Timestamp::wall();
        let mut summary = ReloadSummary::default();
        let mut before = std::mem::take(&mut self.members);
        for pipe in definition.pipes {
            let old = before.remove(&pipe.name);
            let member = match old {
                Some(old) if old.view.pipe.fingerprint == pipe.fingerprint => {
                    summary.same += 1;
                    old
                }
                old => {
                    let count = if old.is_some() {
                        &mut summary.changed
                    } else {
                        &mut summary.new
                    };
                    *count += 1;
                    let created = old
                        .as_ref()
                        .map_or(now, |old| old.view.status.state().created);
                    if let Some(old) = old {
                        old.stop.cancel();
                    }
                    self.add(pipe, created, now)
                }
            };
            self.members.insert(member.view.pipe.name.clone(), member);
        }
        before.values().for_each(|gone| gone.stop.cancel());
        self.registry.replace(
            self.members
                .values()
                .map(|member| member.view.clone())
                .collect(),
        );
        ReloadSummary {
            removed: before.len(),
            ..summary
        }
    }

    /// Starts or stops one pipe. It stays so until the next such command, or until its definition
    /// changes.
    ///
    /// # Errors
    /// There is no such pipe, or the pipe is in that state already, or on the way to it.
    pub(crate) fn set(
        &mut self,
        name: &str,
        wanted: DesiredState,
    ) -> Result<PipeView, ControlFault> {
        let member = self
            .members
            .get_mut(name)
            .ok_or_else(|| ControlFault::unknown(name))?;
        let Member { view, stop } = member;
        api::check(name, view.status.state().current, wanted)?;
        if let (DesiredState::Running, Some(reason)) = (wanted, &view.pipe.blocked) {
            return Err(ControlFault::Validation(format!(
                "Pipe {name} cannot run: {reason}"
            )));
        }
        match wanted {
            DesiredState::Stopped => {
                view.status.stops(Timestamp::wall());
                stop.cancel();
            }
            DesiredState::Running => {
                *stop = self.stop.child_token();
                let (view, stop) = (view.clone(), stop.clone());
                self.launch(&view, stop, Timestamp::wall());
                return Ok(view);
            }
        }
        Ok(view.clone())
    }

    /// The pipes, for the admin port.
    pub(crate) fn registry(&self) -> Arc<Registry> {
        self.registry.clone()
    }

    /// Waits for a worker to end. Never returns when there is none.
    ///
    /// # Errors
    /// The worker did not end by itself: a bug.
    pub(crate) async fn ended(&mut self) -> anyhow::Result<()> {
        match self.workers.join_next().await {
            Some(ended) => ended.context("a pipe ended early, this is a bug"),
            None => std::future::pending().await,
        }
    }

    /// Waits until all pipes have drained, after the stop signal.
    ///
    /// # Errors
    /// A worker did not end by itself: a bug.
    pub(crate) async fn drained(mut self) -> anyhow::Result<()> {
        while !self.workers.is_empty() {
            self.ended().await?;
        }
        Ok(())
    }

    fn add(&mut self, pipe: Pipe, created: Timestamp, now: Timestamp) -> Member {
        let status = Arc::new(Status::new(pipe.state, created, now));
        let view = PipeView {
            pipe: Arc::new(pipe),
            status,
        };
        let stop = self.stop.child_token();
        match (&view.pipe.blocked, view.pipe.state) {
            (Some(reason), _) => {
                tracing::warn!(pipe = view.pipe.name, "the pipe is stopped: {reason}");
                view.status.blocked(reason);
            }
            (None, DesiredState::Running) => self.launch(&view, stop.clone(), now),
            (None, DesiredState::Stopped) => tracing::info!(
                pipe = view.pipe.name,
                "the pipe is stopped by its definition"
            ),
        }
        Member { view, stop }
    }

    fn launch(&mut self, view: &PipeView, stop: CancellationToken, now: Timestamp) {
        let PipeView { pipe, status } = view.clone();
        status.starts(now);
        let parts = self
            .builder
            .build(pipe, status.clone(), self.registry.filtered.clone(), &stop);
        self.workers.spawn(async move {
            worker::run(parts, stop).await;
            status.stopped();
        });
    }
}

#[cfg(test)]
mod tests;
