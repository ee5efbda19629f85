//! Door: creates the queues and buckets that the programs of a chain rely on.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use kit::definition::Declarations;

use super::undeclared::{self, UndeclaredQueue};
use crate::provision::rules::RuleQueues;
use crate::provision::{self, Provisioned};

/// Creates or updates what `definition` declares, and creates the queues that it uses without
/// declaring them, and those of its rules.
pub(super) async fn provision_all(
    definition: &Declarations,
    undeclared: &BTreeSet<UndeclaredQueue>,
    rules: &RuleQueues,
    sdk: &SdkConfig,
) -> anyhow::Result<Vec<Provisioned>> {
    // With the list of existing queues, a new queue takes one request.
    let sqs = provision::sqs::Sqs::new(sdk).listed().await?;
    let mut done = provision::provision_by(definition, &sqs, sdk).await?;
    undeclared::create(undeclared, sdk).await?;
    done.extend(rules.provision(&sqs).await?);
    Ok(done)
}
