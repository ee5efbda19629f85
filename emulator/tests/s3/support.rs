//! A real server on a free port, and plain HTTP to it.

use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

/// The server; it ends with the test.
pub struct Http {
    root: String,
    client: Client<HttpConnector, Full<bytes::Bytes>>,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

impl Http {
    pub async fn start() -> Http {
        Http::start_for(None, &[]).await
    }

    /// A server that lets in only who has these credentials, and that finds these buckets at its
    /// start.
    pub async fn start_for(credentials: Option<&str>, buckets: &[&str]) -> Http {
        let folder = tempfile::tempdir().unwrap();
        for bucket in buckets {
            std::fs::create_dir_all(folder.path().join("s3").join(bucket)).unwrap();
        }
        let settings = emulator::Settings {
            data: Some(folder.path().to_owned()),
            region: "eu-west-1".into(),
        };
        let opened = emulator::open(&settings).unwrap();
        let opened = opened.with_credentials(credentials.map(|text| text.parse().unwrap()));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let root = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(opened.serve(listener, stop.clone()));
        let client =
            Client::builder(hyper_util::rt::TokioExecutor::new()).build(HttpConnector::new());
        Http {
            root,
            client,
            stop,
            _folder: folder,
        }
    }

    pub fn root(&self) -> &str {
        &self.root
    }

    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Answer {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.root));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::from(bytes::Bytes::copy_from_slice(body.as_ref()));
        let response = self
            .client
            .request(request.body(body).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    pub async fn bucket(&self, name: &str) {
        assert_eq!(
            self.call("PUT", &format!("/{name}"), &[], "").await.status,
            200
        );
    }

    /// Begins an upload.
    pub async fn begin(&self, path: &str) -> String {
        self.call("POST", &format!("{path}?uploads"), &[], "")
            .await
            .between("<UploadId>", "</UploadId>")
    }

    /// Everything that comes back for a put that expects an interim answer. The server closes the
    /// connection, unless it sent one: then the client asks it to.
    pub async fn expecting(&self, path: &str, length: usize) -> String {
        let address = self.root.strip_prefix("http://").unwrap();
        let mut link = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!(
            "PUT {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
        );
        link.write_all(head.as_bytes()).await.unwrap();
        let mut first = [0; 4096];
        let read = link.read(&mut first).await.unwrap();
        let mut got = String::from_utf8_lossy(&first[..read]).into_owned();
        if got.starts_with("HTTP/1.1 100") {
            let last = format!(
                "{}GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                "x".repeat(length)
            );
            link.write_all(last.as_bytes()).await.unwrap();
        }
        link.read_to_string(&mut got).await.unwrap();
        got
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: http::HeaderMap,
    body: bytes::Bytes,
}

impl Answer {
    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What stands between two pieces of the text.
    pub fn between(&self, before: &str, after: &str) -> String {
        let text = self.text();
        let rest = text
            .split_once(before)
            .map(|(_, rest)| rest)
            .unwrap_or_default();
        rest.split_once(after)
            .map(|(found, _)| found.to_owned())
            .unwrap_or_default()
    }

    pub fn code(&self) -> String {
        self.between("<Code>", "</Code>")
    }

    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status, self.code().as_str()),
            (status, code),
            "{}",
            self.text()
        );
    }
}
