//! The names of stacks: one for each template, so that resources of two templates never become one.

use std::collections::HashSet;

use super::forms::Given;
use crate::cloudformation::{Account, Stack};

/// The account of each document, in their order, and what stands in front of its logical ids where
/// ids are made of them. `chosen` is the operator's name for the stack; folders may know another.
/// Templates that share a logical id with an earlier one get a stack name of their own, made of
/// their files' names. Others keep theirs, so that the names of queues stay when a file is added.
pub(super) fn accounts(
    sources: &[Given],
    chosen: Option<&str>,
    account: &Account,
) -> Vec<(Account, String)> {
    let (mut ids, mut names) = (HashSet::new(), HashSet::new());
    let mut accounts = Vec::new();
    for (number, given) in sources.iter().enumerate() {
        let own = Stack::logical_ids(&given.root);
        let shares = own.iter().any(|id| ids.contains(id));
        ids.extend(own);
        let stack = chosen
            .or(given.stack_name.as_deref())
            .unwrap_or(&account.stack_name);
        let name = match shares && names.contains(stack) {
            true => free(stack, &given.root.place.file, number, &names),
            false => stack.to_owned(),
        };
        names.insert(name.clone());
        let path = if shares {
            format!("{name}/")
        } else {
            String::new()
        };
        let account = Account {
            stack_name: name,
            ..account.clone()
        };
        accounts.push((account, path));
    }
    accounts
}

/// `{stack}-{file}`, with the folder or a number where that is taken.
fn free(stack: &str, file: &str, number: usize, taken: &HashSet<String>) -> String {
    let mut parts = file.rsplit(['/', '\\']);
    let name = parts.next().unwrap_or(file);
    let stem = plain(name.split('.').next().unwrap_or(name));
    let folder = plain(parts.next().unwrap_or_default());
    let candidates = [
        format!("{stack}-{stem}"),
        format!("{stack}-{folder}-{stem}"),
    ];
    let free = candidates.into_iter().find(|name| !taken.contains(name));
    free.unwrap_or_else(|| format!("{stack}-{}", number + 1))
}

/// What a stack's name may hold: letters, digits and hyphens.
fn plain(text: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    text.chars().map(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Node;

    #[test]
    fn only_what_would_merge_gets_a_name_of_its_own() {
        let account = Account {
            region: "e".into(),
            account_id: "1".into(),
            stack_name: "t".into(),
        };
        let queue = "Resources: {Queue: {Type: AWS::SQS::Queue}, M: {Type: AWS::CDK::Metadata}}";
        let other = "Resources: {Other: {Type: AWS::SQS::Queue}, M: {Type: AWS::CDK::Metadata}}";
        let roots = [
            ("a/one.yaml", queue),
            ("a/two.yaml", other),
            ("a/three v2.yaml", queue),
            ("b/three v2.yaml", queue),
            ("b/three v2.yaml", queue),
        ];
        let roots = roots.map(|(file, text)| Given::from(Node::parse(file, text).unwrap()));
        let names: Vec<String> = accounts(&roots, None, &account)
            .into_iter()
            .map(|(account, _)| account.stack_name)
            .collect();
        assert_eq!(names, ["t", "t", "t-three-v2", "t-b-three-v2", "t-5"]);
    }
}
