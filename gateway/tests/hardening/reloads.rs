//! Reloads while requests come: none of them fails, and a broken definition changes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::client::{Kept, get};
use super::process::{Gateway, definition};
use super::sized;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_fails_while_the_definition_changes() {
    let reloads = sized(30, 1_000);
    // On a fast machine, eight clients in a loop are more than an account's 10,000 requests a
    // second.
    let gateway = Gateway::start(&["--account-throttle", "off"]).await;
    let (is_over, answered) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let address = gateway.address;
    let clients: Vec<_> = (0..8)
        .map(|number| {
            let (is_over, answered) = (is_over.clone(), answered.clone());
            tokio::spawn(async move {
                let mut kept = Kept::connect(address).await.unwrap();
                while !is_over.load(Ordering::Relaxed) {
                    // Half of the clients come anew for each request.
                    let status = match number % 2 {
                        0 => kept.get("/mock").await,
                        _ => get(address, "/mock").await,
                    };
                    assert_eq!(status.as_deref(), Some("200"));
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let (mut good, mut bad) = (0, 0);
    for number in 0..reloads {
        let text = match number % 3 {
            2 => "openapi: 3.0.1\npaths: {/mock: {get: {x-amazon-apigateway-integration: {type: nonsense}}}}".to_owned(),
            _ => definition(&number.to_string()),
        };
        // A file that is half written is never read: it is put in place whole.
        let beside = gateway.definition.with_extension("new");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(&beside, &gateway.definition).unwrap();
        gateway.signal("HUP");
        match number % 3 {
            2 => bad += 1,
            _ => good += 1,
        }
        while gateway.logged("the definition was reloaded") < good
            || gateway.logged("cannot reload the definition") < bad
        {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    is_over.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let count = answered.load(Ordering::Relaxed);
    println!("{reloads} reloads, {bad} of them broken: all {count} requests answered with 200");
}
