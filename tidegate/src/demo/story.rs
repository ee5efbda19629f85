//! The story of the demo: what happens in which order, and what must have come out in the end.

use std::time::{Duration, Instant};

use kit::counted::counted;

use super::chain::ChainProcess;
use super::child::Child;
use super::client::Client;
use super::counts::{Counter, Counts};
use super::screen::Screen;

/// Events are published in so many requests, so that the counts can be seen moving.
const REQUESTS: u32 = 10;

/// The most events that the publisher publishes for one request.
const MOST: u32 = 10_000;

/// Between two counts.
const PAUSE: Duration = Duration::from_millis(100);

/// A demo that plays.
pub(super) struct Story<'a> {
    screen: &'a Screen,
    chain: &'a mut ChainProcess,
    counter: Counter,
    client: Client,
    patience: Duration,
    published: u32,
}

impl<'a> Story<'a> {
    /// A story about `chain`, which gives up a step in which nothing moves for `patience`.
    ///
    /// # Errors
    /// The system's certificate authorities cannot be read.
    pub(super) async fn new(
        chain: &'a mut ChainProcess,
        screen: &'a Screen,
        patience: Duration,
    ) -> anyhow::Result<Story<'a>> {
        let endpoint = format!("http://{}", chain.ports().emulator);
        Ok(Story {
            screen,
            chain,
            counter: Counter::new(&endpoint).await,
            client: Client::new(patience)?,
            patience,
            published: 0,
        })
    }

    /// Plays the outage with so many messages. Returns whether each of them arrived, and none is
    /// dead.
    ///
    /// # Errors
    /// The story could not be played to its end.
    pub(super) async fn play(mut self, messages: u32) -> anyhow::Result<bool> {
        let begun = Instant::now();
        let first = messages / 2;
        let subscriber = self.chain.start_subscriber().await?;
        self.screen.line(&format!(
            "1. The chain of template.yaml is up: \
             publisher → gateway → SQS → pipe → subscriber → S3.\n   \
             The subscriber is process {}.\n",
            subscriber.id()
        ))?;
        let what = counted(first, "event");
        self.screen.line(&format!(
            "2. The publisher publishes {what}. They arrive in S3."
        ))?;
        self.publish(first).await?;
        let counts = self.until_done(first).await?;
        self.screen.result(self.published, &counts)?;

        self.outage(subscriber, messages - first).await?;

        let subscriber = self.chain.start_subscriber().await?;
        self.screen.line(&format!(
            "4. The subscriber is started again, as process {}, and gets what waited.",
            subscriber.id()
        ))?;
        let counts = self.until_done(messages).await?;
        self.screen.result(self.published, &counts)?;
        subscriber.stop().await;
        self.screen
            .line(&verdict(messages, &counts, begun.elapsed()))?;
        Ok(arrived(messages, &counts))
    }

    /// Kills the subscriber while events are under way, and publishes on until the pipe has found
    /// that its target is down.
    async fn outage(&mut self, subscriber: Child, events: u32) -> anyhow::Result<()> {
        let before = events.div_ceil(4);
        let what = counted(events, "more event");
        self.screen.line(&format!(
            "3. The publisher publishes {what}. After {before} of them: kill -9 {}.",
            subscriber.id()
        ))?;
        self.publish(before).await?;
        // At once, so that some of them are on their way to the subscriber when it dies.
        let rest = self.publish(events - before);
        let (published, killed) = tokio::join!(rest, async { subscriber.kill() });
        published.and(killed)?;
        self.screen.line(
            "   The subscriber is dead. Each event was still answered with 200; the rest waits.",
        )?;
        let counts = self.until_target_down().await?;
        self.screen.result(self.published, &counts)
    }

    /// Publishes so many events, in a few requests.
    async fn publish(&mut self, events: u32) -> anyhow::Result<()> {
        let publisher = self.chain.ports().publisher;
        let mut left = events;
        while left > 0 {
            self.chain.check()?;
            let part = left.min(events.div_ceil(REQUESTS)).min(MOST);
            self.client.publish(publisher, part).await?;
            self.published += part;
            left -= part;
            self.screen
                .counts(self.published, &self.counter.count().await?)?;
        }
        Ok(())
    }

    /// Counts until so many events arrived and left the queue, or nothing moves for too long.
    async fn until_done(&mut self, events: u32) -> anyhow::Result<Counts> {
        let mut last = Counts::default();
        let mut moved = Instant::now();
        loop {
            self.chain.check()?;
            let counts = self.counter.count().await?;
            self.screen.counts(self.published, &counts)?;
            if counts != last {
                (last, moved) = (counts, Instant::now());
            }
            let is_done = counts.stored >= events as usize && counts.waiting == 0;
            if is_done || moved.elapsed() > self.patience {
                return Ok(counts);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until the pipe has found that its target is down, and counts.
    async fn until_target_down(&mut self) -> anyhow::Result<Counts> {
        let begun = Instant::now();
        let pipe = self.chain.ports().pipe_admin;
        while !self.client.is_target_down(pipe).await? {
            self.chain.check()?;
            anyhow::ensure!(
                begun.elapsed() < self.patience,
                "the pipe does not notice that the subscriber is dead"
            );
            tokio::time::sleep(PAUSE).await;
        }
        self.counter.count().await
    }
}

/// Whether each message arrived, and none is dead or left behind.
fn arrived(messages: u32, counts: &Counts) -> bool {
    let expected = Counts {
        stored: messages as usize,
        waiting: 0,
        dead: 0,
    };
    *counts == expected
}

/// The last sentence.
fn verdict(messages: u32, counts: &Counts, took: Duration) -> String {
    if arrived(messages, counts) {
        return format!(
            "{messages} published, {} in S3, 0 dead: nothing was lost. This took {:.0} seconds.",
            counts.stored,
            took.as_secs_f64()
        );
    }
    let missing = (messages as usize).saturating_sub(counts.stored);
    format!(
        "{messages} published, {} in S3, {} in the queue, {} dead: {} did not arrive.",
        counts.stored,
        counts.waiting,
        counts.dead,
        counted(missing, "message")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_is_good_only_when_all_arrived_and_none_is_dead() {
        let counts = |stored, waiting, dead| Counts {
            stored,
            waiting,
            dead,
        };
        assert!(arrived(10, &counts(10, 0, 0)));
        for bad in [
            counts(9, 0, 0),
            counts(9, 1, 0),
            counts(9, 0, 1),
            counts(10, 0, 1),
        ] {
            assert!(!arrived(10, &bad), "{bad:?}");
        }
        let said = |counts| verdict(10, &counts, Duration::from_secs(7));
        let good = "10 published, 10 in S3, 0 dead: nothing was lost. This took 7 seconds.";
        assert_eq!(said(counts(10, 0, 0)), good);
        let bad = "10 published, 9 in S3, 0 in the queue, 1 dead: 1 message did not arrive.";
        assert_eq!(said(counts(9, 0, 1)), bad);
    }
}
