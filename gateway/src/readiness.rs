//! Door: whether SQS answers, and has the queues that the APIs name.
//!
//! A queue that was found is not looked up again for a minute, so that each of many queues costs
//! one request a minute. Every check makes at least one request.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use kit::aws;
use kit::lock::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::api::{Apis, Backend};
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

/// The queues that the gateway cannot work without.
#[derive(Debug)]
pub(crate) struct Readiness {
    config: SdkConfig,
    /// When each queue was found last.
    queues: Mutex<BTreeMap<NeededQueue, Option<Instant>>>,
}

impl Readiness {
    /// The queues of these APIs. A queue that only a mapping template names is not among them.
    pub(crate) fn new(apis: &Apis, config: &SdkConfig) -> Readiness {
        let methods = apis
            .apis
            .iter()
            .flat_map(|api| &api.resources)
            .flat_map(|resource| &resource.methods);
        let queues = methods.filter_map(|(_, method)| match &method.integration.backend {
            Backend::Aws(uri) => {
                let (account, name) = uri.queue()?;
                Some(NeededQueue {
                    region: uri.region.clone(),
                    account: account.to_owned(),
                    name: name.to_owned(),
                })
            }
            Backend::LambdaProxy(_) | Backend::Http(_) | Backend::Mock | Backend::Unsupported => {
                None
            }
        });
        let queues = queues.map(|queue| (queue, None)).collect();
        Readiness {
            config: config.clone(),
            queues: Mutex::new(queues),
        }
    }

    /// Checks that SQS answers and has the queues.
    ///
    /// # Errors
    /// SQS does not answer, or a queue is missing; the text names it.
    pub(crate) async fn check(&self) -> Result<(), String> {
        let late = || format!("SQS does not answer within {} seconds", DEADLINE.as_secs());
        tokio::time::timeout(DEADLINE, self.check_all())
            .await
            .unwrap_or_else(|_| Err(late()))
    }

    async fn check_all(&self) -> Result<(), String> {
        let due = self.due(Instant::now());
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
                self.lock().insert(queue, Some(Instant::now()));
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
    fn due(&self, now: Instant) -> Vec<NeededQueue> {
        let queues = self.lock();
        let is_due = |found: &Option<Instant>| found.is_none_or(|at| at + FOUND <= now);
        let due: Vec<_> = queues
            .iter()
            .filter(|(_, found)| is_due(found))
            .map(|(queue, _)| queue.clone())
            .collect();
        let first = || {
            queues
                .iter()
                .min_by_key(|(_, found)| **found)
                .map(|(queue, _)| queue.clone())
        };
        if due.is_empty() {
            first().into_iter().collect()
        } else {
            due
        }
    }

    fn client(&self, region: &str) -> Client {
        let config =
            aws_sdk_sqs::config::Builder::from(&self.config).region(Region::new(region.to_owned()));
        Client::from_conf(config.build())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<NeededQueue, Option<Instant>>> {
        self.queues.lock()
    }
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
