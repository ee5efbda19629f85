//! `ResourcePolicy` of SAM, as the policy document that the SAM transform makes of it. Source: the
//! SAM developer guide, "ResourcePolicyStatement".

use kit::document::{Entry, Fields, Node, OrCollect as _, Problem, Value};

use super::nodes::{entry_at, text_at};

/// Every path of the API.
pub(super) const WHOLE_API: &str = "execute-api:/*";

/// The lists of addresses, and the operator of the statement that denies the others, or those.
const ADDRESSES: [(&str, &str); 2] = [
    ("IpRangeWhitelist", "NotIpAddress"),
    ("IpRangeBlacklist", "IpAddress"),
];

/// The lists of networks and endpoints: by their form, networks only, endpoints only. All lists of
/// one row make one condition.
const NETWORKS: [([&str; 3], &str); 2] = [
    (
        [
            "SourceVpcWhitelist",
            "IntrinsicVpcWhitelist",
            "IntrinsicVpceWhitelist",
        ],
        "StringNotEquals",
    ),
    (
        [
            "SourceVpcBlacklist",
            "IntrinsicVpcBlacklist",
            "IntrinsicVpceBlacklist",
        ],
        "StringEquals",
    ),
];

/// The policy document. Its statements are about `resources`, but for those that are written out.
pub(super) fn document(
    label: &str,
    at: &Node,
    resources: &[String],
    problems: &mut Vec<Problem>,
) -> Option<Node> {
    let mut fields = at.fields(label).or_collect(problems)?;
    let mut statements = Vec::new();
    let custom = fields.optional("CustomStatements");
    match custom.map(|node| (node, node.list())) {
        None => {}
        Some((_, Ok(nodes))) => statements.extend(nodes.iter().cloned()),
        Some((node, Err(_))) => statements.push(node.clone()),
    }
    for (name, effect) in [
        ("AwsAccountWhitelist", "Allow"),
        ("AwsAccountBlacklist", "Deny"),
    ] {
        let Some(accounts) = fields.optional(name) else {
            continue;
        };
        let aws = at.with(Value::Map(vec![entry_at(at, "AWS", accounts.clone())]));
        statements.push(statement(at, effect, aws, resources, None));
    }
    let mut denials = Vec::new();
    for (name, operator) in ADDRESSES {
        let list = fields.optional(name);
        denials.extend(list.map(|list| (operator, vec![("aws:SourceIp", list.clone())])));
    }
    for (names, operator) in NETWORKS {
        let keys = networks(at, &mut fields, names, problems)?;
        denials.extend((!keys.is_empty()).then_some((operator, keys)));
    }
    let everybody = || at.with(Value::String("*".to_owned()));
    let is_open = !denials.is_empty();
    for (operator, keys) in denials {
        let keys = keys.into_iter().map(|(key, node)| entry_at(at, key, node));
        let keys = at.with(Value::Map(keys.collect()));
        let condition = at.with(Value::Map(vec![entry_at(at, operator, keys)]));
        let denial = statement(at, "Deny", everybody(), resources, Some(condition));
        statements.push(denial);
    }
    if is_open {
        statements.push(statement(at, "Allow", everybody(), resources, None));
    }
    problems.extend(fields.finish());
    let fields = vec![
        text_at(at, "Version", "2012-10-17"),
        entry_at(at, "Statement", at.with(Value::List(statements))),
    ];
    Some(at.with(Value::Map(fields)))
}

/// The condition keys of lists of networks and endpoints, with their values. SAM puts both keys
/// into one condition, so that a request is denied by both or not at all; of ids that are neither,
/// it makes nothing (`_add_vpc_resource_policy_for_method` of aws-sam-translator 1.115.0).
fn networks(
    at: &Node,
    fields: &mut Fields<'_>,
    names: [&'static str; 3],
    problems: &mut Vec<Problem>,
) -> Option<Vec<(&'static str, Node)>> {
    let mut of = |name: &str| match fields.optional(name).map(Node::list) {
        None => Some(Vec::new()),
        Some(list) => list.or_collect(problems).map(<[Node]>::to_vec),
    };
    let [by_form, mut networks, mut endpoints] = names.map(&mut of);
    for node in by_form? {
        let id = node.text().or_collect(problems)?;
        let is_endpoint = id.starts_with("vpce-");
        if !is_endpoint && !id.starts_with("vpc-") {
            let [name, ..] = names;
            problems.push(node.problem(format!(
                "{name}: expected an id such as vpc-0a1b or vpce-0a1b, got {id}: SAM drops it"
            )));
            return None;
        }
        let list = if is_endpoint {
            &mut endpoints
        } else {
            &mut networks
        };
        list.as_mut()?.push(node);
    }
    let lists = [("aws:SourceVpc", networks?), ("aws:SourceVpce", endpoints?)];
    let lists = lists.into_iter().filter(|(_, nodes)| !nodes.is_empty());
    Some(
        lists
            .map(|(key, nodes)| (key, at.with(Value::List(nodes))))
            .collect(),
    )
}

fn statement(
    at: &Node,
    effect: &str,
    principal: Node,
    resources: &[String],
    condition: Option<Node>,
) -> Node {
    let resources = resources
        .iter()
        .map(|name| at.with(Value::String(name.clone())));
    let mut fields: Vec<Entry> = vec![
        text_at(at, "Effect", effect),
        entry_at(at, "Principal", principal),
        text_at(at, "Action", "execute-api:Invoke"),
        entry_at(at, "Resource", at.with(Value::List(resources.collect()))),
    ];
    fields.extend(condition.map(|node| entry_at(at, "Condition", node)));
    at.with(Value::Map(fields))
}
