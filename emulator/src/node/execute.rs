//! Door: carries actions out, one after the other under the lock of the engine.

use super::admission::need;
use super::state::Node;
use crate::action::{Action, Applied, Caller, Output, Peek};
use crate::fault::Fault;
use crate::store::Need;

impl Node {
    /// Carries an action out, and returns once its effects are durable.
    ///
    /// # Errors
    /// The fault to answer with.
    pub async fn execute(&self, mut action: Action, caller: &Caller) -> Result<Output, Fault> {
        action.prepare();
        let need = need(&action);
        let (outcome, ticket) = loop {
            if let Some(mut state) = self.enter(need)? {
                let now = self.now(&mut state);
                let outcome = action.apply(&mut state.engine, now, caller);
                // A fault may leave effects behind too: time passed, and messages moved.
                let ticket = self.write_down(&mut state);
                break (outcome?, ticket);
            }
            self.inner.store.more_room(need).await;
        };
        match outcome {
            Applied::Done(answer) => {
                ticket.wait().await.map_err(|_| Fault::StorageFailed)?;
                Ok(answer)
            }
            Applied::Receive(plan) => self.receive(&plan).await,
        }
    }

    /// Shows what is in a queue without receiving it: up to a thousand messages, and 16 MiB of
    /// bodies.
    ///
    /// # Errors
    /// The fault to answer with.
    pub async fn peek(&self, peek: &Peek, caller: &Caller) -> Result<Output, Fault> {
        let peeked = loop {
            if let Some(mut state) = self.enter(Need::Records)? {
                let now = self.now(&mut state);
                let peeked = peek.apply(&mut state.engine, now, caller);
                // Time passed; no request has to wait for the effects of that.
                drop(self.write_down(&mut state));
                break peeked?;
            }
            self.inner.store.more_room(Need::Records).await;
        };
        let node = self.clone();
        let read = move || node.read_peeked(&peeked);
        Ok(Output::Messages {
            messages: tokio::task::spawn_blocking(read).await.unwrap_or_default(),
        })
    }
}
