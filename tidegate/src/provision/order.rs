//! In which order queues are created. Pure.
//!
//! SQS takes a redrive policy only when the dead-letter queue in it exists. A queue that comes
//! behind its dead-letter queue is created with everything at once, which is one request.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::queues::Declared;

/// Queues by their places in a list. Those of one wave need only what earlier waves created.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// Waves, one after the other.
    pub waves: Vec<Vec<usize>>,
    /// Queues that are each other's dead-letter queues, or lead to such: they have to be there
    /// before they get their policies.
    pub rings: Vec<usize>,
}

impl Order {
    /// The order for these queues.
    pub(super) fn of(queues: &[Declared]) -> Order {
        let places: HashMap<&str, usize> = queues
            .iter()
            .enumerate()
            .map(|(place, queue)| (queue.name.as_str(), place))
            .collect();
        let dead_letters =
            |queue| dead_letter_queue(queue).and_then(|name| places.get(name.as_str()).copied());
        let needs: Vec<Option<usize>> = queues.iter().map(dead_letters).collect();
        let mut created = vec![false; queues.len()];
        let mut rest: Vec<usize> = (0..queues.len()).collect();
        let mut waves = Vec::new();
        loop {
            let (wave, later): (Vec<_>, Vec<_>) = rest
                .into_iter()
                .partition(|&place| needs[place].is_none_or(|needed| created[needed]));
            if wave.is_empty() {
                return Order {
                    waves,
                    rings: later,
                };
            }
            wave.iter().for_each(|&place| created[place] = true);
            waves.push(wave);
            rest = later;
        }
    }
}

/// The name of the dead-letter queue that a queue's redrive policy names.
fn dead_letter_queue(queue: &Declared) -> Option<String> {
    let policy: serde_json::Value =
        serde_json::from_str(queue.attributes.get(&Name::RedrivePolicy)?).ok()?;
    let arn = policy.get("deadLetterTargetArn")?.as_str()?;
    arn.rsplit(':').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(queues: &[(&str, Option<&str>)]) -> Order {
        let declared = |(name, dead): &(&str, Option<&str>)| {
            let mut queue = Declared::plain(name);
            let policy = |dead| {
                format!(r#"{{"deadLetterTargetArn":"arn:aws:sqs:r:1:{dead}","maxReceiveCount":5}}"#)
            };
            queue
                .attributes
                .extend(dead.map(policy).map(|policy| (Name::RedrivePolicy, policy)));
            queue
        };
        Order::of(&queues.iter().map(declared).collect::<Vec<_>>())
    }

    #[test]
    fn dead_letter_queues_come_first() {
        let queues = [
            ("a", Some("dead")),
            ("dead", Some("last")),
            ("b", Some("elsewhere")),
            ("last", None),
        ];
        assert_eq!(
            order(&queues),
            Order {
                waves: vec![vec![2, 3], vec![1], vec![0]],
                rings: vec![]
            }
        );
        assert_eq!(order(&[]), Order::default());
    }

    #[test]
    fn queues_that_need_each_other_are_known() {
        let queues = [
            ("a", Some("b")),
            ("b", Some("a")),
            ("c", None),
            ("d", Some("a")),
            ("e", Some("e")),
        ];
        assert_eq!(
            order(&queues),
            Order {
                waves: vec![vec![2]],
                rings: vec![0, 1, 3, 4]
            }
        );
    }
}
