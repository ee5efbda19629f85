//! The API destinations of a definition.

use std::collections::HashMap;
use std::sync::Arc;

use kit::definition::{Declarations, LeftOut};
use kit::document::{Node, OrCollect as _, Problem};
use kit::send::AllowTargets;
use url::Url;

use super::connections::Connections;
use super::declared::{DeclaredResource, declared, insert};
use super::fingerprint::Fingerprint;
use super::http::{check_private, name_in_arn, read_method};
use crate::targets::{Destination, Endpoint, METHODS};

/// What stands before the name in an ARN.
const KIND: &str = "api-destination/";

/// The default of `InvocationRateLimitPerSecond`.
const DEFAULT_RATE: i64 = 300;

/// All destinations by name, with the fingerprint of each; `None` for one that cannot be used here.
pub(super) struct Destinations {
    by_name: HashMap<String, (Option<Arc<Destination>>, Fingerprint)>,
    left_out: LeftOut,
}

impl Destinations {
    pub(super) fn load(
        given: &Declarations,
        allowed: &AllowTargets,
        problems: &mut Vec<Problem>,
    ) -> Destinations {
        let connections = Connections::load(given, allowed, problems);
        let mut by_name = HashMap::new();
        let kind = "AWS::Events::ApiDestination";
        for destination in declared(
            given,
            kind,
            &given.api_destinations,
            "ApiDestinationArn",
            problems,
        ) {
            let (read, fingerprint) = read(&destination, &connections, allowed, problems);
            insert(
                &mut by_name,
                destination,
                (read.map(Arc::new), fingerprint),
                problems,
            );
        }
        let left_out = given.left_out();
        Destinations { by_name, left_out }
    }

    /// The destination that a pipe names; `None` when its connection cannot be used here.
    pub(super) fn find(
        &self,
        pipe: &DeclaredResource<'_>,
        node: &Node,
    ) -> Result<Option<Arc<Destination>>, Problem> {
        let name = name_in_arn(node.text()?, KIND).unwrap_or_default();
        let found = self
            .by_name
            .get(name)
            .map(|(destination, _)| destination.clone());
        found.ok_or_else(|| {
            let missing = self.left_out.missing("API destination", name);
            node.problem(format!("{}: {missing}", pipe.label))
        })
    }

    /// What tells a destination, with its connection, from another of its name.
    pub(super) fn fingerprint(&self, name: &str) -> Fingerprint {
        self.by_name
            .get(name)
            .map(|(_, fingerprint)| *fingerprint)
            .unwrap_or_default()
    }
}

/// Whether an ARN is that of an API destination.
pub(super) fn is_destination(arn: &str) -> bool {
    name_in_arn(arn, KIND).is_some()
}

fn read(
    declared: &DeclaredResource<'_>,
    connections: &Connections,
    allowed: &AllowTargets,
    problems: &mut Vec<Problem>,
) -> (Option<Destination>, Fingerprint) {
    let Some(mut fields) = declared.fields().or_collect(problems) else {
        return (None, Fingerprint::default());
    };
    let label = &declared.label;
    let endpoint = fields
        .required("InvocationEndpoint")
        .and_then(|node| read_endpoint(label, node, allowed));
    let endpoint = endpoint.or_collect(problems);
    let method = fields
        .required("HttpMethod")
        .and_then(|node| read_method(node, &METHODS))
        .or_collect(problems);
    let connection = fields
        .required("ConnectionArn")
        .and_then(|node| connections.find(label, node));
    let (connection, reference) = connection.or_collect(problems).unwrap_or_default();
    let rate = fields
        .optional("InvocationRateLimitPerSecond")
        .map(|node| node.integer_in(1..=i64::from(u32::MAX)));
    let rate = rate.unwrap_or(Ok(DEFAULT_RATE)).or_collect(problems);
    fields.ignore(&[
        "Name",
        "Description",
        "ApiDestinationArn",
        "ApiDestinationState",
    ]);
    fields.ignore(&["CreationTime", "LastModifiedTime"]);
    problems.extend(fields.finish());
    let destination = || {
        Some(Destination {
            name: declared.name.clone(),
            method: method?,
            endpoint: endpoint?,
            rate: u32::try_from(rate?).expect("the range was checked"),
            connection: connection?,
        })
    };
    (destination(), declared.fingerprint([reference]))
}

fn read_endpoint(label: &str, node: &Node, allowed: &AllowTargets) -> Result<Endpoint, Problem> {
    let text = node.text()?;
    let endpoint =
        Endpoint::parse(text).map_err(|message| node.problem(format!("{label}: {message}")))?;
    if let Ok(url) = Url::parse(text) {
        check_private(&format!("{label}: InvocationEndpoint"), node, &url, allowed)?;
    }
    Ok(endpoint)
}
