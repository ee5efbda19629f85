//! Door: whether SQS answers, and has the queues that the APIs name.
//!
//! A queue that was found is not looked up again for a minute, so that each of many queues costs
//! one request a minute. Every check makes at least one request.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use kit::aws;
use kit::lock::Mutex;
use tokio::time::Instant;

use crate::api::{Api, Apis, Backend, ServiceUri};
use crate::trouble::Trouble;

/// The longest that all requests of one check take.
const DEADLINE: Duration = Duration::from_secs(3);
/// How long a queue that was found needs no other look.
const FOUND: Duration = Duration::from_secs(60);

/// A queue that an integration names in its path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct NeededQueue {
    region: String,
    account: String,
    name: String,
}

/// Whether what the APIs depend on answers. An API without SQS depends on nothing that is asked:
/// the backends of others are their own affair (our choice).
#[derive(Debug)]
pub(crate) struct Readiness {
    config: SdkConfig,
    /// When each queue was found last.
    found: Mutex<BTreeMap<NeededQueue, Instant>>,
}

impl Readiness {
    /// Nothing was looked up yet.
    pub(crate) fn new(config: &SdkConfig) -> Readiness {
        Readiness {
            config: config.clone(),
            found: Mutex::default(),
        }
    }

    /// Whether any of the APIs calls SQS.
    pub(crate) fn needs_sqs(&self, apis: &Apis) -> bool {
        apis.apis.iter().any(needs_sqs)
    }

    /// Checks what all APIs need, or one of them: that SQS answers and has the queues.
    ///
    /// # Errors
    /// SQS does not answer, or a queue is missing; the text names it.
    pub(crate) async fn check(&self, apis: &Apis, only: Option<&Api>) -> Result<(), String> {
        let all: Vec<&Api> = match only {
            Some(api) => vec![api],
            None => apis.apis.iter().collect(),
        };
        if !all.iter().any(|api| needs_sqs(api)) {
            return Ok(());
        }
        let queues = all.into_iter().flat_map(queues).collect();
        self.check_queues(&queues).await
    }

    async fn check_queues(&self, needed: &BTreeSet<NeededQueue>) -> Result<(), String> {
        let late = || format!("SQS does not answer within {} seconds", DEADLINE.as_secs());
        tokio::time::timeout(DEADLINE, self.check_all(needed))
            .await
            .unwrap_or_else(|_| Err(late()))
    }

    async fn check_all(&self, needed: &BTreeSet<NeededQueue>) -> Result<(), String> {
        let due = self.due(needed, Instant::now());
        if due.is_empty() {
            let asked = Client::new(&self.config)
                .list_queues()
                .max_results(1)
                .send()
                .await;
            return answered(asked).map(|_| ());
        }
        let mut missing = Vec::new();
        for queue in due {
            if exists(&self.client(&queue.region), &queue).await? {
                self.found.lock().insert(queue, Instant::now());
            } else {
                missing.push(format!(
                    "{} (account {}, {})",
                    queue.name, queue.account, queue.region
                ));
            }
        }
        match missing.as_slice() {
            [] => Ok(()),
            [queue] => Err(format!(
                "queue {queue} does not exist: create it, or correct the integration that names it"
            )),
            queues => Err(format!("queues do not exist: {}", queues.join("; "))),
        }
    }

    /// The queues to look up: those that were not found for a minute, or else the one that was
    /// found the longest ago.
    fn due(&self, needed: &BTreeSet<NeededQueue>, now: Instant) -> Vec<NeededQueue> {
        let found = self.found.lock();
        let at = |queue: &NeededQueue| found.get(queue).copied();
        let is_due = |queue: &&NeededQueue| at(queue).is_none_or(|at| at + FOUND <= now);
        let due: Vec<_> = needed.iter().filter(is_due).cloned().collect();
        match due.as_slice() {
            [] => needed
                .iter()
                .min_by_key(|queue| at(queue))
                .into_iter()
                .cloned()
                .collect(),
            _ => due,
        }
    }

    fn client(&self, region: &str) -> Client {
        let config =
            aws_sdk_sqs::config::Builder::from(&self.config).region(Region::new(region.to_owned()));
        Client::from_conf(config.build())
    }
}

/// What the integrations of an API call at AWS.
fn services(api: &Api) -> impl Iterator<Item = &ServiceUri> {
    let methods = api.resources.iter().flat_map(|resource| &resource.methods);
    methods.filter_map(|(_, method)| match &method.integration.backend {
        Backend::Aws(uri) => Some(uri),
        _ => None,
    })
}

fn needs_sqs(api: &Api) -> bool {
    services(api).any(|uri| uri.service == "sqs")
}

/// The queues that the paths of an API's integrations name. One that only a mapping template names
/// is not among them.
fn queues(api: &Api) -> impl Iterator<Item = NeededQueue> {
    services(api).filter_map(|uri| {
        let (account, name) = uri.queue()?;
        Some(NeededQueue {
            region: uri.region.clone(),
            account: account.to_owned(),
            name: name.to_owned(),
        })
    })
}

async fn exists(client: &Client, queue: &NeededQueue) -> Result<bool, String> {
    let asked = client
        .get_queue_url()
        .queue_name(&queue.name)
        .queue_owner_aws_account_id(&queue.account);
    let code = answered(asked.send().await)?.unwrap_or_default();
    Ok(Trouble::of_sqs_code(&code) != Trouble::QueueMissing)
}

/// The code of an error of SQS, which counts as an answer: the role need not be allowed to look up
/// queues. A 5xx does not count: an SQS that answers it takes no messages.
fn answered<T, E>(asked: Result<T, SdkError<E>>) -> Result<Option<String>, String>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match asked {
        Ok(_) => Ok(None),
        Err(SdkError::ServiceError(refusal)) if !refusal.raw().status().is_server_error() => {
            Ok(Some(refusal.err().code().unwrap_or_default().to_owned()))
        }
        Err(error) => Err(format!("SQS does not answer: {}", aws::explain(&error))),
    }
}
