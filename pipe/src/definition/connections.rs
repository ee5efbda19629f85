//! The connections of a definition: credentials and additional parameters.
//!
//! `describe-connection` never prints secrets. Where its output is the definition, secrets must be
//! added to the file under the names that CloudFormation uses.

use std::collections::HashMap;
use std::sync::Arc;

use kit::definition::{Declarations, LeftOut};
use kit::document::{Node, OrCollect as _, Problem};
use kit::send::AllowTargets;

use super::auth::read_auth;
use super::connection_parameters::read_parameters;
use super::declared::{DeclaredResource, declared, insert};
use super::fingerprint::Fingerprint;
use super::http::name_in_arn;
use crate::targets::connection::Connection;

/// A connection, `None` when it cannot be used here, and its fingerprint.
type FoundConnection = (Option<Arc<Connection>>, Fingerprint);

/// All connections by name.
pub(super) struct Connections {
    by_name: HashMap<String, FoundConnection>,
    left_out: LeftOut,
}

impl Connections {
    pub(super) fn load(
        given: &Declarations,
        allowed: &AllowTargets,
        problems: &mut Vec<Problem>,
    ) -> Connections {
        let mut by_name = HashMap::new();
        for connection in declared(
            given,
            "AWS::Events::Connection",
            &given.connections,
            "ConnectionArn",
            problems,
        ) {
            let read = read(&connection, allowed, problems).map(Arc::new);
            let found = (read, connection.fingerprint([]));
            insert(&mut by_name, connection, found, problems);
        }
        let left_out = given.left_out();
        Connections { by_name, left_out }
    }

    pub(super) fn find(&self, label: &str, node: &Node) -> Result<FoundConnection, Problem> {
        let arn = node.text()?;
        let name = name_in_arn(arn, "connection/")
            .ok_or_else(|| node.problem(format!("{arn} is not the ARN of a connection")))?;
        let found = self.by_name.get(name).cloned();
        found.ok_or_else(|| {
            let missing = self.left_out.missing("connection", name);
            node.problem(format!("{label}: {missing}"))
        })
    }
}

fn read(
    declared: &DeclaredResource<'_>,
    allowed: &AllowTargets,
    problems: &mut Vec<Problem>,
) -> Option<Connection> {
    let mut fields = declared.fields().or_collect(problems)?;
    let kind = fields.required("AuthorizationType").or_collect(problems);
    let auth = fields.required("AuthParameters").or_collect(problems);
    let is_private = is_private(declared.node);
    fields.unsupported(&["InvocationConnectivityParameters"]);
    fields.ignore(&[
        "Name",
        "Description",
        "KmsKeyIdentifier",
        "ConnectionArn",
        "ConnectionState",
        "StateReason",
    ]);
    fields.ignore(&[
        "SecretArn",
        "CreationTime",
        "LastModifiedTime",
        "LastAuthorizedTime",
    ]);
    problems.extend(fields.finish());

    let label = format!("{}: AuthParameters", declared.label);
    let mut fields = auth?.fields(&label).or_collect(problems)?;
    let invocation = fields
        .optional("InvocationHttpParameters")
        .map(|node| read_parameters(&label, node, problems));
    let auth = kind.and_then(|kind| read_auth(&label, kind, &mut fields, allowed, problems));
    fields.unsupported(&["ConnectivityParameters"]);
    problems.extend(fields.finish());
    let (auth, invocation) = (auth?, invocation.unwrap_or_default());
    (!is_private).then(|| Connection {
        name: declared.name.clone(),
        auth,
        invocation,
    })
}

/// Whether a connection, or the way to its authorization server, is a private one.
fn is_private(node: &Node) -> bool {
    let own = node.get("InvocationConnectivityParameters");
    own.or_else(|| node.get("AuthParameters")?.get("ConnectivityParameters"))
        .is_some()
}
