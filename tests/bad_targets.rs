//! The target is down, slow, confused or poisoned, and the pipe stays calm.

use world::pipe_stories as stories;
use world::pipe_stories::Outage;
use world::place::Place;

#[tokio::test]
async fn a_target_that_refuses_connections_is_waited_for() {
    stories::an_outage_is_a_wait(Place::emulator().await, Outage::Refused).await;
}

#[tokio::test]
async fn a_target_that_answers_503_is_waited_for() {
    stories::an_outage_is_a_wait(Place::emulator().await, Outage::ServerError).await;
}

#[tokio::test]
async fn a_target_that_answers_429_is_waited_for() {
    stories::an_outage_is_a_wait(Place::emulator().await, Outage::TooMany).await;
}

#[tokio::test]
async fn a_target_that_does_not_answer_is_waited_for() {
    stories::an_outage_is_a_wait(Place::emulator().await, Outage::Silent).await;
}

#[tokio::test]
async fn poison_dies_alone() {
    stories::poison_dies_alone(Place::emulator().await).await;
}

#[tokio::test]
async fn slowness_makes_no_duplicates() {
    stories::slowness_makes_no_duplicates(Place::emulator().await).await;
}

#[tokio::test]
async fn garbage_costs_nothing() {
    stories::garbage_costs_nothing(Place::emulator().await).await;
}

#[tokio::test]
async fn groups_keep_their_order() {
    stories::groups_keep_their_order(Place::emulator().await).await;
}
