//! The variables that API Gateway's import expands in a document. See
//! `docs/aws/api-gateway.md#import`.

use kit::cloudformation::Account;
use kit::document::{Entry, Node, Value};

/// The document with `${AWS::Region}`, `${AWS::AccountId}` and `${AWS::Partition}` replaced in
/// every text.
pub(crate) fn expanded(node: &Node, account: &Account) -> Node {
    let value = match &node.value {
        Value::String(text) if text.contains("${AWS::") => Value::String(in_text(text, account)),
        Value::List(nodes) => {
            Value::List(nodes.iter().map(|node| expanded(node, account)).collect())
        }
        Value::Map(entries) => {
            let inner = |entry: &Entry| Entry {
                node: expanded(&entry.node, account),
                ..entry.clone()
            };
            Value::Map(entries.iter().map(inner).collect())
        }
        other => other.clone(),
    };
    Node {
        value,
        ..node.clone()
    }
}

fn in_text(text: &str, account: &Account) -> String {
    text.replace("${AWS::Region}", &account.region)
        .replace("${AWS::AccountId}", &account.account_id)
        .replace("${AWS::Partition}", account.partition())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_become_what_they_stand_for() {
        let account = Account {
            region: "cn-north-1".into(),
            account_id: "1".into(),
            stack_name: "t".into(),
        };
        let text = "a: ['arn:${AWS::Partition}:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/${x}', 7]";
        let node = expanded(&Node::parse("t", text).unwrap(), &account);
        assert_eq!(
            node.to_json().to_string(),
            r#"{"a":["arn:aws-cn:apigateway:cn-north-1:sqs:path/1/${x}",7]}"#
        );
        assert_eq!(
            node.get("a").unwrap().list().unwrap()[1].place.to_string(),
            "t:1:88"
        );
    }
}
