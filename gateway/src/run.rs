//! Door: the gateway from its start to its end: both ports, reload, draining.

mod readiness;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_sdk_sqs::error::SdkError;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use http::StatusCode;
use kit::aws;
use kit::serve::{Tls, serve_admin};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use crate::api::Apis;
use crate::config::{GatewayArgs, Settings};
use crate::load::notices;
use crate::reload::Reload;
use crate::server::{self, Gateway};
use crate::serving::ServingArgs;
use crate::serving::tls;
use crate::usage::UsageGate;
use readiness::Readiness;

/// Serves both ports until `stop` is cancelled, then finishes the requests under way.
///
/// # Errors
/// A port fails, or the system's certificate authorities or the port's own certificates cannot be
/// read.
pub async fn run(settings: Settings, stop: CancellationToken) -> anyhow::Result<()> {
    let Settings {
        apis,
        account_id,
        sdk,
        listener,
        admin,
        outbound,
        args,
        reload,
        further,
    } = settings;
    let sdk = kit::send::with_keepalive(sdk)
        .context("cannot read the system's certificate authorities")?;
    let serving = args.serving.clone();
    let files = tls::needed(&serving, &apis)?.files;
    let has_tls = !files.certificates.is_empty();
    let tls = has_tls
        .then(|| Tls::read(&files).map(Arc::new))
        .transpose()?;
    notices::report(&apis, &args.logs);
    let usage = Arc::new(UsageGate::open(&args.usage, &apis)?);
    let access = &args.access;
    let gateway = Gateway::new(apis, account_id, &sdk, outbound, access, usage.clone())?;
    let gateway = with_settings(gateway, &args)?;
    let readiness = Arc::new(Readiness::new(&sdk));
    if readiness.needs_sqs(&gateway.apis()) {
        let sqs = aws_sdk_sqs::Client::new(&sdk);
        tokio::spawn(watch_sqs(gateway.clone(), sqs, stop.clone()));
    }
    watch_files(&gateway, &serving, tls.clone(), (reload, further), &stop)?;
    let port = server::port(&serving, tls).await;
    let seats = port.seats.clone();
    let measured = gateway.clone();
    tokio::spawn(async move { gauge(|| seats.taken(), || measured.payload_bytes()).await });
    let (port_stop, admin_stop) = (CancellationToken::new(), CancellationToken::new());
    let kept = tokio::spawn(usage.keep(admin_stop.clone()));
    let admin_routes = admin_routes(gateway.clone(), readiness, stop.clone());
    let public = async {
        let served = port
            .serve(listener, gateway.clone(), port_stop.clone())
            .await;
        admin_stop.cancel();
        served
    };
    let stopping = async {
        stop.cancelled().await;
        // Load balancers see that the gateway is not ready, and send their requests elsewhere.
        tokio::time::sleep(serving.drain_delay).await;
        port_stop.cancel();
    };
    let admin = serve_admin(admin, admin_routes, admin_stop.clone());
    let (public, admin, ()) = tokio::join!(public, admin, stopping);
    gateway.flush_logs();
    public?;
    admin?;
    kept.await.context("writing quota counters panicked")?;
    Ok(())
}

/// The gateway with the settings of its port and of its logs, which SIGHUP opens again.
fn with_settings(gateway: Gateway, args: &GatewayArgs) -> anyhow::Result<Arc<Gateway>> {
    let gateway = gateway
        .with_callers()?
        .with_serving(&args.serving)
        .with_logs(&args.logs, args.cache_memory)?;
    let gateway = Arc::new(gateway);
    tokio::spawn(reopen_logs(gateway.clone(), kit::serve::hangups()?));
    Ok(gateway)
}

/// Opens log files again on SIGHUP, which is how their rotation ends.
async fn reopen_logs(gateway: Arc<Gateway>, mut hangups: tokio::signal::unix::Signal) {
    while hangups.recv().await.is_some() {
        gateway.reopen_logs();
    }
}

/// Has the gateway serve each further definition, and show each further certificate.
fn watch_files(
    gateway: &Arc<Gateway>,
    serving: &ServingArgs,
    tls: Option<Arc<Tls>>,
    (reload, further): (Option<Reload>, Option<Receiver<Apis>>),
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let files = {
        let (gateway, serving) = (gateway.clone(), serving.clone());
        move || {
            let needed = tls::needed(&serving, &gateway.apis());
            needed.map(|needed| needed.files).unwrap_or_default()
        }
    };
    if let Some(tls) = tls.clone() {
        tls::watch(tls, files, stop.clone())?;
    }
    // Whoever hands further APIs in has checked them: what is wrong with them is warned of only.
    let is_lenient = reload.as_ref().is_none_or(Reload::is_lenient);
    let (gateway, serving) = (gateway.clone(), serving.clone());
    let replace = move |apis: Apis| {
        let files = tls::check(&serving, &apis, is_lenient)?;
        if let Some(tls) = &tls {
            tls.reload(&files)?;
        }
        gateway.replace_apis(apis);
        Ok(())
    };
    if let Some(reload) = reload {
        reload.watch(replace, stop.clone())?;
    } else if let Some(further) = further {
        tokio::spawn(serve_further(further, replace));
    }
    Ok(())
}

/// Has the gateway serve each of these, as long as somebody hands them in.
async fn serve_further(
    mut further: Receiver<Apis>,
    replace: impl Fn(Apis) -> anyhow::Result<()> + Send,
) {
    while let Some(apis) = further.recv().await {
        if let Err(error) = replace(apis) {
            tracing::error!("the APIs are served as they were: {error:#}");
        }
    }
}

/// `/healthz`, `/metrics`, `/readyz` for all APIs, and `/readyz/NAME` for one.
fn admin_routes(
    gateway: Arc<Gateway>,
    readiness: Arc<Readiness>,
    stop: CancellationToken,
) -> Router {
    let all = {
        let (gateway, readiness) = (gateway.clone(), readiness.clone());
        move || {
            let (gateway, readiness) = (gateway.clone(), readiness.clone());
            async move { readiness.check(&gateway.apis(), None).await }
        }
    };
    let own = gateway.admin_routes();
    let one = Router::new()
        .route("/readyz/{api}", get(ready_api))
        .with_state((gateway, readiness));
    let routes = kit::admin::router("gateway", all).merge(one).merge(own);
    kit::admin::guarded(kit::admin::unready_after(routes, stop))
}

async fn ready_api(
    State((gateway, readiness)): State<(Arc<Gateway>, Arc<Readiness>)>,
    Path(name): Path<String>,
) -> (StatusCode, String) {
    let apis = gateway.apis();
    let is_it = |api: &crate::api::Api| api.id == name || api.name == name;
    let Some(api) = apis.apis.iter().find(|api| is_it(api)) else {
        return (StatusCode::NOT_FOUND, "no such API\n".to_owned());
    };
    match readiness.check(&apis, Some(api)).await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(reason) => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("not ready: {reason}\n"),
        ),
    }
}

/// Shows the number of connections, and the memory of payloads. Never returns.
async fn gauge(connections: impl Fn() -> usize, payloads: impl Fn() -> [usize; 2]) {
    let mut turns = tokio::time::interval(Duration::from_secs(1));
    loop {
        turns.tick().await;
        metrics::gauge!("gateway_connections").set(connections() as f64);
        let [receiving, whole] = payloads();
        metrics::gauge!("gateway_payload_bytes", "state" => "receiving").set(receiving as f64);
        metrics::gauge!("gateway_payload_bytes", "state" => "whole").set(whole as f64);
    }
}

/// A message that comes sooner than this shows as well whether SQS answers.
const IDLE: Duration = Duration::from_secs(1);

/// Reports an SQS that does not answer at its endpoint, before the first message comes.
async fn watch_sqs(gateway: Arc<Gateway>, client: aws_sdk_sqs::Client, stop: CancellationToken) {
    let ask = || {
        let asked = client.list_queues().max_results(1).send();
        async move {
            match asked.await {
                Ok(_) | Err(SdkError::ServiceError(_)) => Ok(()),
                Err(error) => Err(aws::explain(&error)),
            }
        }
    };
    gateway.sqs().watch_when_idle(IDLE, ask, &stop).await;
}
