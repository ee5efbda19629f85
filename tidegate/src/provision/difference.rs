//! Where a resource is not as it is declared. Pure.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::queues::{DeclaredQueue, same};

/// What SQS gives to a queue that says nothing: `docs/aws/sqs.md#queue-attributes`. The size of messages is
/// not here, for its default was another one until 2025.
const DEFAULTS: [(Name, &str); 8] = [
    (Name::DelaySeconds, "0"),
    (Name::MessageRetentionPeriod, "345600"),
    (Name::ReceiveMessageWaitTimeSeconds, "0"),
    (Name::VisibilityTimeout, "30"),
    (Name::ContentBasedDeduplication, "false"),
    (Name::RedrivePolicy, ""),
    (Name::RedriveAllowPolicy, ""),
    (Name::KmsMasterKeyId, ""),
];

/// An attribute or a tag that is not as it is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `VisibilityTimeout`, `tag team`.
    pub attribute: String,
    /// The declared value; `None` where nothing is declared, which leaves it as it is.
    pub declared: Option<String>,
    /// The value that was found; `None` where there was none.
    pub real: Option<String>,
}

impl Difference {
    /// What differs in the attributes of a queue: what is declared otherwise, and what is not
    /// declared and not SQS's default.
    pub(super) fn of_attributes(
        queue: &DeclaredQueue,
        real: &HashMap<Name, String>,
    ) -> Vec<Difference> {
        let changeable = queue
            .attributes
            .iter()
            .filter(|(name, _)| **name != Name::FifoQueue);
        let declared = changeable.filter_map(|(name, value)| {
            let now = real.get(name);
            let differs = now.is_none_or(|now| !same(now, value));
            differs.then(|| Difference {
                attribute: name.as_str().to_owned(),
                declared: Some(value.clone()),
                real: now.cloned(),
            })
        });
        let undeclared = DEFAULTS.iter().filter_map(|(name, default)| {
            let now = real.get(name).filter(|now| now != default)?;
            (!queue.attributes.contains_key(name)).then(|| Difference {
                attribute: name.as_str().to_owned(),
                declared: None,
                real: Some(now.clone()),
            })
        });
        sorted(declared.chain(undeclared).collect())
    }

    /// What differs in the declared tags.
    pub(super) fn of_tags(
        queue: &DeclaredQueue,
        real: &HashMap<String, String>,
    ) -> Vec<Difference> {
        let changed = queue
            .tags
            .iter()
            .filter(|(key, value)| real.get(*key) != Some(value));
        let changed = changed.map(|(key, value)| Difference {
            attribute: format!("tag {key}"),
            declared: Some(value.clone()),
            real: real.get(key).cloned(),
        });
        sorted(changed.collect())
    }

    /// Whether provisioning changes it.
    pub fn is_declared(&self) -> bool {
        self.declared.is_some()
    }
}

fn sorted(mut differences: Vec<Difference>) -> Vec<Difference> {
    differences.sort_by(|a, b| a.attribute.cmp(&b.attribute));
    differences
}

/// `VisibilityTimeout: declared 30, found 45`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let real = self.real.as_deref().unwrap_or("nothing");
        match &self.declared {
            Some(declared) => write!(f, "{}: declared {declared}, found {real}", self.attribute),
            None => write!(
                f,
                "{}: not declared, found {real}, left as it is",
                self.attribute
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_difference_has_both_values() {
        let mut queue = DeclaredQueue::plain("q.fifo");
        queue
            .attributes
            .insert(Name::VisibilityTimeout, "30".into());
        queue.attributes.insert(Name::DelaySeconds, "5".into());
        queue
            .attributes
            .insert(Name::MaximumMessageSize, "1024".into());
        queue.tags.insert("team".into(), "a".into());
        let real = HashMap::from([
            (Name::VisibilityTimeout, "45".to_owned()),
            (Name::DelaySeconds, "5".to_owned()),
            (Name::MessageRetentionPeriod, "60".to_owned()),
            (Name::ReceiveMessageWaitTimeSeconds, "0".to_owned()),
        ]);
        let told = |differences: Vec<Difference>| {
            differences
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            told(Difference::of_attributes(&queue, &real)),
            [
                "MaximumMessageSize: declared 1024, found nothing",
                "MessageRetentionPeriod: not declared, found 60, left as it is",
                "VisibilityTimeout: declared 30, found 45",
            ]
        );
        let tags = HashMap::from([("team".to_owned(), "b".to_owned())]);
        assert_eq!(
            told(Difference::of_tags(&queue, &tags)),
            ["tag team: declared a, found b"]
        );
        assert!(told(Difference::of_tags(&queue, &queue.tags)).is_empty());
    }
}
