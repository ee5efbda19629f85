//! The bucket and the key that a request names, by its host or its path; and the URL of an object.
//! Pure. See `docs/aws/s3.md#addresses`.

use http::Uri;
use http::header::{HOST, HeaderMap};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::host::bucket_of;

const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The bucket that a request names by its host or its path, and whether it also names an object.
pub(crate) fn target(headers: &HeaderMap, uri: &Uri) -> (String, bool) {
    let host = host(headers, uri);
    let path = uri.path().trim_start_matches('/');
    match bucket_of(host) {
        Some(named) => (named.to_owned(), !path.is_empty()),
        None => {
            let (named, key) = path.split_once('/').unwrap_or((path, ""));
            (
                percent_decode_str(named).decode_utf8_lossy().into_owned(),
                !key.is_empty(),
            )
        }
    }
}

/// The host that a request names.
pub(crate) fn host<'r>(headers: &'r HeaderMap, uri: &'r Uri) -> &'r str {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    host.or_else(|| uri.authority().map(http::uri::Authority::as_str))
        .unwrap_or_default()
}

/// The URL of an object, in the style in which the request was made.
pub(crate) fn address(headers: &HeaderMap, uri: &Uri, bucket_name: &str, key: &str) -> String {
    let (host, key) = (host(headers, uri), utf8_percent_encode(key, IN_PATH));
    match bucket_of(host) {
        Some(_) => format!("http://{host}/{key}"),
        None => format!("http://{host}/{bucket_name}/{key}"),
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn host_or_path_names_the_bucket() {
        let target = |host: &str, uri: &str| {
            let request = Request::get(uri).header(HOST, host).body(()).unwrap();
            target(request.headers(), request.uri())
        };
        assert_eq!(
            target("127.0.0.1:4566", "/box/a/b?x"),
            ("box".to_owned(), true)
        );
        assert_eq!(target("127.0.0.1:4566", "/box"), ("box".to_owned(), false));
        assert_eq!(
            target("box.s3.localhost.localstack.cloud:4566", "/a"),
            ("box".to_owned(), true)
        );
        assert_eq!(
            target("box.s3.localhost.localstack.cloud:4566", "/"),
            ("box".to_owned(), false)
        );
    }
}
