//! Door: sends the calls of a pipe to one API destination, with the connection's credentials.
//!
//! What is sent is planned in `target`, what comes back is judged in `retry`.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, StatusCode};
use kit::call::Reply;
use kit::send::{SendError, Sender};
use kit::time::Timestamp;

use crate::authorizer::Authorizer;
use crate::journal::Stage;
use crate::retry::{Verdict, judge};
use crate::target::{Draft, Invocation};
use crate::webhook;

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
    pub invocation: Arc<Invocation>,
    /// The connection's token, where it has one.
    pub authorizer: Arc<Authorizer>,
    /// The way out.
    pub sender: Sender,
    /// How long an answer may take.
    pub deadline: Duration,
    /// What signs its calls, if anything does.
    pub webhook_keys: Option<Arc<webhook::Keys>>,
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
    /// Sends one call, all within the deadline: what a token takes is not on top of it. A token that was revoked is
    /// replaced at once; the new one gets one chance.
    pub async fn send(&self, draft: Draft, wanted: Wanted) -> Answer {
        match tokio::time::timeout(self.deadline, self.attempt(draft, wanted)).await {
            Ok(answer) => answer,
            Err(_) => self.judge(Err(SendError::Timeout(self.deadline))),
        }
    }

    async fn attempt(&self, draft: Draft, wanted: Wanted) -> Answer {
        let token = match self.token().await {
            Ok(token) => token,
            Err(answer) => return answer,
        };
        let again = token.as_ref().map(|_| draft.clone());
        let outcome = match self.exchange(draft, token.clone(), wanted).await {
            Ok(outcome) => outcome,
            Err(refused) => return refused,
        };
        match (token, again) {
            (Some(refused), Some(draft)) if refuses_token(&outcome) => {
                // Rare, and nearly as large as all the rest.
                Box::pin(self.attempt_with_new_token(draft, &refused, wanted)).await
            }
            _ => self.judge(outcome),
        }
    }

    async fn attempt_with_new_token(&self, draft: Draft, refused: &HeaderValue, wanted: Wanted) -> Answer {
        self.authorizer.forget(refused);
        match self.token().await {
            Ok(token) => {
                let outcome = self.exchange(draft, token, wanted).await;
                outcome.map_or_else(|refused| refused, |outcome| self.judge(outcome))
            }
            Err(answer) => answer,
        }
    }

    /// No message is to blame for a token that does not come.
    async fn token(&self) -> Result<Option<HeaderValue>, Answer> {
        match tokio::time::timeout(self.deadline, self.authorizer.token()).await {
            Ok(token) => token.map_err(|reason| Answer::without_reply(Verdict::down(reason))),
            Err(_) => {
                let name = &self.invocation.destination.connection.name;
                let verdict = Verdict::down(format!("connection {name}: no token within {:?}", self.deadline));
                Err(Answer { timed_out: true, ..Answer::without_reply(verdict) })
            }
        }
    }

    /// An error is the call that cannot be made.
    async fn exchange(
        &self,
        draft: Draft,
        token: Option<HeaderValue>,
        wanted: Wanted,
    ) -> Result<Result<Reply, SendError>, Answer> {
        let (draft, limit) = match self.stage {
            Stage::Enrichment => (draft.uncompressed(), LONGEST_ENRICHMENT),
            Stage::Target => (draft, LONGEST_ANSWER),
        };
        let call = draft.authorize(&self.invocation.destination.connection, token);
        let mut call = call.map_err(|error| Answer::without_reply(Verdict::Rejected { reason: error.to_string() }))?;
        if let Some(keys) = &self.webhook_keys {
            keys.sign(&mut call, Timestamp::now());
        }
        Ok(match wanted {
            Wanted::Status => self.sender.send_for_status(call, self.deadline, limit).await,
            Wanted::Body => self.sender.send(call, self.deadline, limit).await,
        })
    }

    fn judge(&self, outcome: Result<Reply, SendError>) -> Answer {
        let who = match self.stage {
            Stage::Enrichment => "the enrichment",
            Stage::Target => "the target",
        };
        let verdict = judge(&outcome, who, Timestamp::now());
        Answer { verdict, timed_out: matches!(outcome, Err(SendError::Timeout(_))), reply: outcome.ok() }
    }
}

impl Answer {
    fn without_reply(verdict: Verdict) -> Answer {
        Answer { verdict, reply: None, timed_out: false }
    }
}

fn refuses_token(outcome: &Result<Reply, SendError>) -> bool {
    let refusals = [StatusCode::UNAUTHORIZED, StatusCode::PROXY_AUTHENTICATION_REQUIRED];
    outcome.as_ref().is_ok_and(|reply| refusals.contains(&reply.status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connection::{Auth, Connection, OAuth, Parameters};
    use crate::event::Event;
    use crate::retry::Blame;
    use crate::target::{Destination, Endpoint, HttpParameters, plan};
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

    async fn send(auth: Auth, target: &str, wanted: Wanted) -> (Answer, Duration) {
        kit::program::install_tls();
        let connection = Arc::new(Connection { name: "c".into(), auth, invocation: Parameters::default() });
        let destination = Destination {
            arn: String::new(),
            name: "d".into(),
            method: Method::POST,
            endpoint: Endpoint::parse(target).unwrap(),
            rate: 300,
            connection: connection.clone(),
        };
        let invocation =
            Arc::new(Invocation { destination: Arc::new(destination), parameters: HttpParameters::default() });
        let sender = Sender::new(AllowTargets::anywhere()).unwrap();
        let authorizer = Arc::new(Authorizer::new(connection, sender.clone()));
        let draft = plan(&invocation, &Event::from_record(serde_json::json!({})), "m", String::new()).unwrap();
        let deadline = Duration::from_millis(200);
        let invoker = Invoker { stage: Stage::Target, invocation, authorizer, sender, deadline, webhook_keys: None };
        let begun = std::time::Instant::now();
        (invoker.send(draft, wanted).await, begun.elapsed())
    }

    #[tokio::test]
    async fn a_token_that_does_not_come_uses_up_the_deadline_and_blames_no_message() {
        let (silence, target) = (server("").await, server("").await);
        let oauth = OAuth {
            endpoint: silence.parse().unwrap(),
            method: Method::POST,
            client_id: "me".into(),
            client_secret: "s".into(),
            parameters: Parameters::default(),
        };
        let (answer, took) = send(Auth::OAuth(oauth), &target, Wanted::Status).await;
        assert!(answer.timed_out && took < Duration::from_secs(4), "{took:?}");
        assert_eq!(answer.verdict, Verdict::down("connection c: no token within 200ms".into()));
    }

    #[tokio::test]
    async fn the_deadline_is_for_the_whole_answer() {
        let half = server("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
        let (answer, took) = send(Auth::basic("me", &"s".into()), &half, Wanted::Status).await;
        assert!(answer.timed_out && took < Duration::from_secs(4), "{took:?}");
        assert!(matches!(answer.verdict, Verdict::Down { blame: Blame::Either, .. }), "{:?}", answer.verdict);
    }

    #[tokio::test]
    async fn a_body_is_kept_when_somebody_wants_it() {
        let target = server("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nbody").await;
        for (wanted, kept) in [(Wanted::Status, ""), (Wanted::Body, "body")] {
            let (answer, _) = send(Auth::basic("me", &"s".into()), &target, wanted).await;
            assert_eq!((answer.verdict, answer.reply.unwrap().body), (Verdict::Delivered, kept.into()));
        }
    }
}
