//! The queue of a rule's target. Pure.
//!
//! The emulator stores the events of a bus in every queue whose name begins with
//! `tidegate-rule-` and whose tag names the bus (`docs/aws/events.md#here`).

use sha2::{Digest as _, Sha256};

/// What the names begin with. A queue of a template that begins so too is none of ours without the
/// tag.
const PREFIX: &str = "tidegate-rule-";

/// The tag that names the bus.
const BUS_TAG: &str = "tidegate:event-bus";

/// The tag that names rule and target, for people who look at the queue.
const RULE_TAG: &str = "tidegate:rule";

/// How much of a rule's name is in that of its queue: a name has 80 characters.
const SHOWN: usize = 40;

/// The queue of one target of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleQueue {
    /// The queue's name.
    pub name: String,
    /// The bus whose events it takes.
    pub bus: String,
    /// The stack that declares the rule.
    pub stack: String,
    rule: String,
}

impl RuleQueue {
    /// The beginning of the names of all such queues.
    pub const PREFIX: &str = PREFIX;

    /// The tag by which a queue gets the events of a bus.
    pub const BUS_TAG: &str = BUS_TAG;

    /// The tag that names the stack, so that the queue of a rule that is gone can be told from that
    /// of another stack's.
    pub const STACK_TAG: &str = "tidegate:stack";

    /// The queue of the target `id` of a rule.
    pub(super) fn new(bus: &str, rule: &str, id: &str, arn_and_stack: (&str, &str)) -> RuleQueue {
        let (rule_arn, stack) = arn_and_stack;
        let digest = Sha256::digest(serde_json::json!([bus, rule, id]).to_string());
        let digest = hex::encode(&digest[..8]);
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let shown: String = rule.chars().map(plain).take(SHOWN).collect();
        RuleQueue {
            name: format!("{PREFIX}{shown}-{digest}"),
            bus: bus.to_owned(),
            stack: stack.to_owned(),
            rule: format!("{rule_arn} {id}"),
        }
    }

    /// The queue's tags. Values of tags are letters, digits, blanks and a few signs; what else a
    /// rule's name may hold is left out of the last, which nothing reads.
    pub fn tags(&self) -> [(String, String); 3] {
        let plain = |c: &char| c.is_alphanumeric() || " _.:/=+-@".contains(*c);
        let rule: String = self.rule.chars().filter(plain).take(256).collect();
        [
            (BUS_TAG.to_owned(), self.bus.clone()),
            (RuleQueue::STACK_TAG.to_owned(), self.stack.clone()),
            (RULE_TAG.to_owned(), rule),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_that_of_one_target_of_one_rule_on_one_bus() {
        let name = |bus, rule, id| RuleQueue::new(bus, rule, id, ("arn", "s")).name;
        let all = [
            name("a", "r", "t"),
            name("b", "r", "t"),
            name("a", "s", "t"),
            name("a", "r", "u"),
            name("a", "rt", ""),
        ];
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_eq!(all[0], name("a", "r", "t"));
        let long = name("a", &"é.".repeat(40), "t");
        assert!(long.len() <= 80, "{long}");
        assert!(
            long.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
            "{long}"
        );
    }
}
