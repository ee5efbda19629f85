//! OpenAPI documents that are files of their own: what is missing when they were written for a
//! template, or exported without the part that matters here. Pure.

use crate::counted::counted;
use crate::document::{Node, Problem, Value};

/// Methods of OpenAPI, and API Gateway's own for all of them.
const VERBS: [&str; 9] = [
    "get",
    "put",
    "post",
    "delete",
    "options",
    "head",
    "patch",
    "trace",
    "x-amazon-apigateway-any-method",
];

/// What keeps a document from being an API, in one problem.
pub(in crate::definition) fn check(root: &Node) -> Result<(), Problem> {
    let mut functions = Vec::new();
    find_functions(root, &mut functions);
    if let Some((name, node)) = functions.first() {
        let more = match functions.len() - 1 {
            0 => String::new(),
            more => format!(" ({} more)", counted(more, "function")),
        };
        return Err(node.problem(format!(
            "{name} is a function of CloudFormation, and this file is an OpenAPI document of its own, in which nothing \
             resolves it{more}: give the template that takes the file in (AWS::Include, or DefinitionUri of SAM), or \
             write the values"
        )));
    }
    let (all, integrated) = methods(root);
    if all > 0 && integrated == 0 {
        let what = counted(all, "method");
        let message = format!(
            "No integration defined for method: the document has {what} and no x-amazon-apigateway-integration: export \
             it once more with `--parameters extensions=integrations` (aws apigateway get-export), or of an HTTP API \
             with `--include-extensions` (aws apigatewayv2 export-api)"
        );
        return Err(root.problem(message).tolerable());
    }
    Ok(())
}

fn find_functions<'n>(node: &'n Node, found: &mut Vec<(String, &'n Node)>) {
    let is_function = |key: &str| key == "Ref" || key.starts_with("Fn::");
    if let Some(tag) = &node.tag {
        found.push((format!("!{tag}"), node));
        return;
    }
    match &node.value {
        Value::List(nodes) => nodes.iter().for_each(|node| find_functions(node, found)),
        Value::Map(entries) => match entries.as_slice() {
            [entry] if is_function(&entry.key) => found.push((entry.key.clone(), node)),
            entries => entries
                .iter()
                .for_each(|entry| find_functions(&entry.node, found)),
        },
        _ => {}
    }
}

/// How many methods there are, and how many of them have an integration.
fn methods(root: &Node) -> (usize, usize) {
    let paths = root
        .get("paths")
        .and_then(|node| node.entries().ok())
        .unwrap_or_default();
    let operations = paths
        .iter()
        .flat_map(|path| path.node.entries().unwrap_or_default());
    let operations = operations.filter(|entry| VERBS.contains(&entry.key.as_str()));
    let has_integration = |node: &Node| node.get("x-amazon-apigateway-integration").is_some();
    operations.fold((0, 0), |(all, integrated), entry| {
        (
            all + 1,
            integrated + usize::from(has_integration(&entry.node)),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_problem_says_what_the_file_lacks() {
        for (text, told) in [
            (
                "openapi: 3.0.1\npaths: {/a: {get: {responses: {}}, post: {}}}",
                "f:1:1: No integration defined for method: the document has 2 methods",
            ),
            (
                "openapi: 3.0.1\npaths:\n  /a: {get: {x-amazon-apigateway-integration: {uri: !Sub 'a', credentials: {'Fn::GetAtt': [R, Arn]}}}}",
                "f:3:53: !Sub is a function of CloudFormation, and this file is an OpenAPI document of its own, in which nothing resolves it (1 function more)",
            ),
        ] {
            let problem = check(&Node::parse("f", text).unwrap())
                .unwrap_err()
                .to_string();
            assert!(problem.starts_with(told), "{problem}");
        }
        for text in [
            "openapi: 3.0.1",
            "openapi: 3.0.1\npaths: {/a: {get: {}, post: {x-amazon-apigateway-integration: {type: mock}}}}",
            "openapi: 3.0.1\npaths: {/a: {get: {x-amazon-apigateway-integration: {uri: 'arn:${AWS::Region}'}}}}",
        ] {
            assert_eq!(check(&Node::parse("f", text).unwrap()), Ok(()));
        }
    }
}
