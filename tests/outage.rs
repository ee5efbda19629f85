//! Something is down, comes back, and nothing was lost.

use world::place::Place;
use world::{World, stories};

async fn world() -> World {
    World::start(Place::emulator().await).await
}

#[tokio::test]
async fn an_outage_of_the_subscriber_loses_nothing() {
    stories::an_outage_of_the_subscriber_loses_nothing(world().await).await;
}

#[tokio::test]
async fn an_outage_of_s3_loses_nothing() {
    stories::an_outage_of_s3_loses_nothing(world().await).await;
}
