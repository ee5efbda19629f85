//! Door: reads the definition of a running chain again, on SIGHUP and when one of its files has
//! changed, and hands its parts to the programs.
//!
//! A definition with a problem anywhere changes nothing. Queues and buckets that are not declared
//! any more stay, with what is in them.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use gateway::api::Apis;
use kit::counted::counted;
use kit::send::AllowTargets;
use kit::watch::Watch;
use pipe::definition::PipeDefinitions;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::provisioning::provision_all;
use super::resources::Resources;
use super::source::Source;
use crate::provision::{Change, DeclaredNames, Provisioned};

/// Reads the definition of a running chain again.
#[derive(Debug)]
pub(super) struct Reload {
    source: Source,
    sdk: SdkConfig,
    /// What the programs may call.
    allowed: AllowTargets,
    declared: DeclaredNames,
    apis: Option<Sender<Apis>>,
    pipes: Option<Sender<PipeDefinitions>>,
}

impl Reload {
    /// Reloads of `source`, whose queues are at the endpoint of `sdk`; `first` is what was read at
    /// the start.
    pub(super) fn new(source: Source, first: &Resources, sdk: SdkConfig) -> Reload {
        Reload {
            source,
            sdk,
            allowed: first.allowed.clone(),
            declared: first.declared.clone(),
            apis: None,
            pipes: None,
        }
    }

    /// The further APIs, for a gateway that runs.
    pub(super) fn further_apis(&mut self) -> Receiver<Apis> {
        let (sender, receiver) = channel(1);
        self.apis = Some(sender);
        receiver
    }

    /// The further pipes, where pipes run.
    pub(super) fn further_pipes(&mut self) -> Receiver<PipeDefinitions> {
        let (sender, receiver) = channel(1);
        self.pipes = Some(sender);
        receiver
    }

    /// Watches the files of the definition, and SIGHUP.
    ///
    /// # Errors
    /// The signal handler cannot be installed.
    pub(super) fn watch(&self) -> std::io::Result<Watch> {
        Watch::new(self.source.files.files.clone())
    }

    /// Hands out each further definition that `watch` finds. Never returns.
    pub(super) async fn keep(mut self, mut watch: Watch) {
        loop {
            watch.changed().await;
            match self.again().await {
                Ok(summary) => tracing::info!("the definition was reloaded: {summary}"),
                Err(error) => tracing::error!(
                    "the definition was not reloaded, the chain goes on as it was: {error:#}"
                ),
            }
        }
    }

    /// Reads the definition, creates what is new in it, and hands out its APIs and pipes: neither
    /// ever names a queue that is not there yet.
    async fn again(&mut self) -> anyhow::Result<String> {
        let source = self.source.clone();
        let read = tokio::task::spawn_blocking(move || Resources::load(&source));
        let (definition, resources) = read.await??;
        let done = provision_all(
            &definition,
            &resources.undeclared,
            &resources.rules,
            &self.sdk,
        )
        .await?;
        self.allowed.add(resources.targets);
        let summary = self.summary(&resources.apis, &resources.pipes, &done);
        for left in left(&self.declared, &resources.declared) {
            tracing::warn!("{left} is not declared any more: it stays, with what is in it");
        }
        self.declared = resources.declared;
        if let Some(sender) = &self.apis {
            sender.send(resources.apis).await?;
        }
        if let Some(sender) = &self.pipes {
            sender.send(resources.pipes).await?;
        }
        Ok(summary)
    }

    /// What was reloaded, and what was not, in words.
    fn summary(&self, apis: &Apis, pipes: &PipeDefinitions, done: &[Provisioned]) -> String {
        let (apis, pipes) = (apis.apis.len(), pipes.pipes.len());
        let mut parts = vec![
            counted(apis, "API").to_string(),
            counted(pipes, "pipe").to_string(),
        ];
        for (change, word) in [(Change::Created, "created"), (Change::Updated, "updated")] {
            for kind in ["queue", "bucket"] {
                let is_it = |one: &&Provisioned| one.kind == kind && one.change == change;
                let count = done.iter().filter(is_it).count();
                if count > 0 {
                    parts.push(format!("{} {word}", counted(count, kind)));
                }
            }
        }
        let programs = [
            ("gateway", self.apis.is_none() && apis > 0),
            ("pipe", self.pipes.is_none() && pipes > 0),
        ];
        for (program, _) in programs.iter().filter(|(_, is_missing)| *is_missing) {
            parts.push(format!(
                "the {program} does not run in this chain, and a reload does not start it"
            ));
        }
        parts.join(", ")
    }
}

/// The queues and buckets that were declared and are not any more.
fn left(before: &DeclaredNames, now: &DeclaredNames) -> Vec<String> {
    let kinds = [
        ("queue", &before.queues, &now.queues),
        ("bucket", &before.buckets, &now.buckets),
    ];
    let gone = kinds.into_iter().flat_map(|(kind, before, now)| {
        let now: BTreeSet<&String> = now.iter().collect();
        let gone = before.iter().filter(move |name| !now.contains(name));
        gone.map(move |name| format!("{kind} {name}"))
    });
    gone.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_declared_any_more_is_named() {
        let names = |queues: &[&str], buckets: &[&str]| {
            let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
            DeclaredNames {
                queues: owned(queues),
                buckets: owned(buckets),
            }
        };
        let (before, now) = (names(&["a", "b"], &["x"]), names(&["b", "c"], &[]));
        assert_eq!(left(&before, &now), ["queue a", "bucket x"]);
        assert_eq!(left(&now, &now), [""; 0]);
    }
}
