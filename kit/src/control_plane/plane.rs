//! Door: asks a service until it answers.

use std::time::Duration;

use aws_config::SdkConfig;
use serde_json::Value;

use super::question::Question;
use super::refusal::{Refusal, RefusalKind};
use crate::aws;
use crate::call::Reply;
use crate::service::{ServiceError, Services};

/// How long one answer may take.
const DEADLINE: Duration = Duration::from_secs(20);

/// How much of an answer is read: far more than any template or export has.
const LONGEST: usize = 32 * 1024 * 1024;

/// How often a question is asked at most: one that is throttled, and one that nobody answers.
const ATTEMPTS: u32 = 6;
const UNANSWERED_ATTEMPTS: u32 = 3;

/// The pause before the second attempt; each further one is twice as long. Our choice, as the SDKs
/// have it.
const PAUSE: Duration = Duration::from_millis(250);

/// The most pages of one list.
const PAGES: usize = 1000;

/// Asks the services of one region. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ControlPlane {
    services: Services,
    region: String,
}

impl ControlPlane {
    /// The services that `config` finds: at AWS, or at endpoints of the environment's.
    ///
    /// # Errors
    /// The system's certificate authorities cannot be read.
    pub fn new(config: &SdkConfig) -> std::io::Result<ControlPlane> {
        Ok(ControlPlane {
            region: aws::region(config).to_owned(),
            services: Services::new(config.clone())?,
        })
    }

    /// The region that is asked.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Asks, and reads the answer as JSON.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub async fn ask(&self, question: &Question) -> Result<Value, Refusal> {
        let reply = self.ask_patiently(question).await?;
        let answer = serde_json::from_slice(&reply.body);
        answer.map_err(|error| question.unreadable(&format!("no JSON: {error}")))
    }

    /// Asks for all pages of a list and joins their `list`s. `turn` takes the question and the
    /// answer so far to the next question, while there is one.
    pub(super) async fn pages<T>(
        &self,
        first: Question,
        read: impl Fn(&Reply) -> Result<(Vec<T>, Option<String>), String>,
        turn: impl Fn(&Question, &str) -> Question,
    ) -> Result<Vec<T>, Refusal> {
        let (mut all, mut question) = (Vec::new(), first);
        let mut last = None;
        for _ in 0..PAGES {
            let reply = self.ask_patiently(&question).await?;
            let (page, next) = read(&reply).map_err(|reason| question.unreadable(&reason))?;
            all.extend(page);
            match next.filter(|next| !next.is_empty()) {
                None => return Ok(all),
                next if next == last => break,
                next => last = next,
            }
            question = turn(&question, last.as_deref().unwrap_or_default());
        }
        Err(question.unreadable("pages without an end"))
    }

    /// Asks for all pages of a list of API Gateway, whose answers have their elements in `member`
    /// and the place of the next page in `position` (`nextToken` in version 2).
    ///
    /// # Errors
    /// See [`Refusal`].
    pub async fn list(&self, question: Question, member: &str) -> Result<Vec<Value>, Refusal> {
        let token = if question.is_version_2() {
            "nextToken"
        } else {
            "position"
        };
        let read = |reply: &Reply| {
            let answer: Value =
                serde_json::from_slice(&reply.body).map_err(|error| format!("no JSON: {error}"))?;
            // `items` of the service's own model, `item` of its older answers.
            let found = [member, "items", "item"].into_iter();
            let items = found.filter_map(|name| answer.get(name)?.as_array()).next();
            let next = answer.get(token).and_then(Value::as_str);
            Ok((items.cloned().unwrap_or_default(), next.map(str::to_owned)))
        };
        self.pages(question, read, |question, next| {
            question.clone().with_query(token, next)
        })
        .await
    }

    /// Asks until there is an answer that another attempt would not change.
    pub(super) async fn ask_patiently(&self, question: &Question) -> Result<Reply, Refusal> {
        let mut attempt = 1;
        loop {
            let answer = self.ask_once(question).await;
            let refusal = match answer {
                Ok(reply) => match question.refusal(&reply) {
                    None => return Ok(reply),
                    Some(refusal) => refusal,
                },
                Err(refusal) => refusal,
            };
            let most = match refusal.kind {
                RefusalKind::Busy => ATTEMPTS,
                RefusalKind::Unanswered => UNANSWERED_ATTEMPTS,
                _ => 1,
            };
            if attempt >= most {
                return Err(refusal.after(attempt));
            }
            tracing::debug!("{refusal}: asking again");
            tokio::time::sleep(pause(attempt, fastrand::f64())).await;
            attempt += 1;
        }
    }

    async fn ask_once(&self, question: &Question) -> Result<Reply, Refusal> {
        let call = question.call(&self.region);
        let call = self.services.at_endpoint(call, question.endpoint);
        let sent = self.services.send_to(
            &call,
            question.signing_name(),
            &self.region,
            DEADLINE,
            LONGEST,
        );
        sent.await.map_err(|error| match error {
            ServiceError::Credentials(reason) => question.without_credentials(&reason),
            error => {
                let endpoint = self.services.endpoint_of_signing(question.endpoint);
                question.unanswered(&endpoint.unanswered(&error.to_string()))
            }
        })
    }
}

/// The pause after an attempt: up to half of it is left to chance, so that several who were
/// throttled together do not ask together again.
pub(super) fn pause(attempt: u32, chance: f64) -> Duration {
    let whole = PAUSE.saturating_mul(2u32.saturating_pow(attempt - 1));
    whole.mul_f64(1.0 - chance / 2.0)
}
