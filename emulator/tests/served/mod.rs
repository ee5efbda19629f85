//! An emulator in this process, over a folder that outlives it, and a client of its S3.

#![allow(dead_code, reason = "each test uses a part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_sdk_s3::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::primitives::ByteStream;
use emulator::{Settings, Tuning};
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub struct Server {
    pub s3: Client,
    pub sqs: aws_sdk_sqs::Client,
    stop: CancellationToken,
    serving: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Server {
    /// Starts on a free port. The client sees what is answered.
    pub async fn start(folder: &Path) -> Server {
        Server::serve(Some(folder), Tuning::default()).await
    }

    /// The same without a folder.
    pub async fn start_in_memory(tuning: Tuning) -> Server {
        Server::serve(None, tuning).await
    }

    async fn serve(folder: Option<&Path>, tuning: Tuning) -> Server {
        let settings = Settings {
            data: folder.map(ToOwned::to_owned),
            region: "eu-west-1".into(),
        };
        let opened = emulator::open_with(&settings, tuning).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let serving = Some(tokio::spawn(opened.serve(listener, stop.clone())));
        let sqs = aws_sdk_sqs::config::Builder::from(&kit::aws::local(&endpoint).await)
            .retry_config(aws_sdk_sqs::config::retry::RetryConfig::disabled());
        Server {
            s3: client(&endpoint).await,
            sqs: aws_sdk_sqs::Client::from_conf(sqs.build()),
            stop,
            serving,
        }
    }

    /// Stops it as SIGTERM does.
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.serving.take().unwrap().await.unwrap().unwrap();
    }

    pub async fn put(&self, key: &str, body: &[u8]) {
        let put = self
            .s3
            .put_object()
            .bucket("box")
            .key(key)
            .body(ByteStream::from(body.to_vec()));
        put.send().await.unwrap();
    }

    /// A body, or the code of the error that is answered or that the body broke off with.
    pub async fn get(&self, key: &str, range: Option<&str>) -> Result<Vec<u8>, String> {
        let get = self
            .s3
            .get_object()
            .bucket("box")
            .key(key)
            .set_range(range.map(ToOwned::to_owned));
        let object = get.send().await.map_err(|error| code(&error))?;
        Ok(object
            .body
            .collect()
            .await
            .map_err(|_| "broken off".to_owned())?
            .to_vec())
    }

    /// The first key: the index is ready then.
    pub async fn first_key(&self) -> String {
        let list = self
            .s3
            .list_objects_v2()
            .bucket("box")
            .max_keys(1)
            .send()
            .await
            .unwrap();
        list.contents()[0].key().unwrap().to_owned()
    }

    /// All keys, as soon as the index shows them.
    pub async fn keys(&self) -> Vec<String> {
        let mut keys = Vec::new();
        let mut token = None;
        for _ in 0..600 {
            let list = self
                .s3
                .list_objects_v2()
                .bucket("box")
                .set_continuation_token(token.clone())
                .send()
                .await;
            match list {
                Ok(page) => {
                    keys.extend(
                        page.contents()
                            .iter()
                            .map(|object| object.key().unwrap().to_owned()),
                    );
                    token = page.next_continuation_token().map(ToOwned::to_owned);
                    if token.is_none() {
                        return keys;
                    }
                }
                Err(error) => {
                    assert_eq!(error.code(), Some("SlowDown"), "{error:?}");
                    (keys, token) = (Vec::new(), None);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        panic!("the index is not built");
    }
}

/// A client that verifies no checksums and tries nothing twice.
pub async fn client(endpoint: &str) -> Client {
    let config = kit::aws::local(endpoint).await;
    let config = aws_sdk_s3::config::Builder::from(&config)
        .force_path_style(true)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled());
    Client::from_conf(config.build())
}

pub fn code(error: &SdkError<GetObjectError>) -> String {
    error.code().unwrap_or_default().to_owned()
}

/// A body of its own for every seed; no two blocks are alike.
pub fn body(seed: u64, length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(|| random.u8(..))
        .take(length)
        .collect()
}

/// An object as the first format has it: no checksums of blocks.
pub fn write_first_format(folder: &Path, key: &str, body: &[u8], etag: &str) {
    let name = hex::encode(Sha256::digest(key));
    let shard = folder.join("s3/box").join(&name[..2]);
    fs::create_dir_all(&shard).unwrap();
    let headers = r#"{"content_type":"text/x","content_encoding":null,"content_language":null,"content_disposition":null,"cache_control":null,"metadata":[["a","b"]]}"#;
    let head = format!(
        r#"{{"key":{key:?},"size":{},"etag":"{etag}","modified":1700000000000,"headers":{headers}}}"#,
        body.len()
    );
    let mut file = body.to_vec();
    file.extend(head.as_bytes());
    file.extend(u32::try_from(head.len()).unwrap().to_be_bytes());
    file.extend(crc32fast::hash(head.as_bytes()).to_be_bytes());
    file.extend(b"TIDEOBJ1");
    fs::write(shard.join(name), file).unwrap();
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect();
    found.sort();
    found
}

/// Flips one bit of a file.
pub fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1 << (at % 8);
    fs::write(path, bytes).unwrap();
}
