//! The order in which queues are created. Pure.
//!
//! SQS accepts a redrive policy only when its dead-letter queue exists. A queue that comes after
//! its dead-letter queue is created with all its attributes in one request.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::queues::DeclaredQueue;

/// Queues, by their indices in a list. The queues of a wave need only those of earlier waves.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// Waves, one after the other.
    pub waves: Vec<Vec<usize>>,
    /// Queues that are each other's dead-letter queues, or lead to such queues: all of them must
    /// exist before they get their policies.
    pub cycles: Vec<usize>,
}

impl Order {
    /// The order for these queues.
    pub(super) fn of(queues: &[DeclaredQueue]) -> Order {
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
                    cycles: later,
                };
            }
            wave.iter().for_each(|&place| created[place] = true);
            waves.push(wave);
            rest = later;
        }
    }
}

/// The name of the dead-letter queue that a queue's redrive policy names.
fn dead_letter_queue(queue: &DeclaredQueue) -> Option<String> {
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
            let mut queue = DeclaredQueue::plain(name);
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
                cycles: vec![]
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
                cycles: vec![0, 1, 3, 4]
            }
        );
    }
}
