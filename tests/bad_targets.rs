//! Targets that misbehave: they refuse connections, fail, stall, send garbage, or reject single
//! messages. The pipe loses nothing and repeats little.

use harness::backend::Backend;
use harness::pipe_stories as stories;
use harness::pipe_stories::Outage;

#[tokio::test]
async fn a_target_that_refuses_connections_is_waited_for() {
    stories::an_outage_is_a_wait(Backend::emulator().await, Outage::Refused).await;
}

#[tokio::test]
async fn a_target_that_answers_503_is_waited_for() {
    stories::an_outage_is_a_wait(Backend::emulator().await, Outage::ServerError).await;
}

#[tokio::test]
async fn a_target_that_answers_429_is_waited_for() {
    stories::an_outage_is_a_wait(Backend::emulator().await, Outage::TooMany).await;
}

#[tokio::test]
async fn a_target_that_does_not_answer_is_waited_for() {
    stories::an_outage_is_a_wait(Backend::emulator().await, Outage::Silent).await;
}

#[tokio::test]
async fn poison_dies_alone() {
    stories::poison_dies_alone(Backend::emulator().await).await;
}

#[tokio::test]
async fn slowness_makes_no_duplicates() {
    stories::slowness_makes_no_duplicates(Backend::emulator().await).await;
}

#[tokio::test]
async fn garbage_costs_nothing() {
    stories::garbage_costs_nothing(Backend::emulator().await).await;
}

#[tokio::test]
async fn groups_keep_their_order() {
    stories::groups_keep_their_order(Backend::emulator().await).await;
}
