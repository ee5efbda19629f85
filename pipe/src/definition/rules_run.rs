//! Where rules of event buses are run.

use aws_config::SdkConfig;
use kit::aws;

/// Where rules of event buses are run: by the pipe program, if events are taken by the endpoint
/// that is the SQS of pipes, too, as Tidegate's emulator is; else by whoever takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesRun {
    /// By the pipe program.
    Here,
    /// By AWS, or by the endpoint that the environment names for EventBridge.
    Elsewhere,
}

impl RulesRun {
    /// Where they are run with this configuration.
    pub fn at(sdk: &SdkConfig) -> RulesRun {
        let [queues, events] = ["SQS", "EVENTBRIDGE"].map(|name| aws::endpoint(sdk, name));
        match queues.is_some() && queues == events {
            true => RulesRun::Here,
            false => RulesRun::Elsewhere,
        }
    }
}
