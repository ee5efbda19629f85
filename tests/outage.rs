//! Outages: a part of the chain is down and comes back, and nothing is lost.

use harness::backend::Backend;
use harness::{Harness, stories};

async fn harness() -> Harness {
    Harness::start(Backend::emulator().await).await
}

#[tokio::test]
async fn an_outage_of_the_subscriber_loses_nothing() {
    stories::an_outage_of_the_subscriber_loses_nothing(harness().await).await;
}

#[tokio::test]
async fn an_outage_of_s3_loses_nothing() {
    stories::an_outage_of_s3_loses_nothing(harness().await).await;
}
