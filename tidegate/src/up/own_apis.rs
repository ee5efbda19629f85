//! The APIs of a definition as targets of its own pipes: calls to their hosts at AWS
//! (`{id}.execute-api.…`) go to the gateway of the chain. Pure.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;

use gateway::api::Apis;
use kit::arn::Arn;
use kit::definition::Declarations;
use kit::document::{Node, Value};
use kit::send::AllowTarget;
use kit::service::Identity;
use pipe::definition::{EnrichmentTarget, Pipe, Target};
use pipe::targets::RestApi;
use url::Url;

/// The service that an ARN of a method of an API names.
const SERVICE: &str = "execute-api";

/// The APIs of a definition, and where they are.
#[derive(Debug, Clone)]
pub(super) struct OwnApis {
    ids: HashSet<String>,
    gateway: Option<SocketAddr>,
    caller: OwnCaller,
}

/// Who the pipes of a chain are to its gateway, where a method asks for signatures. The key is new
/// for each process: the one of the emulator is known to everybody.
#[derive(Clone)]
pub(super) struct OwnCaller {
    secret: String,
}

impl OwnCaller {
    /// The access key.
    const KEY: &str = "ASIATIDEGATEPIPES000";

    /// A caller that nobody else can be.
    pub(super) fn new() -> OwnCaller {
        let random = || RandomState::new().hash_one(OwnCaller::KEY);
        OwnCaller {
            secret: format!("{:016x}{:016x}", random(), random()),
        }
    }

    /// As the gateway takes it: a role of the chain's account. AWS assumes the role of the pipe;
    /// that all pipes of a chain are one caller is our choice.
    pub(super) fn credentials(&self, account_id: &str) -> String {
        let arn = format!("arn:aws:sts::{account_id}:assumed-role/tidegate/pipes");
        format!("{}:{}@{arn}", OwnCaller::KEY, self.secret)
    }
}

impl fmt::Debug for OwnCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(OwnCaller::KEY)
    }
}

impl OwnApis {
    /// These APIs, at the gateway of the chain if it has one.
    pub(super) fn of(apis: &Apis, gateway: Option<SocketAddr>, caller: &OwnCaller) -> OwnApis {
        let ids = apis.apis.iter().map(|api| api.id.clone());
        OwnApis {
            ids: ids.filter(|_| gateway.is_some()).collect(),
            gateway,
            caller: caller.clone(),
        }
    }

    /// Where an API is, if it is one of these. The host begins with its id, for the gateway tells
    /// APIs apart by that; names that end with `.localhost` are this machine.
    fn base(&self, id: &str) -> Option<Url> {
        let gateway = self.gateway.filter(|_| self.ids.contains(id))?;
        let url = match gateway.ip().is_loopback() {
            true => format!("http://{id}.{SERVICE}.localhost:{}", gateway.port()),
            false => format!("http://{gateway}"),
        };
        url.parse().ok()
    }

    /// An address that is one of these APIs', in the chain.
    fn moved(&self, text: &str) -> Option<String> {
        let rest = text.strip_prefix("https://")?;
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (id, rest) = host.split_once('.')?;
        if rest.split('.').next() != Some(SERVICE) {
            return None;
        }
        let base = self.base(&id.to_ascii_lowercase())?;
        let base = base.as_str().trim_end_matches('/');
        Some(format!("{base}{path}"))
    }

    /// Makes API destinations of a definition that call these APIs call them in the chain. What
    /// allows that.
    pub(super) fn move_destinations(&self, definition: &mut Declarations) -> Vec<AllowTarget> {
        let resources = definition.stacks.iter_mut();
        let resources = resources.flat_map(|stack| &mut stack.resources);
        let declared = resources.filter(|resource| resource.kind == "AWS::Events::ApiDestination");
        let declared = declared.map(|resource| &mut resource.properties);
        let mut is_moved = false;
        for properties in declared.chain(&mut definition.api_destinations) {
            is_moved |= self.move_endpoint(properties);
        }
        let gateway = self.gateway.filter(|_| is_moved);
        gateway
            .and_then(|gateway| gateway.to_string().parse().ok())
            .into_iter()
            .collect()
    }

    fn move_endpoint(&self, properties: &mut Node) -> bool {
        let Value::Map(entries) = &mut properties.value else {
            return false;
        };
        let endpoint = entries
            .iter_mut()
            .find(|entry| entry.key == "InvocationEndpoint");
        let moved = endpoint.and_then(|entry| {
            let moved = self.moved(entry.node.text().ok()?)?;
            entry.node.value = Value::String(moved);
            Some(())
        });
        moved.is_some()
    }

    /// Makes pipes that call these APIs by their ARNs call them in the chain.
    pub(super) fn move_pipes(&self, pipes: &mut [Pipe]) {
        for pipe in pipes {
            if let Target::Api(api) = &mut pipe.target {
                self.move_api(&pipe.names.target_arn, api);
            }
            let enrichment = pipe
                .enrichment
                .as_mut()
                .map(|enrichment| &mut enrichment.target);
            if let Some(EnrichmentTarget::Api(api)) = enrichment {
                self.move_api(&pipe.names.enrichment_arn, api);
            }
        }
    }

    fn move_api(&self, arn: &str, api: &mut Arc<RestApi>) {
        if let Some(base) = id_in(arn).and_then(|id| self.base(id)) {
            let caller = Identity::of_key(OwnCaller::KEY, &self.caller.secret);
            *api = Arc::new(RestApi::clone(api).at(&base, caller));
        }
    }

    /// Whether an ARN is that of a method of one of these APIs.
    pub(super) fn has(&self, arn: &str) -> bool {
        id_in(arn).is_some_and(|id| self.ids.contains(id))
    }
}

/// `arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/POST/orders` is that of `a1b2c3`.
fn id_in(arn: &str) -> Option<&str> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == SERVICE)?;
    arn.resource.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(gateway: &str) -> OwnApis {
        OwnApis {
            ids: HashSet::from(["a1b2c3".to_owned()]),
            gateway: Some(gateway.parse().unwrap()),
            caller: OwnCaller::new(),
        }
    }

    #[test]
    fn addresses_of_own_apis_are_those_of_the_chain() {
        let own_here = own("127.0.0.1:8080");
        for (text, moved) in [
            (
                "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/prod/orders/*?a=b",
                Some("http://a1b2c3.execute-api.localhost:8080/prod/orders/*?a=b"),
            ),
            (
                "https://a1b2c3.execute-api.eu-west-1.amazonaws.com",
                Some("http://a1b2c3.execute-api.localhost:8080"),
            ),
            (
                "https://other.execute-api.eu-west-1.amazonaws.com/prod",
                None,
            ),
            ("https://a1b2c3.example/prod", None),
            ("https://crm.example/a1b2c3.execute-api.x", None),
        ] {
            assert_eq!(own_here.moved(text).as_deref(), moved, "{text}");
        }
        let elsewhere = own("192.0.2.7:8080");
        assert_eq!(
            elsewhere
                .moved("https://a1b2c3.execute-api.e.amazonaws.com/p")
                .as_deref(),
            Some("http://192.0.2.7:8080/p")
        );
        assert!(own_here.has("arn:aws:execute-api:e:1:a1b2c3/prod/POST/x"));
        assert!(!own_here.has("arn:aws:execute-api:e:1:zz/prod/POST/x"));
        assert!(!own_here.has("arn:aws:sqs:e:1:a1b2c3"));
    }
}
