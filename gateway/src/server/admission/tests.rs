//! Clients that send much, slowly, or not at all.

use super::share::FREE;
use super::*;

const SHORT: Duration = Duration::from_millis(50);

fn small() -> Limits {
    Limits {
        payloads: 2 * STEP,
        receiving: 2 * STEP,
        under_way: 2,
        patience: SHORT,
        deadline: Duration::from_secs(30),
        ..Limits::default()
    }
}

async fn read<'a>(
    admission: &'a Admission,
    body: impl Into<Body>,
) -> Result<(Bytes, Permit<'a>), Fault> {
    admission.read(body.into()).await
}

/// A body that goes on for as long as the other end is kept.
fn open() -> (Body, tokio::io::DuplexStream) {
    let (client, server) = tokio::io::duplex(64 * 1024);
    let body = Body::from_stream(tokio_util::io::ReaderStream::new(server));
    (body, client)
}

#[tokio::test]
async fn silent_clients_hold_nothing() {
    let admission = Admission::new(Limits {
        pause: SHORT,
        ..small()
    });
    let (bodies, _clients): (Vec<_>, Vec<_>) = (0..100).map(|_| open()).unzip();
    let mut many: Vec<_> = bodies
        .into_iter()
        .map(|body| Box::pin(read(&admission, body)))
        .collect();
    for waiting in &mut many {
        assert!(
            timeout(Duration::ZERO, waiting).await.is_err(),
            "it waits for its body"
        );
    }
    let (body, permit) = read(&admission, vec![b'x'; 2 * STEP]).await.unwrap();
    assert_eq!(body.len(), 2 * STEP);
    drop(permit);
    assert_eq!(many.remove(0).await.unwrap_err(), Fault::RequestTimeout);
}

#[tokio::test]
async fn large_payloads_wait_for_the_budget_but_not_for_ever_and_small_ones_never() {
    let admission = Admission::new(small());
    let large = read(&admission, vec![b'x'; FREE + 2 * STEP]).await.unwrap();
    assert_eq!(
        read(&admission, vec![b'x'; FREE + 1]).await.unwrap_err(),
        Fault::Throttled
    );
    assert!(read(&admission, vec![b'x'; FREE]).await.is_ok());
    drop(large);
    assert!(read(&admission, vec![b'x'; FREE + 1]).await.is_ok());
}

#[tokio::test]
async fn requests_under_way_are_bounded() {
    let admission = Admission::new(small());
    let _held = (
        read(&admission, "a").await.unwrap(),
        read(&admission, "b").await.unwrap(),
    );
    assert_eq!(read(&admission, "c").await.unwrap_err(), Fault::Throttled);
}

/// Each of these uploads is larger than the whole budget's half, and all of them are under way at
/// the same time, each with a part of its bytes.
#[tokio::test]
async fn uploads_that_come_in_turns_all_succeed() {
    use tokio::io::AsyncWriteExt as _;
    const UPLOADS: usize = 20;
    const PIECES: usize = 16;
    let admission = Admission::new(Limits {
        payloads: 16 * STEP,
        under_way: UPLOADS,
        patience: Duration::from_secs(30),
        ..small()
    });
    let (bodies, mut clients): (Vec<_>, Vec<_>) = (0..UPLOADS).map(|_| open()).unzip();
    let sending = async {
        for piece in 0..PIECES {
            for client in &mut clients {
                client.write_all(&[piece as u8; STEP]).await.unwrap();
            }
        }
        drop(clients);
    };
    let reads = bodies.into_iter().map(|body| async {
        let (body, _permit) = read(&admission, body).await.unwrap();
        body
    });
    let (read, ()) = tokio::join!(futures_util::future::join_all(reads), sending);
    let expected: Vec<u8> = (0..PIECES).flat_map(|piece| [piece as u8; STEP]).collect();
    for body in read {
        assert!(body == expected, "{} bytes", body.len());
    }
}

#[tokio::test]
async fn stalled_uploads_hold_no_memory_that_others_need() {
    use tokio::io::AsyncWriteExt as _;
    let admission = Admission::new(small());
    let (bodies, mut clients): (Vec<_>, Vec<_>) = (0..50).map(|_| open()).unzip();
    let mut stalled: Vec<_> = bodies
        .into_iter()
        .map(|body| Box::pin(read(&admission, body)))
        .collect();
    for (client, upload) in clients.iter_mut().zip(&mut stalled) {
        let sending = client.write_all(&[b'x'; 2 * STEP]);
        tokio::select! { sent = sending => sent.unwrap(), _ = upload => unreachable!() }
    }
    let (body, _permit) = read(&admission, vec![b'x'; 2 * STEP]).await.unwrap();
    assert_eq!(body.len(), 2 * STEP);
}

#[tokio::test]
async fn without_a_disk_there_is_room_for_some() {
    let limits = Limits {
        payloads: 16 * STEP,
        ..small()
    };
    let missing = PathBuf::from("/no/such/folder");
    let admission = Admission::with_spool(limits, Some(missing));
    let large = read(&admission, vec![b'x'; 10 * STEP]).await.unwrap();
    assert_eq!(large.0.len(), 10 * STEP);
    let second = read(&admission, vec![b'x'; 10 * STEP]).await;
    assert_eq!(second.unwrap_err(), Fault::Throttled);
    drop(large);
    let full = Admission::new(Limits { disk: 0, ..limits });
    assert!(read(&full, vec![b'x'; 10 * STEP]).await.is_ok());
    let short = Admission::new(Limits {
        disk: STEP,
        ..limits
    });
    let large = read(&short, vec![b'x'; 10 * STEP]).await;
    assert_eq!(large.unwrap_err(), Fault::Throttled);
}

#[tokio::test]
async fn each_limit_has_its_fault() {
    let admission = Admission::new(Limits::default());
    let read = async |uri: &str, headers: &[(&'static str, &str)], body: Vec<u8>| {
        let mut head = http::Request::builder().uri(uri);
        for (name, value) in headers {
            head = head.header(*name, *value);
        }
        admission.check_head(&head.body(()).unwrap().into_parts().0)?;
        let (body, _) = admission.read(body.into()).await?;
        Ok(body.len())
    };
    let long = "%ED%95%9C".repeat(1200);
    assert_eq!(
        read(&format!("/a?{long}"), &[], Vec::new()).await,
        Err(Fault::UriTooLong)
    );
    assert_eq!(
        read(&format!("/{}", "a".repeat(10_239)), &[], Vec::new()).await,
        Ok(0)
    );
    let wide = [("a", "x".repeat(6_000)), ("b", "x".repeat(4_241))];
    let wide = wide.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(
        read("/", &wide, Vec::new()).await,
        Err(Fault::HeadersTooLarge)
    );
    assert_eq!(
        read("/", &[("content-length", "10485761")], Vec::new()).await,
        Err(Fault::RequestTooLarge)
    );
    assert_eq!(
        read("/", &[], vec![0; PAYLOAD_LIMIT]).await,
        Ok(PAYLOAD_LIMIT)
    );
    assert_eq!(
        read("/", &[], vec![0; PAYLOAD_LIMIT + 1]).await,
        Err(Fault::RequestTooLarge)
    );
}
