//! `InvocationRateLimitPerSecond`, as the target sees it. In its own file, so that no other test
//! runs at the same time.

use harness::backend::Backend;
use harness::pipe_stories as stories;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rate_is_kept() {
    stories::the_rate_is_kept(Backend::emulator().await).await;
}
