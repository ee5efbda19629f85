//! A server on a free port, and clients of it.

use std::net::TcpListener;

use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use emulator::Settings;
use tokio_util::sync::CancellationToken;

/// A server on a free port; it ends with the test.
pub(crate) struct Server {
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) s3: aws_sdk_s3::Client,
    _folder: tempfile::TempDir,
    stop: CancellationToken,
}

impl Server {
    pub(crate) async fn start() -> Server {
        Server::start_for(None).await
    }

    /// A server that lets in only who has these credentials. The clients sign with `test:test`.
    pub(crate) async fn start_for(credentials: Option<&str>) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            data: Some(folder.path().to_owned()),
            region: "eu-west-1".into(),
        };
        let opened = emulator::open(&settings).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let opened = opened.with_credentials(credentials.map(|text| text.parse().unwrap()));
        tokio::spawn(opened.serve(listener, stop.clone()));
        let config = kit::aws::local(&endpoint).await;
        let s3 = aws_sdk_s3::config::Builder::from(&config)
            .force_path_style(true)
            .build();
        let (sqs, s3) = (
            aws_sdk_sqs::Client::new(&config),
            aws_sdk_s3::Client::from_conf(s3),
        );
        Server {
            sqs,
            s3,
            _folder: folder,
            stop,
        }
    }

    pub(crate) async fn queue(
        &self,
        name: &str,
        attributes: &[(QueueAttributeName, &str)],
    ) -> String {
        let mut create = self.sqs.create_queue().queue_name(name);
        for (name, value) in attributes {
            create = create.attributes(name.clone(), *value);
        }
        create.send().await.unwrap().queue_url.unwrap()
    }

    pub(crate) async fn receive(&self, queue: &str, most: i32) -> Vec<aws_sdk_sqs::types::Message> {
        let receive = self
            .sqs
            .receive_message()
            .queue_url(queue)
            .max_number_of_messages(most);
        let receive = receive
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All);
        receive.send().await.unwrap().messages.unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The body of a plain GET.
pub(crate) async fn get(uri: &str) -> String {
    use http_body_util::BodyExt as _;
    let connector = hyper_util::client::legacy::connect::HttpConnector::new();
    let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .build::<_, http_body_util::Empty<bytes::Bytes>>(connector);
    let response = client.get(uri.parse().unwrap()).await.unwrap();
    assert_eq!(response.status(), 200);
    String::from_utf8(
        response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .to_vec(),
    )
    .unwrap()
}
