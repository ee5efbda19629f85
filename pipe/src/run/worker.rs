//! Door: one pipe at work. Carries out the commands of [`Flow`] and reports to it what happened;
//! sockets, clock and tasks are here.
//!
//! All state belongs to one loop. Receives and deliveries are tasks that hand their results back to
//! the loop.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kit::counted::counted;
use kit::time::Timestamp;
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::find_queue::find_queue;
use super::giving_up::{GivingUp, given_up, most_receives};
use super::report::Report;
use crate::control::filtered::FilteredEvents;
use crate::control::state::Status;
use crate::event::Message;
use crate::execution::executor::Executor;
use crate::execution::tally::Ending;
use crate::flow::{
    Command, Flow, FlowSettings, Lost, Order, Poll, Rates, Settle, Verdict, VerdictRule, Work,
};
use crate::sqs::attributes::QueueAttributes;
use crate::sqs::clients::Clients;
use crate::sqs::error::QueueError;
use crate::sqs::queue::{ATTRIBUTES_INTERVAL, SourceQueue};
use crate::sqs::settle::Settler;

/// How long deliveries may take after the stop signal; settling them gets the rest of the thirty
/// seconds.
const DRAIN: Duration = Duration::from_secs(25);
const SETTLE: Duration = Duration::from_secs(4);

/// How long receives may go on after the stop signal: a receive that brings messages does so within
/// a round trip.
const LAST_RECEIVES: Duration = Duration::from_millis(250);

/// What a worker is made of.
#[derive(Debug)]
pub(crate) struct WorkerParts {
    /// Delivers messages.
    pub(crate) executor: Arc<Executor>,
    /// Find the source queue.
    pub(crate) clients: Arc<Clients>,
    /// The rates of its destinations.
    pub(crate) rates: Rates,
    /// Deliveries that may be under way at once.
    pub(crate) concurrency: usize,
    /// What decides what a failure means.
    pub(crate) verdict_rule: VerdictRule,
    /// Keeps the events that no filter matches.
    pub(crate) filtered: Arc<FilteredEvents>,
    /// The state of the pipe.
    pub(crate) status: Arc<Status>,
    /// Gives up events, if it is the target of a rule.
    pub(crate) giving_up: Option<GivingUp>,
}

/// One pipe at work.
#[derive(Debug)]
struct Worker {
    executor: Arc<Executor>,
    rates: Rates,
    queue: Arc<SourceQueue>,
    flow: Flow,
    settler: Settler,
    report: Report,
    polls: JoinSet<Result<Vec<Message>, QueueError>>,
    /// What each receiving task receives.
    polled: HashMap<Id, Poll>,
    deliveries: JoinSet<(Work, Ending)>,
    /// The message of each delivery task, in case the task ends without a result.
    delivering: HashMap<Id, Lost>,
    /// The queue's attributes, from the task that watches them.
    attributes: watch::Receiver<QueueAttributes>,
    /// Messages in their last attempt, with its number: one of them that is given up is dead.
    last_attempts: HashMap<String, u32>,
    /// Gives up events, if the pipe is the target of a rule.
    giving_up: Option<GivingUp>,
    _watching: JoinSet<()>,
    queue_is_down: bool,
    is_throttled: bool,
}

/// Runs a pipe until `stop`: waits for its queue, delivers, drains.
pub(crate) async fn run(parts: WorkerParts, stop: CancellationToken) {
    let WorkerParts {
        executor,
        clients,
        rates,
        concurrency,
        verdict_rule,
        filtered,
        status,
        giving_up,
    } = parts;
    let source = &executor.pipe.source;
    let queue = tokio::select! {
        () = stop.cancelled() => return,
        queue = find_queue(&clients, source, &executor.pipe.name, &status) => Arc::new(queue),
    };
    tracing::info!(
        pipe = executor.pipe.name,
        queue = source.queue,
        "the pipe is running"
    );
    status.runs();
    let (changed, attributes) = watch::channel(queue.attributes.clone());
    let mut watching = JoinSet::new();
    watching.spawn(queue.clone().watch(ATTRIBUTES_INTERVAL, changed));
    let settings = FlowSettings {
        order: queue.order,
        visibility: queue.attributes.visibility,
        max_receives: most_receives(&queue.attributes, giving_up.as_ref()),
        concurrency,
        rule: verdict_rule,
    };
    let worker = Worker {
        flow: Flow::new(Timestamp::now(), settings),
        settler: Settler::start(&queue),
        report: Report::new(&executor.pipe, filtered, status),
        polls: JoinSet::new(),
        polled: HashMap::new(),
        deliveries: JoinSet::new(),
        delivering: HashMap::new(),
        attributes,
        last_attempts: HashMap::new(),
        giving_up,
        _watching: watching,
        queue_is_down: false,
        is_throttled: false,
        executor,
        rates,
        queue,
    };
    worker.run(stop).await;
}

impl Worker {
    async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let now = self.advance();
            self.wait(now, &stop).await;
        }
        self.drain().await;
        self.settler.finish(SETTLE).await;
    }

    /// Finishes what is under way, as far as there is time; the other messages are handed back.
    async fn drain(&mut self) {
        self.flow.stop(Timestamp::now());
        let end = Instant::now() + DRAIN;
        // The messages of a receive that is cut off after its reply was sent stay hidden for
        // nothing.
        if tokio::time::timeout(LAST_RECEIVES, self.finish())
            .await
            .is_ok()
        {
            return;
        }
        self.polls.abort_all();
        if tokio::time::timeout_at(end, self.finish()).await.is_err() {
            let left = counted(self.flow.under_way(), "delivery");
            tracing::warn!(
                pipe = self.executor.pipe.name,
                "the time to drain is over: {left} cut off, to be delivered again"
            );
        }
    }

    /// Goes on until nothing is under way.
    async fn finish(&mut self) {
        let never = CancellationToken::new();
        loop {
            let now = self.advance();
            if self.flow.is_done() && self.polls.is_empty() {
                return;
            }
            self.wait(now, &never).await;
        }
    }

    /// Does everything that can be done now. Returns the time that it took for now.
    fn advance(&mut self) -> Timestamp {
        let now = Timestamp::now();
        while let Some(step) = self.flow.next(now, &self.rates) {
            match step {
                Command::Deliver(work) => self.deliver(work),
                Command::Poll(poll) => self.poll(poll),
                Command::Settle(settle) => self.settle(now, settle),
            }
        }
        self.report_dead();
        self.report.at_work(self.flow.under_way());
        self.report.suspected(self.flow.suspected());
        self.report_throttling();
        now
    }

    /// Reports the moment at which a destination's rate begins to hold deliveries back.
    fn report_throttling(&mut self) {
        let was_throttled = self.is_throttled;
        self.is_throttled = self.flow.is_throttled();
        if self.is_throttled && !was_throttled {
            self.report.throttled();
        }
    }

    /// Reports messages that were given up after their last attempt.
    fn report_dead(&mut self) {
        for id in self.flow.released() {
            if let Some(attempt) = self.last_attempts.remove(&id)
                && let Some(redrive) = &self.attributes.borrow().redrive
            {
                self.report.dead(&id, attempt, redrive);
            }
        }
    }

    /// Waits for something to happen after `now`, the moment up to which everything is done, and
    /// reports it to the flow. What fell due since then is not waited for.
    async fn wait(&mut self, now: Timestamp, stop: &CancellationToken) {
        let wake = self
            .flow
            .wake(now)
            .map(|at| Instant::now() + at.since(Timestamp::now()));
        tokio::select! {
            () = stop.cancelled() => {}
            Some(done) = self.deliveries.join_next_with_id() => self.finished(done),
            Some(done) = self.polls.join_next_with_id() => self.received(done),
            settle = self.settler.failed() => self.flow.settle_failed(Timestamp::now(), settle),
            Ok(()) = self.attributes.changed() => {
                let attributes = self.attributes.borrow_and_update().clone();
                let most = most_receives(&attributes, self.giving_up.as_ref());
                self.flow.set_queue(attributes.visibility, most);
            }
            receipt = given_up(&mut self.giving_up) => self.flow.discard(receipt),
            () = sleep_until(wake) => {}
        }
    }

    fn poll(&mut self, poll: Poll) {
        let queue = self.queue.clone();
        let task = self.polls.spawn(async move { queue.receive(poll).await });
        self.polled.insert(task.id(), poll);
    }

    fn settle(&mut self, now: Timestamp, settle: Settle) {
        if let Err(settle) = self.settler.settle(settle) {
            self.flow.settle_failed(now, settle);
        }
    }

    fn deliver(&mut self, work: Work) {
        if work.is_probe {
            self.report.probes();
        }
        let name = work.lost();
        let executor = self.executor.clone();
        let task = self.deliveries.spawn(executor.deliver(work));
        self.delivering.insert(task.id(), name);
    }

    fn finished(&mut self, done: Result<(Id, (Work, Ending)), JoinError>) {
        let now = Timestamp::now();
        match done {
            Ok((task, (work, ending))) => {
                self.delivering.remove(&task);
                self.report.finished(
                    now,
                    &work,
                    &ending,
                    self.attributes.borrow().redrive.as_ref(),
                );
                if ending.verdict == Verdict::Delivered {
                    self.last_attempts.remove(&work.id);
                }
                if let Some(giving_up) = &mut self.giving_up {
                    giving_up.ended(&work.id, &ending.verdict);
                }
                if let Some(change) =
                    self.flow
                        .finished(now, work, &ending.verdict, ending.position)
                {
                    self.report.changed(change);
                }
            }
            Err(error) => {
                tracing::error!("a delivery ended without a result, this is a bug: {error}");
                if let Some(lost) = self.delivering.remove(&error.id()) {
                    self.flow.lost(now, &lost);
                }
            }
        }
    }

    fn received(&mut self, done: Result<(Id, Result<Vec<Message>, QueueError>), JoinError>) {
        let now = Timestamp::now();
        let task = done.as_ref().map_or_else(JoinError::id, |(task, _)| *task);
        let asked = self.polled.remove(&task).map_or(0, |poll| poll.count);
        match done {
            Ok((_, Ok(messages))) => {
                self.log_queue_state(None);
                self.flow.received(asked, messages.len());
                messages
                    .into_iter()
                    .for_each(|message| self.accept(now, message));
            }
            Ok((_, Err(error))) => {
                self.log_queue_state(Some(&error));
                self.flow.poll_failed(now, asked);
            }
            Err(error) if error.is_panic() => {
                tracing::error!("a receive ended without a result, this is a bug: {error}");
                self.flow.poll_failed(now, asked);
            }
            // Cut off by the drain.
            Err(error) => {
                tracing::debug!("a receive was cut off: {error}");
                self.flow.poll_failed(now, asked);
            }
        }
    }

    fn accept(&mut self, now: Timestamp, message: Message) {
        let pipe = &self.executor.pipe;
        let (id, receipt, size) = (
            message.message_id.clone(),
            message.receipt_handle.clone(),
            message.body.len(),
        );
        let receives = message.receive_count();
        let group = message
            .attribute("MessageGroupId")
            .filter(|_| self.queue.order == Order::Fifo)
            .map(str::to_owned);
        let of_rule = self.giving_up.as_ref().map(|_| message.clone());
        let event = pipe.event(message);
        if !pipe.filter.passes(&event) {
            self.report
                .filtered(now, &id, &event, pipe.filter.misses(&event));
            return self.flow.discard(receipt);
        }
        if let (Some(giving_up), Some(message)) = (&mut self.giving_up, of_rule)
            && giving_up.take(Timestamp::wall(), &message)
        {
            return;
        }
        self.report.accepted(&id, size);
        let work = Work {
            receives,
            ..Work::new(id, group, event, size)
        };
        let attempt = work.receives;
        if self
            .attributes
            .borrow()
            .redrive
            .as_ref()
            .is_some_and(|redrive| attempt >= redrive.max_receive_count)
        {
            self.last_attempts.insert(work.id.clone(), attempt);
        }
        self.flow.accept(now, work, receipt);
    }

    /// Logs one line when SQS goes away and one when SQS is back, however many receives fail in
    /// between.
    fn log_queue_state(&mut self, error: Option<&QueueError>) {
        let pipe = &self.executor.pipe.name;
        match error {
            Some(error) if !self.queue_is_down => tracing::warn!(pipe, "cannot receive: {error}"),
            None if self.queue_is_down => tracing::info!(pipe, "receiving again"),
            _ => {}
        }
        self.queue_is_down = error.is_some();
    }
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
