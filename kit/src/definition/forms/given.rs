//! One document that was given, and what is known of where it belongs. Pure.

use std::path::PathBuf;

use crate::aws::LOCAL_ACCOUNT;
use crate::cloudformation::{Account, Deployed};
use crate::document::{Node, Problem, Value};
use crate::terraform;

/// One document that was given as a definition.
#[derive(Debug, Clone)]
pub(in crate::definition) struct Given {
    pub root: Node,
    /// The name of its stack, where its folder says it.
    pub stack_name: Option<String>,
    /// Where it was made for, when it has accounts and regions written out.
    pub home: Option<Home>,
    /// What was found wrong when it was made a template.
    pub problems: Vec<Problem>,
}

impl From<Node> for Given {
    fn from(root: Node) -> Given {
        Given {
            root,
            stack_name: None,
            home: None,
            problems: Vec::new(),
        }
    }
}

impl Given {
    /// A template, which says where it was imported from if it was.
    pub(super) fn of_template(root: Node) -> Given {
        let from = Deployed::of(&root).unwrap_or_default();
        let Deployed {
            stack_name,
            account_id,
            region,
        } = from;
        let has_home = account_id.is_some() || region.is_some();
        Given {
            stack_name,
            home: has_home.then_some(Home { account_id, region }),
            ..Given::from(root)
        }
    }

    /// A plan or a state of Terraform.
    pub(super) fn of_terraform(root: &Node) -> Given {
        let terraform::Translated {
            template,
            account_id,
            region,
            problems,
        } = terraform::translated(root);
        Given {
            home: Some(Home { account_id, region }),
            problems,
            ..Given::from(template)
        }
    }
}

/// A file that a folder stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub file: PathBuf,
    /// The name of the stack, where the folder says it.
    pub stack_name: Option<String>,
    /// Where the stack was made for, where the folder says it.
    pub home: Option<Home>,
}

/// The account and the region that a definition was made for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::definition) struct Home {
    pub account_id: Option<String>,
    pub region: Option<String>,
}

impl Home {
    /// `node` as it would be in `account`: a definition that has the queue `123456789012/orders`
    /// written out means the queue that it declares. Only in the local account, where nothing else
    /// can be meant: our choice.
    pub(in crate::definition) fn moved(&self, node: &Node, account: &Account) -> Node {
        if account.account_id != LOCAL_ACCOUNT {
            return node.clone();
        }
        node.map_texts(&|node, text| Node {
            value: Value::String(self.text(text, account)),
            ..node.clone()
        })
    }

    fn text(&self, text: &str, account: &Account) -> String {
        let mut text = text.to_owned();
        if let Some(own) = &self.account_id {
            text = text.replace(own, &account.account_id);
        }
        let Some(own) = self.region.as_deref() else {
            return text;
        };
        if text == own {
            return account.region.clone();
        }
        for (before, after) in [(':', ':'), ('.', '.'), ('/', '/')] {
            let here = format!("{before}{own}{after}");
            text = text.replace(&here, &format!("{before}{}{after}", account.region));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_out_is_moved_to_the_local_account_only() {
        let home = Home {
            account_id: Some("123456789012".into()),
            region: Some("eu-west-1".into()),
        };
        let node = Node::parse(
            "t",
            r#"{"a": "arn:aws:sqs:eu-west-1:123456789012:q", "b": ["https://sqs.eu-west-1.amazonaws.com/123456789012/q"],
               "c": "eu-west-1", "d": "my-eu-west-1-queue"}"#,
        )
        .unwrap();
        let account = |account_id: &str| Account {
            region: "r".into(),
            account_id: account_id.into(),
            stack_name: "t".into(),
        };
        let expected = r#"{"a":"arn:aws:sqs:r:000000000000:q","b":["https://sqs.r.amazonaws.com/000000000000/q"],"c":"r","d":"my-eu-west-1-queue"}"#;
        let moved = home.moved(&node, &account(LOCAL_ACCOUNT));
        assert_eq!(moved.to_json().to_string(), expected);
        assert_eq!(home.moved(&node, &account("999999999999")), node);
    }
}
