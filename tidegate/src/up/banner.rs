//! What `tidegate up` prints: where everything is, and a line to try.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use gateway::api::{Apis, Segment, Verb};

use super::Ports;

/// Where everything is.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    emulator: String,
    gateway: String,
    gateway_admin: String,
    pipe_admin: String,
    publisher: String,
    subscriber: String,
    pipes: String,
    bucket: String,
    data: Option<PathBuf>,
    /// A path of the API that takes a POST.
    path: String,
}

impl Addresses {
    pub(super) fn of(
        ports: &Ports<SocketAddr>,
        apis: &Apis,
        definition: &pipe::definition::Definition,
        bucket: &str,
        data: Option<&Path>,
    ) -> Addresses {
        let url = |address: &SocketAddr| format!("http://{address}/");
        Addresses {
            emulator: url(&ports.emulator),
            gateway: url(&ports.gateway),
            gateway_admin: url(&ports.gateway_admin),
            pipe_admin: url(&ports.pipe_admin),
            publisher: url(&ports.publisher),
            subscriber: url(&ports.subscriber),
            pipes: definition.pipes.iter().map(|pipe| pipe.name.as_str()).collect::<Vec<_>>().join(", "),
            bucket: bucket.to_owned(),
            data: data.map(Path::to_owned),
            path: example_path(apis),
        }
    }
}

/// The first POST resource, its parameters filled in; `events/sub` for the built-in definition.
fn example_path(apis: &Apis) -> String {
    let takes_post = |verb: &Verb| matches!(verb, Verb::Any) || *verb == Verb::One(http::Method::POST);
    let resources = apis.apis.iter().flat_map(|api| &api.resources);
    let resource = resources.into_iter().find(|resource| resource.methods.iter().any(|(verb, _)| takes_post(verb)));
    let part = |segment: &Segment| match segment {
        Segment::Literal(text) => text.clone(),
        Segment::Parameter(name) => name.clone(),
        Segment::Greedy(_) => "sub".to_owned(),
    };
    resource.map(|resource| resource.segments.iter().map(part).collect::<Vec<_>>().join("/")).unwrap_or_default()
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Addresses {
            emulator, gateway, gateway_admin, pipe_admin, publisher, subscriber, pipes, bucket, path, ..
        } = self;
        match &self.data {
            Some(folder) => writeln!(f, "Tidegate is up. Messages and objects are kept in {}.", folder.display())?,
            None => writeln!(f, "Tidegate is up. Messages and objects are kept in memory.")?,
        }
        write!(
            f,
            "
  publisher    {publisher}pub
  gateway      {gateway}{path}   (admin {gateway_admin}metrics)
  SQS and S3   {emulator}
  pipe         {pipes}   (admin {pipe_admin}metrics)
  subscriber   {subscriber}sub

Send one event, and read it back from S3:

  curl -X POST {gateway}{path} -H 'Content-Type: application/json' -d '{{\"id\": 10, \"age\": 31, \"name\": \"leedonggyu\", \"job\": \"devops\"}}'
  curl {emulator}{bucket}/10-sqs.txt

Ctrl-C stops it.
"
        )
    }
}
