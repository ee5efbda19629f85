//! Door: does SQS answer, and are the queues there that the APIs name?
//!
//! A queue that was found is not looked for again for a minute, so that many queues cost no more
//! than the requests of one minute each; every look asks for one at least.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_config::{Region, SdkConfig};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use kit::aws;
use kit::lock::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::api::{Apis, Backend};

/// How long SQS may take for all that one look asks.
const DEADLINE: Duration = Duration::from_secs(3);
/// How long a queue counts as there.
const FOUND: Duration = Duration::from_secs(60);

/// A queue that an integration names in its path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Needed {
    region: String,
    account: String,
    name: String,
}

/// What the gateway cannot work without.
#[derive(Debug)]
pub struct Readiness {
    config: SdkConfig,
    /// When each was found last.
    queues: Mutex<BTreeMap<Needed, Option<Instant>>>,
}

impl Readiness {
    /// For these APIs. A queue that only a mapping template knows is not looked for.
    pub fn new(apis: &Apis, config: &SdkConfig) -> Readiness {
        let methods = apis
            .apis
            .iter()
            .flat_map(|api| &api.resources)
            .flat_map(|resource| &resource.methods);
        let queues = methods.filter_map(|(_, method)| match &method.integration.backend {
            Backend::Aws(uri) => {
                let (account, name) = uri.queue()?;
                Some(Needed {
                    region: uri.region.clone(),
                    account: account.to_owned(),
                    name: name.to_owned(),
                })
            }
            Backend::Mock | Backend::Unsupported => None,
        });
        let queues = queues.map(|queue| (queue, None)).collect();
        Readiness {
            config: config.clone(),
            queues: Mutex::new(queues),
        }
    }

    /// Asks SQS.
    ///
    /// # Errors
    /// It does not answer, or a queue is missing; the text names it.
    pub async fn look(&self) -> Result<(), String> {
        let late = || format!("SQS does not answer within {} seconds", DEADLINE.as_secs());
        tokio::time::timeout(DEADLINE, self.look_at_all())
            .await
            .unwrap_or_else(|_| Err(late()))
    }

    async fn look_at_all(&self) -> Result<(), String> {
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
            if is_there(&self.client(&queue.region), &queue).await? {
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

    /// The queues to look for: those that were not found for a minute, or else the one that was
    /// found first.
    fn due(&self, now: Instant) -> Vec<Needed> {
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

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Needed, Option<Instant>>> {
        self.queues.lock()
    }
}

async fn is_there(client: &Client, queue: &Needed) -> Result<bool, String> {
    let asked = client
        .get_queue_url()
        .queue_name(&queue.name)
        .queue_owner_aws_account_id(&queue.account);
    let code = answered(asked.send().await)?.unwrap_or_default();
    Ok(!code.ends_with("NonExistentQueue") && !code.ends_with("QueueDoesNotExist"))
}

/// The code of a refusal, which is an answer too: whether this role may look at queues is not the
/// question. A 5xx is none: that SQS takes no messages.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::http::HeaderMap;
    use serde_json::Value;

    const NONE: (&str, &str) = (
        "AWS.SimpleQueueService.NonExistentQueue;Sender",
        "com.amazonaws.sqs#QueueDoesNotExist",
    );

    /// An SQS where only `there` exists, which answers everything else with `status`, and how often
    /// it was asked.
    async fn sqs(status: u16) -> (SdkConfig, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        let app = axum::Router::new().fallback(async move |headers: HeaderMap, body: String| {
            counter.fetch_add(1, Ordering::SeqCst);
            let request: Value = serde_json::from_str(&body).unwrap();
            let is_url = headers["x-amz-target"] == "AmazonSQS.GetQueueUrl";
            match (status, is_url, request["QueueName"].as_str()) {
                (200, true, Some("there")) => {
                    (200, "", r#"{"QueueUrl": "http://x/1/there"}"#.to_owned())
                }
                (200, true, _) => (
                    400,
                    NONE.0,
                    format!(r#"{{"__type": "{}", "message": "none"}}"#, NONE.1),
                ),
                _ => (status, "", "{}".to_owned()),
            }
            .respond()
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (aws::local(&endpoint).await, asked)
    }

    trait Respond {
        fn respond(self) -> (http::StatusCode, [(&'static str, &'static str); 1], String);
    }

    impl Respond for (u16, &'static str, String) {
        fn respond(self) -> (http::StatusCode, [(&'static str, &'static str); 1], String) {
            (
                http::StatusCode::from_u16(self.0).unwrap(),
                [("x-amzn-query-error", self.1)],
                self.2,
            )
        }
    }

    fn needs(config: &SdkConfig, names: &[&str]) -> Readiness {
        let needed = |name: &&str| Needed {
            region: "eu-west-1".into(),
            account: "1".into(),
            name: (*name).to_owned(),
        };
        let queues = names.iter().map(|name| (needed(name), None)).collect();
        Readiness {
            config: config.clone(),
            queues: Mutex::new(queues),
        }
    }

    #[tokio::test]
    async fn an_sqs_that_is_in_trouble_makes_the_gateway_unready() {
        for queues in [&[][..], &["there"]] {
            let look = async |status| needs(&sqs(status).await.0, queues).look().await;
            assert_eq!((look(200).await, look(403).await), (Ok(()), Ok(())));
            assert!(
                look(503)
                    .await
                    .unwrap_err()
                    .starts_with("SQS does not answer")
            );
        }
    }

    #[tokio::test]
    async fn a_queue_that_is_missing_is_named() {
        let (config, _) = sqs(200).await;
        let text = needs(&config, &["gone", "there"]).look().await.unwrap_err();
        assert!(
            text.starts_with("queue gone (account 1, eu-west-1) does not exist"),
            "{text}"
        );
        let text = needs(&config, &["gone", "lost"]).look().await.unwrap_err();
        assert_eq!(
            text,
            "queues do not exist: gone (account 1, eu-west-1); lost (account 1, eu-west-1)"
        );
    }

    #[tokio::test]
    async fn what_was_found_is_not_asked_for_again_each_time() {
        let (config, asked) = sqs(403).await;
        let readiness = needs(&config, &["a", "b", "c"]);
        let count = async || {
            readiness.look().await.unwrap();
            asked.swap(0, Ordering::SeqCst)
        };
        assert_eq!([count().await, count().await, count().await], [3, 1, 1]);
        assert_eq!(readiness.due(Instant::now() + FOUND).len(), 3);
    }

    #[test]
    fn the_queues_of_the_built_in_definition_are_needed() {
        let account = kit::cloudformation::Account {
            region: "eu-west-1".into(),
            account_id: "1".into(),
            stack_name: "s".into(),
        };
        let definition = kit::definition::DefinitionArgs::default()
            .load(&account)
            .unwrap();
        let apis = Apis::load(&definition, None).unwrap();
        let config = SdkConfig::builder().build();
        let needed: Vec<_> = Readiness::new(&apis, &config)
            .lock()
            .keys()
            .map(|queue| queue.name.clone())
            .collect();
        assert_eq!(needed, ["ex-queue"]);
    }
}
