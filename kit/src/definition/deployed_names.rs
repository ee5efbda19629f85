//! Door: the names that the resources of a deployed stack have, which only AWS knows.

use std::collections::BTreeMap;

use aws_config::SdkConfig;

use crate::aws;
use crate::cloudformation::name_in_physical_id;
use crate::control_plane::{ControlPlane, Refusal, StackResource};

/// A stack within another one.
const STACK: &str = "AWS::CloudFormation::Stack";

/// How deep stacks may be nested.
const DEPTH: usize = 5;

/// The variable that names CloudFormation's endpoint.
const SERVICE: &str = "CLOUDFORMATION";

/// The names of the resources of the stack `name`, by logical id, those of nested stacks as
/// `Shop.Orders`; nothing where there is no CloudFormation to ask.
///
/// AWS is asked, and an endpoint that is CloudFormation's own. One endpoint for all services is
/// asked, too, and need not know stacks: the emulator does not. That is our choice.
///
/// # Errors
/// CloudFormation does not say; one line with the reason.
pub(super) async fn ask(
    config: &SdkConfig,
    name: &str,
) -> anyhow::Result<BTreeMap<String, String>> {
    let plane = ControlPlane::new(config)?;
    let result = of_stack(&plane, name).await;
    let is_shared = aws::has_endpoint(config, SERVICE) && !has_own_endpoint();
    match result {
        Ok(names) => {
            let count = crate::counted::counted(names.len(), "resource");
            tracing::info!("the stack {name} has {count}, which are known by their names on AWS");
            Ok(names)
        }
        Err(refusal) if is_shared => {
            tracing::info!(
                "the endpoint does not know the stack {name}: names are those of the template ({refusal})"
            );
            Ok(BTreeMap::new())
        }
        Err(refusal) => Err(anyhow::anyhow!(
            "--stack-name or STACK_NAME: cannot read the stack {name}: {refusal}"
        )),
    }
}

fn has_own_endpoint() -> bool {
    crate::service::variable_endpoint("cloudformation").is_some()
}

/// The names in a stack and in those within it.
async fn of_stack(plane: &ControlPlane, stack: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let mut names = BTreeMap::new();
    let mut open = vec![(stack.to_owned(), String::new(), 0)];
    while let Some((stack, path, depth)) = open.pop() {
        for StackResource {
            logical_id,
            physical_id,
            kind,
        } in plane.stack_resources(&stack).await?
        {
            let own = format!("{path}{logical_id}");
            if kind == STACK && depth < DEPTH {
                open.push((physical_id, format!("{own}."), depth + 1));
            } else {
                names.insert(own, name_in_physical_id(&kind, &physical_id));
            }
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Bytes;

    fn listed(resources: &[(&str, &str, &str)]) -> String {
        let member = |(kind, logical, physical): &(&str, &str, &str)| {
            format!(
                "<member><ResourceType>{kind}</ResourceType><LogicalResourceId>{logical}</LogicalResourceId>\
                 <PhysicalResourceId>{physical}</PhysicalResourceId></member>"
            )
        };
        let members: String = resources.iter().map(member).collect();
        format!(
            "<R><ListStackResourcesResult><StackResourceSummaries>{members}</StackResourceSummaries></ListStackResourcesResult></R>"
        )
    }

    #[tokio::test]
    async fn names_are_those_of_the_stack_and_of_the_stacks_within() {
        crate::program::install_tls();
        let answer = |body: Bytes| async move {
            let body = String::from_utf8_lossy(&body).into_owned();
            match body.contains("stack%2Fshop-Inner%2F1") {
                true => listed(&[("AWS::SQS::Queue", "Q", "https://sqs/1/shop-Inner-Q-2B")]),
                false => listed(&[
                    ("AWS::SQS::Queue", "Orders", "https://sqs/1/shop-Orders-1A"),
                    (
                        STACK,
                        "Inner",
                        "arn:aws:cloudformation:e:1:stack/shop-Inner/1",
                    ),
                ]),
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer);
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        let names = ask(&aws::local(&url).await, "shop").await.unwrap();
        let names: Vec<(&str, &str)> = names
            .iter()
            .map(|(id, name)| (id.as_str(), name.as_str()))
            .collect();
        assert_eq!(
            names,
            [("Inner.Q", "shop-Inner-Q-2B"), ("Orders", "shop-Orders-1A")]
        );
        let none = ask(&aws::local("http://127.0.0.1:9").await, "shop")
            .await
            .unwrap();
        assert!(
            none.is_empty(),
            "one endpoint for all services need not know stacks"
        );
    }
}
