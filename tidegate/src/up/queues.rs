//! Door: the queues that a definition uses and does not declare.
//!
//! What AWS exports of an API or a pipe names queues and does not hold them. On AWS they are there;
//! here nobody else would ever make them.

use std::collections::BTreeSet;

use anyhow::Context as _;
use aws_config::{Region, SdkConfig};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::Credentials;
use gateway::api::{Api, Apis, Backend, ServiceUri};
use kit::aws::LOCAL_ACCOUNT;
use kit::cloudformation::Account;
use pipe::arn::Arn;
use pipe::definition::{Pipe, Target};

use crate::provision::Deed;
use crate::provision::queues::Declared;
use crate::provision::sqs::Sqs;

/// A queue, by the three parts of its ARN that tell it from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Used {
    pub region: String,
    pub account: String,
    pub name: String,
}

impl Used {
    /// Whether it is one of the queues that are declared here.
    pub(super) fn is_declared(&self, here: &Account, queues: &[String]) -> bool {
        self.region == here.region && self.account == here.account_id && queues.contains(&self.name)
    }
}

/// The queues that pipes read or write, and those that an API names in the path of its integration.
/// One that only a mapping template knows is not among them.
pub(super) fn used(apis: &Apis, pipes: &[Pipe]) -> BTreeSet<Used> {
    let methods = apis
        .apis
        .iter()
        .flat_map(|Api { resources, .. }| resources)
        .flat_map(|resource| &resource.methods);
    let called = methods.filter_map(|(_, method)| match &method.integration.backend {
        Backend::Aws(uri) => by_uri(uri),
        _ => None,
    });
    let read_and_written = pipes.iter().flat_map(|pipe| {
        let written =
            matches!(pipe.target, Target::Queue(_)).then_some(pipe.names.target_arn.as_str());
        [Some(pipe.source.arn.as_str()), written]
            .into_iter()
            .flatten()
            .filter_map(by_arn)
    });
    called.chain(read_and_written).collect()
}

fn by_uri(uri: &ServiceUri) -> Option<Used> {
    let (account, name) = uri.queue()?;
    Some(Used {
        region: uri.region.clone(),
        account: account.to_owned(),
        name: name.to_owned(),
    })
}

fn by_arn(arn: &str) -> Option<Used> {
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
    Some(Used {
        region: region.to_owned(),
        account: account.to_owned(),
        name: resource.to_owned(),
    })
}

/// Makes those of them that are not there, as plain as queues can be.
///
/// # Errors
/// The emulator refuses.
pub(super) async fn make(used: &BTreeSet<Used>, sdk: &SdkConfig) -> anyhow::Result<()> {
    for Used {
        region,
        account,
        name,
    } in used
    {
        let config = aws_sdk_sqs::config::Builder::from(sdk).region(Region::new(region.clone()));
        // An access key of twelve digits is an account, to the emulator as to LocalStack. The
        // house's own is another.
        let owner = || Credentials::new(account, "test", None, None, "tidegate up");
        let config = if account == LOCAL_ACCOUNT {
            config
        } else {
            config.credentials_provider(owner())
        };
        let client = Client::from_conf(config.build());
        let made = Sqs::with(client, sdk).ensure(&Declared::plain(name)).await;
        if made.with_context(|| format!("account {account} in {region}"))? == Deed::Created {
            tracing::info!(
                region,
                account,
                "queue {name} is used and declared nowhere: it has no redrive policy"
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
        let queue = Used {
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
