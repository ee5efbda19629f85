//! What is published arrives.

use harness::backend::Backend;
use harness::{Harness, stories};

async fn harness() -> Harness {
    Harness::start(Backend::emulator().await).await
}

#[tokio::test]
async fn ten_published_are_ten_stored() {
    stories::ten_published_are_ten_stored(harness().await).await;
}

#[tokio::test]
async fn the_original_body_is_kept_under_its_id() {
    stories::the_original_body_is_kept_under_its_id(harness().await).await;
}

#[tokio::test]
async fn odd_bodies_arrive_unchanged() {
    stories::odd_bodies_arrive_unchanged(harness().await).await;
}
