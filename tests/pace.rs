//! `InvocationRateLimitPerSecond`, as the target sees it. A file of its own, so that no other story
//! runs beside it.

use world::pipe_stories as stories;
use world::place::Place;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rate_is_kept() {
    stories::the_rate_is_kept(Place::emulator().await).await;
}
