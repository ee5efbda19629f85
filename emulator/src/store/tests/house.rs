//! An engine and its store in a temporary folder, with the verbs that the tests use.

use super::*;

/// An engine and its store on a folder, as a node has them.
pub(super) struct House {
    pub(super) engine: Engine,
    pub(super) store: Store,
    pub(super) now: Timestamp,
    pub(super) receipts: Vec<Receipt>,
    /// What the opening reported, by the number of the segment.
    pub(super) damage: Vec<(u32, Damage)>,
    pub(super) runtime: Runtime,
}

impl House {
    pub(super) fn open(folder: &Path, now: Timestamp) -> House {
        House::open_with(layout(), folder, now)
    }

    pub(super) fn open_with(layout: SegmentLayout, folder: &Path, now: Timestamp) -> House {
        let mut engine = Engine::new([3; 16]);
        let mut damage = Vec::new();
        let mut report = |path: &Path, found: Damage| damage.push((number(path), found));
        let store =
            Store::Disk(DiskLog::open(layout, folder, &mut engine, now, &mut report).unwrap());
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let mut house = House {
            engine,
            store,
            now,
            receipts: Vec::new(),
            damage,
            runtime,
        };
        if house.engine.queues().next().is_none() {
            house.create_queues();
        }
        house
    }

    pub(super) fn create_queues(&mut self) {
        for name in ["dead", "live", "line.fifo"] {
            let mut attributes = Attributes::new(name.ends_with(".fifo"));
            attributes.redrive = (name == "live").then(|| Redrive {
                target: arn("dead"),
                max_receives: 2,
            });
            self.engine
                .create_queue(self.now, arn(name), attributes, BTreeMap::new());
        }
        self.write_down();
    }

    /// Hands over what happened, and waits until it is durable.
    pub(super) fn write_down(&mut self) {
        self.try_write_down().unwrap();
    }

    pub(super) fn try_write_down(&mut self) -> Result<(), LogFailed> {
        let pending = self.engine.take_pending();
        let ticket = self
            .store
            .take(&mut self.engine, pending.effects, &pending.dropped);
        self.runtime.block_on(ticket.wait())
    }

    pub(super) fn queue(&self, name: &str) -> QueueId {
        self.engine.find(&arn(name)).unwrap()
    }

    pub(super) fn send(&mut self, name: &str, body: &str) -> String {
        self.try_send(name, body).unwrap()
    }

    pub(super) fn try_send(&mut self, name: &str, body: &str) -> Result<String, LogFailed> {
        let queue = self.queue(name);
        let content = Content {
            body: body.into(),
            group: Some(body[..1].into()),
            deduplication: Some(body.into()),
            ..Content::default()
        };
        let sent = self
            .engine
            .send(
                self.now,
                queue,
                NewMessage {
                    content,
                    delay: None,
                },
            )
            .unwrap();
        self.try_write_down().map(|()| sent.id)
    }

    /// Bodies and receipts of up to `most` messages.
    pub(super) fn receive(
        &mut self,
        name: &str,
        most: usize,
        visibility: u64,
    ) -> Vec<(String, Receipt)> {
        self.try_receive(name, most, visibility).unwrap()
    }

    pub(super) fn try_receive(
        &mut self,
        name: &str,
        most: usize,
        visibility: u64,
    ) -> Result<Vec<(String, Receipt)>, LogFailed> {
        let ask = ReceiveRequest {
            most,
            visibility: Some(Duration::from_secs(visibility)),
            attempt: None,
        };
        let queue = self.queue(name);
        let deliveries = self.engine.receive(self.now, queue, ask).unwrap();
        self.try_write_down()?;
        let body = |location| self.store.read(location).unwrap().unwrap().body;
        Ok(deliveries
            .into_iter()
            .map(|delivery| (body(delivery.location), delivery.receipt))
            .collect())
    }

    pub(super) fn delete(&mut self, receipt: Receipt) {
        _ = self.engine.delete(self.now, receipt.queue, receipt);
        self.write_down();
    }

    /// Cleans until nothing is worth it, or nothing can be written any more.
    pub(super) fn clean(&mut self) {
        self.try_clean().unwrap();
    }

    pub(super) fn try_clean(&mut self) -> io::Result<()> {
        loop {
            let engine = std::cell::RefCell::new(&mut self.engine);
            let cleaned = self
                .store
                .clean(self.now, &|work| work(&mut engine.borrow_mut()))?;
            match cleaned.map(|(segment, ticket)| (segment, self.runtime.block_on(ticket.wait()))) {
                Some((segment, Ok(()))) => self.store.remove(segment)?,
                _ => return Ok(()),
            }
        }
    }

    /// Everything that can be seen of it, half a day later.
    pub(super) fn drain(mut self) -> BTreeMap<String, Vec<Seen>> {
        self.now = self.now + Duration::from_secs(43_200);
        let names = self
            .engine
            .queues()
            .map(|queue| queue.definition.arn.name.clone())
            .collect::<Vec<_>>();
        let queues = names.into_iter().map(|name| {
            let queue = self.queue(&name);
            self.engine
                .change_queue(queue, |definition| definition.attributes.redrive = None);
            let ask = ReceiveRequest {
                most: 100_000,
                visibility: Some(Duration::from_secs(43_200)),
                attempt: None,
            };
            let mut all = Vec::new();
            loop {
                let deliveries = self.engine.receive(self.now, queue, ask).unwrap();
                if deliveries.is_empty() {
                    break;
                }
                for delivery in deliveries {
                    let body = self.store.read(delivery.location).unwrap().unwrap().body;
                    all.push((
                        delivery.id,
                        body,
                        delivery.receives,
                        delivery.sent_at.as_millis(),
                        delivery.origin,
                    ));
                }
            }
            all.sort();
            (name, all)
        });
        queues.collect()
    }
}
