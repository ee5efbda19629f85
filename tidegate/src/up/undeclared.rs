//! Door: the queues that a definition uses without declaring them.
//!
//! An API or a pipe as AWS exports it names queues and does not contain them. On AWS they exist;
//! here, `tidegate up` creates them.

use std::collections::BTreeSet;

use anyhow::Context as _;
use aws_config::{Region, SdkConfig};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Credentials;
use gateway::api::{Api, Apis, Backend, ServiceUri};
use kit::arn::Arn;
use kit::aws::LOCAL_ACCOUNT;
use kit::cloudformation::Account;
use pipe::definition::{PipeDefinitions, Target};

use crate::provision::Change;
use crate::provision::queues::DeclaredQueue;
use crate::provision::sqs::Sqs;

/// A queue, by the parts of its ARN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UndeclaredQueue {
    pub region: String,
    pub account: String,
    pub name: String,
}

impl UndeclaredQueue {
    /// Whether the queue is one of the declared `queues` in the account and region of `here`.
    pub(super) fn is_declared(&self, here: &Account, queues: &[String]) -> bool {
        self.region == here.region && self.account == here.account_id && queues.contains(&self.name)
    }
}

/// The queues that pipes and rules read or write, and those that an API names in the path of an
/// integration. A queue that only a mapping template names is not found.
pub(super) fn find(apis: &Apis, pipes: &PipeDefinitions) -> BTreeSet<UndeclaredQueue> {
    let methods = apis
        .apis
        .iter()
        .flat_map(|Api { resources, .. }| resources)
        .flat_map(|resource| &resource.methods);
    let called = methods.filter_map(|(_, method)| match &method.integration.backend {
        Backend::Aws(uri) => by_uri(uri),
        _ => None,
    });
    let dead_letters = pipes.rule_dead_letters().filter_map(by_arn);
    let read_and_written = pipes.pipes.iter().flat_map(|pipe| {
        let written =
            matches!(pipe.target, Target::Queue(_)).then_some(pipe.names.target_arn.as_str());
        // The queue of a rule is made with what the rule needs.
        let read = pipe.rule.is_none().then_some(pipe.source.arn.as_str());
        [read, written].into_iter().flatten().filter_map(by_arn)
    });
    called.chain(read_and_written).chain(dead_letters).collect()
}

fn by_uri(uri: &ServiceUri) -> Option<UndeclaredQueue> {
    let (account, name) = uri.queue()?;
    Some(UndeclaredQueue {
        region: uri.region.clone(),
        account: account.to_owned(),
        name: name.to_owned(),
    })
}

fn by_arn(arn: &str) -> Option<UndeclaredQueue> {
    let Arn {
        service: "sqs",
        region,
        account,
        resource,
        ..
    } = Arn::parse(arn)?
    else {
        return None;
    };
    Some(UndeclaredQueue {
        region: region.to_owned(),
        account: account.to_owned(),
        name: resource.to_owned(),
    })
}

/// Creates the queues that do not exist, without attributes.
///
/// # Errors
/// The emulator refuses.
pub(super) async fn create(
    queues: &BTreeSet<UndeclaredQueue>,
    sdk: &SdkConfig,
) -> anyhow::Result<()> {
    for UndeclaredQueue {
        region,
        account,
        name,
    } in queues
    {
        let config = aws_sdk_sqs::config::Builder::from(sdk).region(Region::new(region.clone()));
        // For the emulator, as for LocalStack, an access key of twelve digits is an account. The
        // chain's own access key is not.
        let owner = || Credentials::new(account, "test", None, None, "tidegate up");
        let config = if account == LOCAL_ACCOUNT {
            config
        } else {
            config.credentials_provider(owner())
        };
        let client = Client::from_conf(config.build());
        let made = Sqs::with(client, sdk)
            .ensure(&DeclaredQueue::plain(name))
            .await;
        let made = made.with_context(|| format!("account {account} in {region}"))?;
        if made.change == Change::Created {
            tracing::info!(
                region,
                account,
                "created queue {name} without a redrive policy: the definition uses it and does not declare it"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway::api::Operation;

    #[test]
    fn only_what_is_surely_a_queue_is_made() {
        let uri = |service: &str, path: &str| ServiceUri {
            region: "r".into(),
            service: service.into(),
            subdomain: None,
            operation: Operation::Path(path.into()),
            method: None,
        };
        let queue = UndeclaredQueue {
            region: "r".into(),
            account: "1".into(),
            name: "q".into(),
        };
        assert_eq!(by_uri(&uri("sqs", "/1/q")), Some(queue.clone()));
        assert_eq!(by_arn("arn:aws:sqs:r:1:q"), Some(queue));
        for (service, path) in [
            ("sqs", "/1/{queue}"),
            ("sqs", "/"),
            ("sqs", "/1/q/r"),
            ("s3", "/1/q"),
        ] {
            assert_eq!(by_uri(&uri(service, path)), None, "{service} {path}");
        }
        for arn in ["arn:aws:sns:r:1:t", "arn:aws:sqs:r:1", ""] {
            assert_eq!(by_arn(arn), None, "{arn}");
        }
    }
}
