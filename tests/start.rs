//! The programs of the chain, each started in this process.

use std::net::{SocketAddr, TcpListener};

use aws_config::SdkConfig;
use gateway::api::Apis;
use kit::definition::Declarations;
use kit::send::AllowTargets;

use crate::running::Running;

/// Starts the gateway.
pub(crate) fn start_gateway(
    definition: &Declarations,
    account_id: &str,
    sdk: &SdkConfig,
    listener: TcpListener,
    admin: TcpListener,
) -> Running {
    let apis = Apis::load(definition, None).expect("the built-in API loads");
    let settings =
        gateway::Settings::new(apis, account_id.to_owned(), sdk.clone(), listener, admin);
    Running::start(|stop| gateway::run(settings, stop))
}

/// Starts the pipe.
pub(crate) fn start_pipe(
    definition: &Declarations,
    sdk: &SdkConfig,
    subscriber_at: SocketAddr,
    admin: TcpListener,
) -> Running {
    let allowed = [subscriber_at.to_string().parse().expect("an address")];
    let settings = pipe::Settings::new(
        definition,
        AllowTargets::new(allowed),
        sdk.clone(),
        Some(admin),
    );
    let settings = settings.expect("the built-in pipe loads");
    Running::start(|stop| pipe::run(settings, stop))
}

/// Starts the publisher.
pub(crate) fn start_publisher(gateway_at: SocketAddr, listener: TcpListener) -> Running {
    let sub_host = format!("http://{gateway_at}/events/sub")
        .parse()
        .expect("a URL");
    Running::start(|stop| publisher::run(publisher::Settings { sub_host, listener }, stop))
}
