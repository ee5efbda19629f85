//! Door: a client of SQS for each region that pipes name.

use std::collections::HashMap;
use std::sync::Arc;

use aws_config::Region;
use aws_sdk_sqs::Client;
use kit::lock::Mutex;
use kit::service::Services;

use super::error::QueueError;
use super::queue::SourceQueue;
use super::send::QueueSender;
use crate::definition::Source;
use crate::targets::QueueTarget;
use kit::arn::Arn;

/// A client for each region.
#[derive(Debug)]
pub(crate) struct Clients {
    first: Client,
    services: Arc<Services>,
    others: Mutex<HashMap<String, Client>>,
}

impl Clients {
    /// Clients like `first`; `services` sends the requests that are frequent.
    pub(crate) fn new(first: Client, services: Arc<Services>) -> Clients {
        Clients {
            first,
            services,
            others: Mutex::default(),
        }
    }

    /// Where SQS is looked for, and by which setting: for error texts.
    pub(crate) fn place(&self) -> String {
        let endpoint = self.services.endpoint_of("SQS");
        format!("{endpoint}; change its address with {}", endpoint.setting)
    }

    /// Finds the queue of a pipe.
    ///
    /// # Errors
    /// As [`SourceQueue::open`].
    pub(crate) async fn open(&self, source: &Source) -> Result<SourceQueue, QueueError> {
        SourceQueue::open(self.at(&source.arn), self.services.clone(), source).await
    }

    /// The sender for the target queue with this ARN.
    pub(crate) fn sender(&self, arn: &str, outlet: Arc<QueueTarget>) -> QueueSender {
        QueueSender::new(self.at(arn), self.services.clone(), outlet)
    }

    /// The client for the region of an ARN. An ARN without a region is in the region of the
    /// environment.
    fn at(&self, arn: &str) -> Client {
        let region = Arn::parse(arn).map_or("", |arn| arn.region);
        if region.is_empty()
            || self
                .first
                .config()
                .region()
                .is_some_and(|own| own.as_ref() == region)
        {
            return self.first.clone();
        }
        let mut others = self.others.lock();
        let make = || {
            let config = self
                .first
                .config()
                .to_builder()
                .region(Region::new(region.to_owned()))
                .build();
            Client::from_conf(config)
        };
        others.entry(region.to_owned()).or_insert_with(make).clone()
    }
}

#[cfg(test)]
impl Clients {
    /// Clients for an SQS on this machine.
    pub(crate) fn local(sdk: &aws_config::SdkConfig) -> Clients {
        kit::program::install_tls();
        let services = Services::new(sdk.clone()).expect("certificate authorities");
        Clients::new(crate::sqs::address::client(sdk), Arc::new(services))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_queue_is_looked_for_in_its_own_region() {
        let sdk = kit::aws::local("http://127.0.0.1:9").await;
        let own = kit::aws::region(&sdk).to_owned();
        let clients = Clients::local(&sdk);
        let region = |arn: &str| clients.at(arn).config().region().unwrap().to_string();
        assert_eq!(region("arn:aws:sqs:sa-east-1:1:q"), "sa-east-1");
        assert_eq!(
            (
                region("arn:aws:sqs::1:q"),
                region(&format!("arn:aws:sqs:{own}:1:q"))
            ),
            (own.clone(), own)
        );
    }
}
