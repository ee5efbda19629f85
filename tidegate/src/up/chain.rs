//! What a definition has that runs here. Pure: read by every reader, and all that is wrong with it
//! told at once.

use std::collections::BTreeSet;

use gateway::api::Apis;
use kit::cloudformation::Account;
use kit::definition::Declarations;
use kit::send::{AllowTarget, AllowTargets};
use url::Url;

use super::queues::{self, Used};
use crate::provision::{self, Names};

/// A definition, understood.
#[derive(Debug)]
pub(super) struct Chain {
    /// REST APIs.
    pub apis: Apis,
    /// Pipes.
    pub pipes: pipe::definition::PipeDefinitions,
    /// Queues and buckets that it declares.
    pub declared: Names,
    /// Queues that it uses and does not declare.
    pub used: BTreeSet<Used>,
    /// Where pipes may deliver to, beside public addresses.
    pub allowed: AllowTargets,
    /// Targets on this machine that are allowed because the definition names them:
    /// `localhost:9000`.
    pub named: Vec<String>,
    /// Whether a pipe delivers to the subscriber here.
    pub reaches_subscriber: bool,
}

/// Who reaches the ports of the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Programs on this machine only. Nobody else can send a message that then goes to a program
    /// here.
    ThisMachine,
    /// Whoever reaches this machine.
    Network,
}

impl Chain {
    /// Reads `definition`. What is `given` is allowed, and where only this machine reaches the
    /// house, so is what the definition itself names on it.
    ///
    /// # Errors
    /// Something of it is wrong or not supported, or nothing of it runs here.
    pub(super) fn read(
        definition: &Declarations,
        account: &Account,
        stage: Option<String>,
        subscriber: &Url,
        given: Vec<AllowTarget>,
        reach: Reach,
    ) -> anyhow::Result<Chain> {
        let before = AllowTargets::new(given.iter().cloned());
        let local = pipe::definition::PipeDefinitions::endpoints(definition);
        let local = local
            .into_iter()
            .filter(|url| reach == Reach::ThisMachine && before.refuse(url));
        let local: Vec<Url> = local.collect();
        let allowed = AllowTargets::new(
            given
                .into_iter()
                .chain(local.iter().flat_map(AllowTarget::loopback)),
        );

        let mut problems = Vec::new();
        let apis = Apis::read(definition, stage, &mut problems);
        let declared = provision::read(definition, &mut problems);
        let pipes = pipe::definition::PipeDefinitions::read(definition, &allowed, &mut problems);
        definition.check(problems)?;

        let mut used = queues::used(&apis, &pipes.pipes);
        used.retain(|queue| !queue.is_declared(account, &declared.queues));
        let named: BTreeSet<String> = local
            .iter()
            .filter(|url| !allowed.refuse(url))
            .map(AllowTarget::text_for)
            .collect();
        let mut called = pipes
            .pipes
            .iter()
            .filter_map(|pipe| pipe.target.invocation());
        let shown = subscriber.to_string();
        let reaches_subscriber =
            called.any(|invocation| invocation.destination.endpoint.shown() == shown);
        let named = named.into_iter().collect();
        let chain = Chain {
            apis,
            pipes,
            declared,
            used,
            allowed,
            named,
            reaches_subscriber,
        };
        chain.check(definition)?;
        Ok(chain)
    }

    fn check(&self, definition: &Declarations) -> anyhow::Result<()> {
        let Names { queues, buckets } = &self.declared;
        if self.apis.apis.is_empty()
            && self.pipes.pipes.is_empty()
            && queues.is_empty()
            && buckets.is_empty()
        {
            let beside = definition
                .not_run()
                .map(|(line, _)| format!(" ({line})"))
                .unwrap_or_default();
            anyhow::bail!(
                "the definition has nothing that runs here: expected a REST API, a pipe, a queue or a bucket{beside}"
            );
        }
        if self.apis.apis.is_empty() {
            anyhow::ensure!(
                self.apis.default_stage.is_none(),
                "--stage or GATEWAY_STAGE: the definition declares no REST API"
            );
        }
        gateway::config::check_stage(&self.apis)
    }
}

#[cfg(test)]
mod tests {
    use kit::definition::DefinitionArgs;

    use super::*;

    /// The built-in definition, with its target on this machine, beside the subscriber.
    fn read(target: &str, reach: Reach) -> anyhow::Result<Vec<String>> {
        let account = Account {
            region: "e".into(),
            account_id: "000000000000".into(),
            stack_name: "t".into(),
        };
        let overrides = vec![format!("SubEndpoint={target}")];
        let args = DefinitionArgs {
            parameter_overrides: overrides,
            ..DefinitionArgs::default()
        };
        let subscriber: Url = "http://127.0.0.1:3001/sub".parse()?;
        let given = vec!["127.0.0.1:3001".parse().map_err(anyhow::Error::msg)?];
        let chain = Chain::read(
            &args.load(&account)?,
            &account,
            None,
            &subscriber,
            given,
            reach,
        )?;
        Ok(chain.named)
    }

    #[test]
    fn what_the_definition_names_on_this_machine_is_allowed_where_only_it_asks() {
        let named = |target, reach| read(target, reach).map_err(|error| error.to_string());
        assert_eq!(
            named("http://127.0.0.1:3001/sub", Reach::ThisMachine),
            Ok(Vec::new())
        );
        assert_eq!(
            named("http://localhost:9000/x", Reach::ThisMachine),
            Ok(vec!["localhost:9000".to_owned()])
        );
        assert_eq!(
            named("https://crm.example/x", Reach::Network),
            Ok(Vec::new())
        );
        for (target, reach) in [
            ("http://localhost:9000/x", Reach::Network),
            ("http://10.0.0.1/x", Reach::ThisMachine),
        ] {
            let message = named(target, reach).unwrap_err();
            assert!(
                message.contains("is at a private address") && message.contains("--allow-target"),
                "{message}"
            );
        }
    }
}
