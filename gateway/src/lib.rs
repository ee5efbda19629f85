#![doc = include_str!("../README.md")]
#![warn(unreachable_pub)]

pub mod api;
pub mod config;
pub mod example;
pub mod exchange;
pub mod integration_request;
pub mod load;
pub mod mapping;
pub mod method_request;
pub mod stage;
pub mod test_invoke;
pub mod vtl;

mod access_log;
mod authorization;
mod cache;
mod cloudformation;
mod execution_log;
mod gateway_responses;
mod http_api;
mod integration_response;
mod method_response;
mod openapi;
mod outbound;
mod parameter_mapping;
mod payload;
mod refusal;
mod reload;
mod request_ids;
mod run;
mod schema;
mod server;
mod serving;
mod sqs;
mod trouble;
mod usage;
mod validation;
mod vpc_endpoints;

pub use access_log::LogArgs;
pub use authorization::{Credentials, KeySource, NotCredentials};
pub use config::{AccessArgs, Cli, GatewayArgs, Settings};
pub use outbound::{ClientCertificate, Outbound, OutboundArgs, VpcLink};
pub use reload::Reload;
pub use run::run;
pub use vpc_endpoints::VpcEndpoint;
