//! Which requests an admin port accepts: it asks for no credentials, so it must reject web pages.
//!
//! A page can reach a port of this machine or network in two ways. It may send a request across
//! origins: requests that change something are rejected by their `Origin` or `Sec-Fetch-Site`
//! header. Or the page's own name resolves to our address (DNS rebinding), and the browser takes
//! our port for the page's origin: such a request names a host that is not ours. So a host name is
//! accepted only when nobody can register it in the public DNS, or when it is set with
//! `--admin-host`. Programs that send no `Host` at all, as HTTP/1.0 allows, are not browsers.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};

use crate::listen::Listen;
use crate::lock::Mutex;

/// Endings of names that nobody can register in the public DNS: RFC 6761 and 9476 (`.internal`,
/// which Docker and clouds use), and the names of services within Kubernetes.
const PRIVATE: [&str; 4] = [".localhost", ".internal", ".svc", ".cluster.local"];

/// What was set for the process.
static SET: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The setting of every program that has an admin port.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct AdminArgs {
    /// A host name that clients of the admin port may use, in addition to IP addresses, localhost,
    /// names without a dot, the host of its listen setting, this machine's name, and names that end
    /// in .internal, .svc or .cluster.local; other names get 421. Repeatable; in the environment,
    /// separate values with commas
    #[arg(long, value_name = "NAME", env = "ADMIN_HOST", value_delimiter = ',', value_parser = cli_name)]
    pub admin_host: Vec<String>,
}

impl AdminArgs {
    /// Puts the setting into force. `listen` is where admin ports listen.
    pub fn apply(&self, listen: Option<&Listen>) {
        let named = listen.and_then(Listen::host).map(bare);
        let mut set = SET.lock();
        set.extend(self.admin_host.iter().cloned().chain(named));
    }
}

/// A host name as the setting takes it: without port.
fn cli_name(text: &str) -> Result<String, String> {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    let name = bare(text);
    if name.is_empty() || !name.bytes().all(is_known) {
        return Err(
            "expected a host name without scheme and port, such as pipe.example.org".to_owned(),
        );
    }
    Ok(name)
}

/// Host names that are accepted beside those of every program.
#[derive(Debug, Clone, Default)]
struct Hosts(Vec<String>);

/// Puts the guard before all routes of an admin port.
pub fn guarded(routes: Router) -> Router {
    let set = SET.lock().clone();
    with(routes, Hosts(set.into_iter().chain(machine()).collect()))
}

fn with(routes: Router, hosts: Hosts) -> Router {
    routes.layer(from_fn_with_state(Arc::new(hosts), check))
}

/// This machine's name.
fn machine() -> Option<String> {
    static NAME: LazyLock<Option<String>> = LazyLock::new(|| {
        let name = rustix::system::uname().nodename().to_str().ok().map(bare);
        name.filter(|name| !name.is_empty())
    });
    NAME.clone()
}

async fn check(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    let named = request.uri().authority().map(Authority::as_str);
    let header = request
        .headers()
        .get(header::HOST)
        .map(|host| host.to_str().unwrap_or("?"));
    if let Some(host) = [named, header]
        .into_iter()
        .flatten()
        .find(|asked| !hosts.is_ours(asked))
    {
        return misdirected(host);
    }
    let asked = named.or(header);
    if !request.method().is_safe() && is_from_elsewhere(request.headers(), asked) {
        let text = "Requests from web pages are rejected (this one has an Origin or a Sec-Fetch-Site header).\n";
        return (StatusCode::FORBIDDEN, text).into_response();
    }
    next.run(request).await
}

fn misdirected(host: &str) -> Response {
    let name = name_of(host).unwrap_or_default();
    let text = format!(
        "Unknown host name {host:?}: expected an IP address, localhost, a name without a dot, or a name set with \
         --admin-host (ADMIN_HOST). If this name is yours, add --admin-host {name}\n"
    );
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}

impl Hosts {
    fn is_ours(&self, asked: &str) -> bool {
        let Some(name) = name_of(asked) else {
            return false;
        };
        let is_private =
            |name: &str| !name.contains('.') || PRIVATE.iter().any(|end| name.ends_with(end));
        name.parse::<IpAddr>().is_ok() || is_private(&name) || self.0.contains(&name)
    }
}

/// Whether a request comes from a web page of another origin. This port serves no pages itself.
fn is_from_elsewhere(headers: &HeaderMap, asked: Option<&str>) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let origin = text("origin").map(|origin| {
        origin
            .split_once("://")
            .map_or(origin, |(_, authority)| authority)
    });
    let is_other =
        origin.is_some_and(|origin| asked.is_none_or(|asked| !asked.eq_ignore_ascii_case(origin)));
    is_other
        || text("sec-fetch-site").is_some_and(|site| matches!(site, "cross-site" | "same-site"))
}

/// The host of `host:port`, in lower case and without a final dot; `None` for text that is no host.
fn name_of(asked: &str) -> Option<String> {
    if let Some(rest) = asked.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_digits);
        return address
            .parse::<Ipv6Addr>()
            .ok()
            .filter(|_| is_port)
            .map(|address| address.to_string());
    }
    let (name, port) = asked.split_once(':').unwrap_or((asked, ""));
    let name = bare(name);
    (!name.is_empty() && is_digits(port)).then_some(name)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A name in lower case, without the dot that ends an absolute name.
fn bare(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::Method;
    use axum::routing::{get, post};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    async fn ask(method: Method, headers: &[(&str, &str)]) -> (u16, String) {
        let routes = Router::new()
            .route("/", get(async || "here"))
            .route("/do", post(async || "done"));
        let app = with(
            routes,
            Hosts(vec![
                "pipe.example.org".into(),
                "ip-10-0-0-1.ec2.example".into(),
            ]),
        );
        let path = if method == Method::GET { "/" } else { "/do" };
        let request = http::Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        let answer = app
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn whoever_asks_by_address_or_by_a_name_of_ours_is_answered() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:8082",
            "10.1.2.3:9090",
            "[::1]:8082",
            "[::1]",
            "[fe80::1]:1",
            "localhost",
            "LocalHost:8082",
            "localhost.",
            "app.localhost:1",
            "pipe:9090",
            "compose_pipe-1:8082",
            "host.docker.internal:8082",
            "pipe.prod.svc:80",
            "pipe.prod.svc.cluster.local",
            "pipe.example.org",
            "PIPE.example.org.:8082",
            "ip-10-0-0-1.ec2.example:8081",
        ] {
            assert_eq!(
                ask(Method::GET, &[("host", host)]).await,
                (200, "here".into()),
                "{host}"
            );
        }
        assert_eq!(
            ask(Method::GET, &[]).await.0,
            200,
            "HTTP/1.0 of a load balancer"
        );
    }

    #[tokio::test]
    async fn a_name_that_anybody_can_own_is_not_answered() {
        for host in [
            "evil.example",
            "evil.example:8082",
            "127.0.0.1.evil.example",
            "127.0.0.1.nip.io:80",
            "localhost.evil.example",
            "notlocalhost.example",
            "pipe.example.org.evil.example",
            "evilpipe.example.org",
            "",
            ":80",
            "[evil.example]",
            "[::1",
            "[::1]x",
            "127.0.0.1:8082@evil.example",
            "localhost:80:evil.example",
            "svc.evil.example",
            "127.0.0.1x.example",
            "0x7f.evil.example",
        ] {
            let (status, text) = ask(Method::GET, &[("host", host)]).await;
            assert_eq!(status, 421, "{host}");
            assert!(text.contains("--admin-host"), "{text}");
            assert_eq!(ask(Method::POST, &[("host", host)]).await.0, 421, "{host}");
        }
        let (_, text) = ask(Method::GET, &[("host", "pipe.example.com:8082")]).await;
        assert!(text.ends_with("--admin-host pipe.example.com\n"), "{text}");
    }

    #[tokio::test]
    async fn a_page_elsewhere_changes_nothing() {
        let host = ("host", "127.0.0.1:8082");
        for header in [
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:3000"),
            ("origin", ""),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert_eq!(
                ask(Method::POST, &[host, header]).await.0,
                403,
                "{header:?}"
            );
            assert_eq!(
                ask(Method::GET, &[host, header]).await.0,
                200,
                "{header:?}: it cannot read the answer"
            );
        }
        for header in [
            ("origin", "http://127.0.0.1:8082"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
        ] {
            assert_eq!(
                ask(Method::POST, &[host, header]).await,
                (200, "done".into()),
                "{header:?}"
            );
        }
        assert_eq!(ask(Method::POST, &[host]).await.0, 200, "a program");
    }

    #[test]
    fn settings_are_names() {
        assert_eq!(
            cli_name("Pipe.example.org.").as_deref(),
            Ok("pipe.example.org")
        );
        for text in ["", "http://pipe", "pipe:80", "a b", "*"] {
            assert!(
                cli_name(text)
                    .unwrap_err()
                    .starts_with("expected a host name"),
                "{text}"
            );
        }
        assert!(machine().is_some_and(|name| !name.ends_with('.')));
    }
}
