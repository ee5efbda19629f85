//! Door: stores events in the queues of the rules that read their bus.

use kit::time::Timestamp;

use super::state::Node;
use crate::action::Caller;
use crate::events::{Failure, PutEvents, ReadyEvent, Results};
use crate::fault::Fault;
use crate::store::{Need, Ticket};

impl Node {
    /// Stores the events of a request, and returns once all of them are durable. `wall` is the time
    /// that events show.
    ///
    /// # Errors
    /// The disk or memory has no room, or the disk failed. Then the client sends all entries again,
    /// and those that were stored come twice.
    pub(crate) async fn put_events(
        &self,
        put: PutEvents,
        caller: &Caller,
        wall: Timestamp,
    ) -> Result<Results, Fault> {
        let (mut results, mut tickets) = (Results::default(), Vec::new());
        for entry in put.entries {
            let stored = match entry.ready(wall, caller) {
                Ok(event) => self.put_event(event, caller, &mut tickets).await?,
                Err(failure) => Err(failure),
            };
            results.add(stored);
        }
        for ticket in tickets {
            ticket.wait().await.map_err(|_| Fault::StorageFailed)?;
        }
        Ok(results)
    }

    /// Hands one event to the store. It is durable once the ticket is ready.
    async fn put_event(
        &self,
        event: ReadyEvent,
        caller: &Caller,
        tickets: &mut Vec<Ticket>,
    ) -> Result<Result<String, Failure>, Fault> {
        // Each rule has a copy.
        let copies = event.queues(&self.lock().engine).len();
        let need = Need::Messages(event.body.len() * copies.max(1));
        loop {
            if let Some(mut state) = self.enter(need)? {
                let now = self.now(&mut state);
                let stored = event.store(&mut state.engine, now, &caller.account);
                tickets.push(self.write_down(&mut state));
                return Ok(stored);
            }
            self.inner.store.more_room(need).await;
        }
    }
}
