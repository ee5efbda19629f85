//! Door: sends the calls of a pipe to one API destination, with the connection's credentials.
//!
//! What is sent is planned in `target`, what comes back is judged in `retry`.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use kit::call::Reply;
use kit::send::{SendError, Sender};
use kit::time::Timestamp;
use tokio::time::Instant;

use super::head::head;
use super::token::Authorizer;
use super::unended::Unended;
use super::unpack::unpack;
use crate::event::Event;
use crate::execution_log::Stage;
use crate::flow::{Verdict, judge};
use crate::targets::webhook;
use crate::targets::{HttpTarget, PlannedCall};

/// How much of a target's answer is read, as the `Range` header announces.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// How much of an enrichment's answer is read (quota of the service).
const LONGEST_ENRICHMENT: usize = 6 * 1024 * 1024;

/// Sends calls over one connection.
#[derive(Debug)]
pub struct Invoker {
    /// Whether answers matter beyond their status.
    pub stage: Stage,
    /// What is called.
    pub invocation: Arc<HttpTarget>,
    /// The connection's token, where it has one.
    pub authorizer: Arc<Authorizer>,
    /// The way out.
    pub sender: Sender,
    /// How long an answer may take.
    pub deadline: Duration,
    /// What signs its calls, if anything does.
    pub webhook_keys: Option<Arc<webhook::WebhookKeys>>,
    /// Tells of answers that do not end.
    pub unended: Unended,
}

/// What of an answer somebody wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Its status and headers: the body is read and forgotten.
    Status,
    /// The body, too.
    Body,
}

/// What came of a call.
#[derive(Debug)]
pub struct Answer {
    /// What it means for the message.
    pub verdict: Verdict,
    /// The answer, if there was one.
    pub reply: Option<Reply>,
    /// Whether there was none in time.
    pub timed_out: bool,
}

impl Invoker {
    /// What calls hold that is nobody's business.
    pub fn secrets(&self) -> Vec<String> {
        self.invocation.destination.connection.secrets()
    }

    /// Sends one call, all within the deadline: what a token takes is not on top of it. A token
    /// that was revoked is replaced at once; the new one gets one chance.
    pub async fn send(&self, draft: PlannedCall, wanted: Wanted) -> Answer {
        let until = Instant::now() + self.deadline;
        let token = match self.token(until).await {
            Ok(token) => token,
            Err(answer) => return answer,
        };
        let again = token.as_ref().map(|_| draft.clone());
        let outcome = match self.exchange(draft, token.clone(), wanted, until).await {
            Ok(outcome) => outcome,
            Err(refused) => return refused,
        };
        match (token, again) {
            (Some(refused), Some(draft)) if refuses_token(&outcome) => {
                // Rare, and nearly as large as all the rest.
                Box::pin(self.send_with_new_token(draft, &refused, wanted, until)).await
            }
            _ => self.judge(outcome),
        }
    }

    async fn send_with_new_token(
        &self,
        draft: PlannedCall,
        refused: &HeaderValue,
        wanted: Wanted,
        until: Instant,
    ) -> Answer {
        self.authorizer.forget(refused);
        match self.token(until).await {
            Ok(token) => {
                let outcome = self.exchange(draft, token, wanted, until).await;
                outcome.map_or_else(|refused| refused, |outcome| self.judge(outcome))
            }
            Err(answer) => answer,
        }
    }

    /// No message is to blame for a token that does not come.
    async fn token(&self, until: Instant) -> Result<Option<HeaderValue>, Answer> {
        match tokio::time::timeout_at(until, self.authorizer.token()).await {
            Ok(token) => {
                token.map_err(|reason| Answer::without_reply(Verdict::unreachable(reason)))
            }
            Err(_) => {
                let name = &self.invocation.destination.connection.name;
                let verdict = Verdict::unreachable(format!(
                    "connection {name}: no token within {:?}",
                    self.deadline
                ));
                Err(Answer {
                    timed_out: true,
                    ..Answer::without_reply(verdict)
                })
            }
        }
    }

    /// An error is the call that cannot be made.
    async fn exchange(
        &self,
        draft: PlannedCall,
        token: Option<HeaderValue>,
        wanted: Wanted,
        until: Instant,
    ) -> Result<Result<Reply, SendError>, Answer> {
        let (draft, limit) = match self.stage {
            Stage::Enrichment => (draft.uncompressed(), LONGEST_ENRICHMENT),
            Stage::Target => (draft, LONGEST_ANSWER),
        };
        let destination = &self.invocation.destination;
        let call = draft.authorize(&destination.connection, token);
        let mut call = call.map_err(|error| {
            Answer::without_reply(Verdict::Unsendable {
                reason: error.to_string().into(),
            })
        })?;
        if let Some(keys) = &self.webhook_keys {
            keys.sign(&mut call, Timestamp::wall());
        }
        let left = until.duration_since(Instant::now());
        let outcome = match wanted {
            Wanted::Status => self.sender.send_for_status(call, left, limit).await,
            Wanted::Body => self.sender.send(call, left, limit).await,
        };
        // What a token took belongs to the time that the log names.
        let outcome = outcome.map_err(|error| error.with_deadline(self.deadline));
        self.unended
            .look(&destination.name, &outcome, limit, Timestamp::now());
        Ok(outcome.map(|reply| match wanted {
            Wanted::Status => reply,
            Wanted::Body => shown(reply),
        }))
    }

    fn judge(&self, outcome: Result<Reply, SendError>) -> Answer {
        let who = match self.stage {
            Stage::Enrichment => "the enrichment",
            Stage::Target => "the target",
        };
        let verdict = judge(&outcome, who, Timestamp::wall());
        Answer {
            verdict,
            timed_out: outcome.as_ref().is_err_and(SendError::is_timeout),
            reply: outcome.ok(),
        }
    }
}

impl Answer {
    /// With the head of the reply in the verdict, where the message was not taken. `secrets` are
    /// asked for only then.
    #[must_use]
    pub fn with_head(mut self, event: &Event, secrets: impl FnOnce() -> Vec<String>) -> Answer {
        if let Some(reply) = self
            .reply
            .as_ref()
            .filter(|_| self.verdict != Verdict::Delivered)
            && !reply.headers.contains_key(header::CONTENT_ENCODING)
        {
            self.verdict = self
                .verdict
                .with_answer(head(&reply.body, event.value(), &secrets()));
        }
        self
    }

    fn without_reply(verdict: Verdict) -> Answer {
        Answer {
            verdict,
            reply: None,
            timed_out: false,
        }
    }
}

/// The body is for the log: an enrichment's is of no use otherwise while it is compressed.
fn shown(reply: Reply) -> Reply {
    match unpack(&reply.headers, &reply.body) {
        Some(body) => Reply { body, ..reply },
        None => reply,
    }
}

fn refuses_token(outcome: &Result<Reply, SendError>) -> bool {
    let refusals = [
        StatusCode::UNAUTHORIZED,
        StatusCode::PROXY_AUTHENTICATION_REQUIRED,
    ];
    outcome
        .as_ref()
        .is_ok_and(|reply| refusals.contains(&reply.status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Cause;
    use crate::targets::connection::{Auth, Connection, ConnectionParameters, OAuth};
    use crate::targets::{Destination, Endpoint, HttpParameters, plan};
    use http::Method;
    use kit::send::AllowTargets;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// An address where the first call of every connection gets `answer` and then nothing.
    async fn server(answer: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
                stream.write_all(answer.as_bytes()).await.unwrap();
                open.push(stream);
            }
        });
        url
    }

    fn invoker(auth: Auth, target: &str, deadline: Duration) -> Invoker {
        kit::program::install_tls();
        let connection = Arc::new(Connection {
            name: "c".into(),
            auth,
            invocation: ConnectionParameters::default(),
        });
        let destination = Destination {
            name: "d".into(),
            method: Method::POST,
            endpoint: Endpoint::parse(target).unwrap(),
            rate: 300,
            connection: connection.clone(),
        };
        let invocation = Arc::new(HttpTarget {
            destination: Arc::new(destination),
            parameters: HttpParameters::default(),
        });
        let sender = Sender::new(AllowTargets::anywhere()).unwrap();
        let authorizer = Arc::new(Authorizer::new(connection, sender.clone()));
        Invoker {
            stage: Stage::Target,
            invocation,
            authorizer,
            sender,
            deadline,
            webhook_keys: None,
            unended: Unended::default(),
        }
    }

    fn draft(invoker: &Invoker) -> PlannedCall {
        plan(
            &invoker.invocation,
            &Event::from_record(serde_json::json!({})),
            "m",
            String::new(),
        )
        .unwrap()
    }

    async fn send(auth: Auth, target: &str, wanted: Wanted) -> (Answer, Duration) {
        let invoker = invoker(auth, target, Duration::from_millis(200));
        let begun = Instant::now();
        (invoker.send(draft(&invoker), wanted).await, begun.elapsed())
    }

    #[tokio::test]
    async fn a_token_that_does_not_come_uses_up_the_deadline_and_blames_no_message() {
        let (silence, target) = (server("").await, server("").await);
        let oauth = OAuth {
            endpoint: silence.parse().unwrap(),
            method: Method::POST,
            client_id: "me".into(),
            client_secret: "s".into(),
            parameters: ConnectionParameters::default(),
        };
        let (answer, took) = send(Auth::OAuth(oauth), &target, Wanted::Status).await;
        assert!(
            answer.timed_out && took < Duration::from_secs(4),
            "{took:?}"
        );
        assert_eq!(
            answer.verdict,
            Verdict::unreachable("connection c: no token within 200ms".into())
        );
    }

    #[tokio::test]
    async fn the_deadline_is_for_the_whole_answer() {
        let half = server("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
        let (answer, took) = send(Auth::basic("me", &"s".into()), &half, Wanted::Status).await;
        assert!(
            answer.timed_out && took < Duration::from_secs(4),
            "{took:?}"
        );
        assert!(
            matches!(
                answer.verdict,
                Verdict::Failed {
                    cause: Cause::Timeout,
                    ..
                }
            ),
            "{:?}",
            answer.verdict
        );
        let reason = "the target: incomplete response within 200ms: the status 200 OK arrived, the whole body did not";
        assert_eq!(answer.verdict.reason(), Some(reason));
    }

    /// A body without end is whole when its first MiB is there, for AWS asks for no more.
    #[tokio::test]
    async fn the_first_mebibyte_of_an_answer_is_enough() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
                    let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".as_bytes();
                    let (mut bytes, mut written) = (head.to_vec(), 0);
                    // Until the pipe closes the connection.
                    while stream.write_all(&bytes).await.is_ok() {
                        bytes = vec![b'x'; 64 * 1024];
                        written += bytes.len();
                    }
                    assert!(written >= LONGEST_ANSWER);
                });
            }
        });
        let invoker = invoker(
            Auth::basic("me", &"s".into()),
            &target,
            Duration::from_secs(30),
        );
        let answer = invoker.send(draft(&invoker), Wanted::Status).await;
        assert_eq!(answer.verdict, Verdict::Delivered);
        assert!(answer.reply.is_some_and(|reply| !reply.complete));
    }

    #[tokio::test]
    async fn a_body_is_kept_when_somebody_wants_it() {
        let target = server("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody").await;
        for (wanted, kept) in [(Wanted::Status, ""), (Wanted::Body, "body")] {
            let (answer, _) = send(Auth::basic("me", &"s".into()), &target, wanted).await;
            assert_eq!(
                (answer.verdict, answer.reply.unwrap().body),
                (Verdict::Delivered, kept.into())
            );
        }
    }
}
