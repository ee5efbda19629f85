//! The moods once more, in a world whose time is told: how long does each caller wait beyond what
//! the mood makes it wait? No machine is slow here, so every millisecond has a reason.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use kit::call::{Call, Reply};
use kit::send::SendError;
use kit::service::ServiceError;

use super::super::super::pending::PendingMessage;
use super::super::super::world::{Later, World, within};
use super::fake;
use super::heard::Heard;
use super::*;

/// How long SQS takes for an answer, what the mood does to it aside.
const TRIP: Duration = Duration::from_millis(2);

/// The longest that a message waits for the requests of others before it leaves.
const BEFORE_IT_LEAVES: Duration = Duration::from_millis(50);

/// The pauses before the second and the third time, where SQS is in trouble.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(200)];

/// What a mood makes a caller wait for, beside the calls that its own message is in.
enum Demand {
    Nothing,
    /// SQS is in trouble, and is left alone before it is asked again.
    Pauses,
    /// SQS refuses whole batches: one message goes first to find out why.
    Probe,
}

fn demand_of(mood: &str) -> Demand {
    match mood {
        "403" | "403 to batches" | "400 to batches" | "no queue" => Demand::Probe,
        "500"
        | "500 at first"
        | "500 to batches"
        | "503"
        | "503 at first"
        | "502 of a proxy"
        | "throttled"
        | "throttled at first"
        | "429 at first"
        | "cut"
        | "cut at first"
        | "reset"
        | "reset at first"
        | "half-closed"
        | "half-closed at first"
        | "garbage"
        | "entries fail at first" => Demand::Pauses,
        _ => Demand::Nothing,
    }
}

/// A world with a clock that stands still while anybody has something to do, and an SQS.
#[derive(Debug)]
struct Told {
    clock: Mutex<Clock>,
    mood: Mood,
    heard: Heard,
    /// For each message, how long it was in calls.
    away: Mutex<BTreeMap<String, Duration>>,
    /// The messages in calls that hang.
    hung: Mutex<BTreeSet<String>>,
}

#[derive(Debug)]
struct Clock {
    now: Instant,
    sleepers: BTreeMap<(Instant, usize), Waker>,
    sleeps: usize,
}

struct Sleep<'t> {
    told: &'t Told,
    then: Instant,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut clock = self.told.clock.lock().unwrap();
        if clock.now >= self.then {
            return Poll::Ready(());
        }
        clock.sleeps += 1;
        let key = (self.then, clock.sleeps);
        clock.sleepers.insert(key, context.waker().clone());
        Poll::Pending
    }
}

impl Told {
    fn new(mood: Mood) -> Arc<Told> {
        let clock = Clock {
            now: Instant::now(),
            sleepers: BTreeMap::new(),
            sleeps: 0,
        };
        Arc::new(Told {
            clock: Mutex::new(clock),
            mood,
            heard: Heard::default(),
            away: Mutex::default(),
            hung: Mutex::default(),
        })
    }

    /// Lets time pass until the next sleeper wakes up. False if nobody sleeps.
    fn advance(&self) -> bool {
        let mut clock = self.clock.lock().unwrap();
        let Some(((then, _), sleeper)) = clock.sleepers.pop_first() else {
            return false;
        };
        clock.now = clock.now.max(then);
        drop(clock);
        sleeper.wake();
        true
    }

    /// Runs tasks to their end, letting time pass whenever none of them has anything to do.
    async fn run<T: 'static>(&self, mut tasks: JoinSet<T>) -> Vec<T> {
        let mut results = Vec::new();
        while !tasks.is_empty() {
            // The runtime has one thread: each of these is a turn for everybody. A turn more than
            // needed changes nothing.
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            while let Some(result) = tasks.try_join_next() {
                results.push(result.unwrap());
            }
            assert!(
                tasks.is_empty() || self.advance(),
                "callers wait for nothing"
            );
        }
        results
    }

    async fn answer(&self, call: &Call, time: Duration) -> Result<Reply, SendError> {
        let is_batch = call.headers["x-amz-target"].as_bytes().ends_with(b"Batch");
        let request: Json = serde_json::from_slice(&call.body).unwrap();
        let begun = self.now();
        let (takes, reply) = self.heard.react(self.mood, is_batch, &request);
        let entries = fake::entries(is_batch, &request).into_iter();
        let bodies = entries.map(|entry| entry["MessageBody"].as_str().unwrap().to_owned());
        if takes.is_none() {
            self.hung.lock().unwrap().extend(bodies.clone());
        }
        let takes = takes.map_or(time, |takes| time.min(takes + TRIP));
        self.sleep_until(begun + takes).await;
        let mut away = self.away.lock().unwrap();
        for body in bodies {
            *away.entry(body).or_default() += takes;
        }
        reply.unwrap_or(Err(SendError::Timeout(time)))
    }
}

impl World for Told {
    fn now(&self) -> Instant {
        self.clock.lock().unwrap().now
    }

    fn sleep_until(&self, then: Instant) -> Later<'_, ()> {
        Box::pin(Sleep { told: self, then })
    }

    fn call<'w>(
        &'w self,
        _: &'w Identity,
        call: &'w Call,
        _: &'w str,
        time: Duration,
    ) -> Later<'w, Result<Reply, ServiceError>> {
        Box::pin(async move { Ok(self.answer(call, time).await?) })
    }
}

/// A caller's message, and how long it waited in all.
type Waited = (String, Duration);

/// Plays a mood, with callers that come a quarter of a millisecond apart.
async fn play(told: &Arc<Told>, callers: usize) -> Vec<Waited> {
    let config = kit::aws::local("http://127.0.0.1:1").await;
    let messages = MessageSender::within(told.clone(), config);
    let mut tasks = JoinSet::new();
    for caller in 0..callers {
        let (messages, told) = (messages.clone(), told.clone());
        tasks.spawn(async move {
            let begun = told.now() + Duration::from_micros(250) * caller as u32;
            told.sleep_until(begun).await;
            let body = format!("message {caller}");
            let (answer, answered) = tokio::sync::oneshot::channel();
            let pending = PendingMessage {
                message: message(QUEUE, &body),
                deadline: begun + PATIENCE,
                answer,
            };
            messages.push(pending, &Identity::Environment);
            // As the sender does it by the machine's clock.
            let answer = within(&*told, PATIENCE, answered).await;
            assert!(answer.is_none_or(|answer| answer.is_ok()), "{body} is lost");
            (body, told.now() - begun)
        });
    }
    told.run(tasks).await
}

/// Checks that each caller waited for its own calls, and beyond that no longer than `demand` allows
/// a message that was in so many calls.
fn check(name: &str, told: &Told, waited: &[Waited], demand: impl Fn(usize) -> Duration) {
    let (away, calls) = (told.away.lock().unwrap(), told.heard.seen().calls);
    let hung = told.hung.lock().unwrap();
    for (body, waited) in waited {
        if hung.contains(body) {
            assert_eq!(*waited, PATIENCE, "{name}: {body}");
            continue;
        }
        let (own, calls) = (away[body], calls[body]);
        let more = *waited - own;
        let most = BEFORE_IT_LEAVES + demand(calls);
        assert!(
            more <= most,
            "{name}: {body} was {own:?} in {calls} calls and waited {more:?} more than that, not {most:?} at most"
        );
    }
}

#[tokio::test]
async fn in_no_mood_of_sqs_does_anybody_wait_longer_than_the_mood_demands() {
    let (callers, times) = size();
    for (name, mood, ..) in MOODS {
        let told = Told::new(mood);
        let waited = play(&told, callers * times).await;
        assert_eq!(waited.len(), callers * times, "{name}");
        check(name, &told, &waited, |calls| match demand_of(name) {
            Demand::Nothing => Duration::ZERO,
            Demand::Pauses => PAUSES[..calls - 1].iter().sum(),
            Demand::Probe => TRIP,
        });
    }
}

/// Whoever is in a call that hangs waits for as long as it wanted to, all the others for nobody.
#[tokio::test]
async fn who_is_not_in_a_call_that_hangs_waits_for_nobody() {
    for every in [1, 2, 3, 10] {
        let mood: Mood = match every {
            1 => |_| Reaction::Hang,
            2 => |asked| asked.every(2, Reaction::Hang),
            3 => |asked| asked.every(3, Reaction::Hang),
            _ => |asked| asked.every(10, Reaction::Hang),
        };
        let told = Told::new(mood);
        let waited = play(&told, size().0).await;
        check("hangs", &told, &waited, |_| Duration::ZERO);
        assert!(!told.hung.lock().unwrap().is_empty());
    }
}
