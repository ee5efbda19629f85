//! What of a definition runs in this process. Pure: every reader reads it, and all problems are
//! reported together.

use std::collections::BTreeSet;
use std::sync::Arc;

use gateway::Outbound;
use gateway::api::Apis;
use kit::definition::Declarations;
use kit::send::{AllowTarget, AllowTargets};
use pipe::outbox::Outbox;
use url::Url;

use super::own_apis::OwnApis;
use super::services::ChainServices;
use super::source::{Exposure, Source};
use super::undeclared::{self, UndeclaredQueue};
use crate::provision::rules::RuleQueues;
use crate::provision::{self, DeclaredNames};

/// The resources of a definition that run here.
#[derive(Debug)]
pub(super) struct Resources {
    /// REST APIs.
    pub apis: Apis,
    /// Pipes, and the targets of rules.
    pub pipes: pipe::definition::PipeDefinitions,
    /// The queues of the rules.
    pub rules: RuleQueues,
    /// Names of the queues and buckets that the definition declares.
    pub declared: DeclaredNames,
    /// Queues that the definition uses without declaring them.
    pub undeclared: BTreeSet<UndeclaredQueue>,
    /// What integrations of the APIs may reach.
    pub outbound: Outbound,
    /// Targets that pipes and integrations may call, besides public addresses.
    pub allowed: AllowTargets,
    /// The same, one by one.
    pub targets: Vec<AllowTarget>,
    /// Targets on this machine that are allowed because the definition names them:
    /// `localhost:9000`.
    pub named: Vec<String>,
    /// Keeps calls to targets that nobody named.
    pub outbox: Arc<Outbox>,
    /// Those targets: `crm.example:443`.
    pub held: BTreeSet<String>,
    /// Whether a pipe delivers to this chain's subscriber.
    pub reaches_subscriber: bool,
}

impl Resources {
    /// Reads the definition of `source`.
    ///
    /// # Errors
    /// Something in it is wrong or not supported, or nothing in it runs here.
    pub(super) fn load(source: &Source) -> anyhow::Result<(Declarations, Resources)> {
        let mut definition = source.files.load(&source.account)?;
        let resources = Resources::read(&mut definition, source)?;
        definition.report_not_run();
        Ok((definition, resources))
    }

    /// Reads `definition`. Pipes and integrations may call the targets that `source` gives and, if
    /// only this machine reaches the chain, targets on this machine that the definition names.
    ///
    /// # Errors
    /// Something in the definition is wrong or not supported, or nothing in it runs here.
    fn read(definition: &mut Declarations, source: &Source) -> anyhow::Result<Resources> {
        let (gateway, mut given) = (&source.gateway, source.given.clone());
        let mut problems = Vec::new();
        let mut apis = Apis::read(definition, gateway.stage.clone(), &mut problems);
        let own = OwnApis::of(&apis, source.reached_gateway, &source.caller);
        given.extend(own.move_destinations(definition));
        let definition = &*definition;
        let before = AllowTargets::new(given.iter().cloned());
        let services = ChainServices::of(definition);
        services.check_apis(&mut apis, &mut problems);
        let mut local = pipe::definition::PipeDefinitions::endpoints(definition);
        local.extend(apis.endpoints());
        local.retain(|url| source.exposure == Exposure::Loopback && before.refuse(url));
        let targets: Vec<AllowTarget> = given
            .into_iter()
            .chain(local.iter().flat_map(AllowTarget::loopback))
            .collect();
        let allowed = AllowTargets::new(targets.iter().cloned());
        let outbound = Outbound::new(&gateway.outbound, allowed.clone());

        apis.check_endpoints(&outbound, &mut problems);
        let declared = provision::read(definition, &mut problems);
        let mut pipes =
            pipe::definition::PipeDefinitions::read(definition, &allowed, &mut problems);
        services.check_pipes(&mut pipes.pipes, &own, definition, &mut problems);
        own.move_pipes(&mut pipes.pipes);
        pipes = pipes.with_rules_if(services.rules_run());
        definition.check(problems)?;
        gateway.check(&apis, definition.is_lenient())?;

        let mut undeclared = undeclared::find(&apis, &pipes);
        undeclared.retain(|queue| !queue.is_declared(&source.account, &declared.queues));
        let named: BTreeSet<String> = local
            .iter()
            .filter(|url| !allowed.refuse(url))
            .map(AllowTarget::text_for)
            .collect();
        let reaches_subscriber = reaches(&pipes.pipes, &source.subscriber);
        let named = named.into_iter().collect();
        let outbox = Arc::new(Outbox::new(allowed.clone()));
        let resources = Resources {
            apis,
            rules: RuleQueues::of(&pipes, &source.account.stack_name),
            pipes,
            declared,
            undeclared,
            outbound,
            allowed,
            targets,
            named,
            held: held(definition, &outbox),
            outbox,
            reaches_subscriber,
        };
        resources.check(definition)?;
        Ok(resources)
    }

    fn check(&self, definition: &Declarations) -> anyhow::Result<()> {
        let DeclaredNames { queues, buckets } = &self.declared;
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
                "nothing in the definition runs here: expected an API, a pipe, a rule, a queue or a bucket{beside}"
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

/// Whether one of the pipes delivers to this URL.
fn reaches(pipes: &[pipe::definition::Pipe], url: &Url) -> bool {
    let mut called = pipes.iter().filter_map(|pipe| pipe.target.http_target());
    called.any(|invocation| invocation.destination.endpoint.shown() == url.as_str())
}

/// The targets to which calls are kept: `crm.example:443`.
fn held(definition: &Declarations, outbox: &Outbox) -> BTreeSet<String> {
    let urls = pipe::definition::PipeDefinitions::endpoints(definition).into_iter();
    let held = urls.filter(|url| outbox.holds(url));
    held.map(|url| AllowTarget::text_for(&url)).collect()
}

#[cfg(test)]
mod tests {
    use kit::cloudformation::Account;
    use kit::definition::DefinitionArgs;

    use super::*;
    use crate::up::own_apis::OwnCaller;

    /// Targets on this machine that are allowed when the built-in definition delivers to `target`.
    fn read(target: &str, exposure: Exposure) -> anyhow::Result<Vec<String>> {
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
        let source = Source {
            files: args,
            account,
            gateway: gateway::GatewayArgs::default(),
            subscriber,
            reached_gateway: None,
            caller: OwnCaller::new(),
            given,
            exposure,
        };
        Ok(Resources::load(&source)?.1.named)
    }

    #[test]
    fn what_the_definition_names_on_this_machine_is_allowed_where_only_it_asks() {
        let named = |target, exposure| read(target, exposure).map_err(|error| error.to_string());
        assert_eq!(
            named("http://127.0.0.1:3001/sub", Exposure::Loopback),
            Ok(Vec::new())
        );
        assert_eq!(
            named("http://localhost:9000/x", Exposure::Loopback),
            Ok(vec!["localhost:9000".to_owned()])
        );
        assert_eq!(
            named("https://crm.example/x", Exposure::Network),
            Ok(Vec::new())
        );
        for (target, exposure) in [
            ("http://localhost:9000/x", Exposure::Network),
            ("http://10.0.0.1/x", Exposure::Loopback),
        ] {
            let message = named(target, exposure).unwrap_err();
            assert!(
                message.contains("is at a private address") && message.contains("--allow-target"),
                "{message}"
            );
        }
    }
}
