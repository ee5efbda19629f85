//! What is published arrives.

use world::place::Place;
use world::{World, stories};

async fn world() -> World {
    World::start(Place::emulator().await).await
}

#[tokio::test]
async fn ten_published_are_ten_stored() {
    stories::ten_published_are_ten_stored(world().await).await;
}

#[tokio::test]
async fn the_original_body_is_kept_under_its_id() {
    stories::the_original_body_is_kept_under_its_id(world().await).await;
}

#[tokio::test]
async fn odd_bodies_arrive_unchanged() {
    stories::odd_bodies_arrive_unchanged(world().await).await;
}
