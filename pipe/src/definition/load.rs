//! Every pipe of the definition.

use std::collections::{BTreeSet, HashSet};

use kit::definition::{Declarations, LoadError};
use kit::document::Problem;
use kit::send::AllowTargets;
use url::Url;

use super::declared::declared;
use super::destinations::Destinations;
use super::pipe::{DesiredState, Pipe};
use super::rule_queue::RuleQueue;
use super::rules_run::RulesRun;
use super::{pipes, rules};

/// Every pipe of the definition.
#[derive(Debug, Default)]
pub struct PipeDefinitions {
    /// The pipes, in the order of the files.
    pub pipes: Vec<Pipe>,
    /// The targets of rules, in the order of the files. They run where the emulator takes events:
    /// see [`PipeDefinitions::with_rules`].
    pub rules: Vec<Pipe>,
}

impl PipeDefinitions {
    /// Reads the pipes of `given`, with their destinations and connections, wherever those are.
    ///
    /// # Errors
    /// A property is wrong, missing or, unless leniency was asked for, unknown or not supported.
    pub fn load(given: &Declarations) -> Result<PipeDefinitions, LoadError> {
        PipeDefinitions::load_allowed(given, &AllowTargets::anywhere())
    }

    /// As [`PipeDefinitions::load`], with calls to public addresses and to `allowed` targets only.
    ///
    /// # Errors
    /// As for [`PipeDefinitions::load`]; or a URL is plainly at another address.
    pub fn load_allowed(
        given: &Declarations,
        allowed: &AllowTargets,
    ) -> Result<PipeDefinitions, LoadError> {
        let mut problems = Vec::new();
        let definition = PipeDefinitions::read(given, allowed, &mut problems);
        given.check(problems)?;
        Ok(definition)
    }

    /// The same, whose rules run like its pipes.
    #[must_use]
    pub fn with_rules(mut self) -> PipeDefinitions {
        self.pipes.append(&mut self.rules);
        self
    }

    /// The same, with rules that run or not. Rules that do not are named.
    #[must_use]
    pub fn with_rules_if(self, rules: RulesRun) -> PipeDefinitions {
        match rules {
            RulesRun::Here => self.with_rules(),
            RulesRun::Elsewhere => {
                let names = self.rules.iter().map(|pipe| pipe.names.pipe_name.as_str());
                let names: BTreeSet<&str> = names.collect();
                if !names.is_empty() {
                    let names = names.into_iter().collect::<Vec<_>>().join(", ");
                    tracing::info!(
                        "rules are run by the EventBridge that takes the events: {names}"
                    );
                }
                self
            }
        }
    }

    /// The queues of the rules that are not disabled.
    pub fn rule_queues(&self) -> Vec<RuleQueue> {
        let running = self
            .rules
            .iter()
            .chain(&self.pipes)
            .filter(|pipe| pipe.state == DesiredState::Running);
        let queues = running.filter_map(|pipe| Some(pipe.rule.as_ref()?.queue.clone()));
        queues.collect()
    }

    /// The dead-letter queues of rules, by their ARNs.
    pub fn rule_dead_letters(&self) -> impl Iterator<Item = &str> {
        let rules = self.rules.iter().chain(&self.pipes);
        rules.filter_map(|pipe| Some(pipe.rule.as_ref()?.limits.dead_letters()?.arn.as_str()))
    }

    /// Checks that there is a pipe, for a program that does nothing but run pipes.
    ///
    /// # Errors
    /// There is no pipe.
    pub fn ensure_pipes(&self) -> anyhow::Result<()> {
        let none = "the definition declares no pipe that can run: expected AWS::Pipes::Pipe or AWS::Events::Rule in a \
                    template, or the output of aws pipes describe-pipe (choose another one with --definition or DEFINITION)";
        anyhow::ensure!(!self.pipes.is_empty(), none);
        Ok(())
    }

    /// Reads the pipes of `given`, with calls to public addresses and to `allowed` targets only.
    /// All problems are added to `problems`.
    pub fn read(
        given: &Declarations,
        allowed: &AllowTargets,
        problems: &mut Vec<Problem>,
    ) -> PipeDefinitions {
        let destinations = Destinations::load(given, allowed, problems);
        let rules = rules::read(given, &destinations, problems);
        let (mut definition, mut names) = (PipeDefinitions::default(), HashSet::new());
        for pipe in declared(given, "AWS::Pipes::Pipe", &given.pipes, "Arn", problems) {
            let arn = pipe
                .arn
                .map_or_else(|| arn(given, &pipe.name), str::to_owned);
            let read = pipes::read(&pipe, arn, &destinations, problems);
            if names.insert(pipe.name.clone()) {
                definition.pipes.extend(read);
            } else {
                problems.push(
                    pipe.node
                        .problem(format!("{}: {} is declared twice", pipe.label, pipe.name))
                        .tolerable(),
                );
            }
        }
        definition.rules = rules;
        definition
    }

    /// All valid URLs of the definition's destinations and connections.
    pub fn endpoints(given: &Declarations) -> Vec<Url> {
        let mut ignored = Vec::new();
        let kinds = [
            (
                "AWS::Events::ApiDestination",
                &given.api_destinations,
                "InvocationEndpoint",
            ),
            (
                "AWS::Events::Connection",
                &given.connections,
                "AuthorizationEndpoint",
            ),
        ];
        let mut found = Vec::new();
        for (kind, descriptions, property) in kinds {
            for declared in declared(given, kind, descriptions, "", &mut ignored) {
                let oauth = || {
                    declared
                        .node
                        .get("AuthParameters")?
                        .get("OAuthParameters")?
                        .get(property)
                };
                let node = declared.node.get(property).or_else(oauth);
                found.extend(node.and_then(|node| node.text().ok()?.parse().ok()));
            }
        }
        found
    }
}

fn arn(given: &Declarations, name: &str) -> String {
    let (region, account) = given.account.as_ref().map_or(("", ""), |account| {
        (account.region.as_str(), account.account_id.as_str())
    });
    format!("arn:aws:pipes:{region}:{account}:pipe/{name}")
}
