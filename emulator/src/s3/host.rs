//! The bucket that a host names: `[bucket.]s3[.region].domain`, as with AWS and LocalStack. Every
//! other host is path style. Pure. See `docs/aws/s3.md#addresses`.

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

use crate::region::is_region;

/// Domains below which `s3` is, and whether a bucket may be directly below them.
const DOMAINS: [(&str, bool); 4] = [
    ("localhost.localstack.cloud", true),
    ("localhost", true),
    ("amazonaws.com", false),
    ("amazonaws.com.cn", false),
];

/// The hosts of this emulator.
pub(crate) struct Hosts;

impl S3Host for Hosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        Ok(match bucket_of(host) {
            Some(bucket) => VirtualHost::new(host).with_bucket(bucket),
            None => VirtualHost::new(host),
        })
    }
}

/// The bucket that a host names, with or without a port.
pub(crate) fn bucket_of(host: &str) -> Option<&str> {
    bucket(host.rsplit_once(':').map_or(host, |(name, _)| name))
}

fn bucket(host: &str) -> Option<&str> {
    let (front, is_bare) = DOMAINS.iter().find_map(|(domain, is_bare)| {
        Some((host.strip_suffix(domain)?.strip_suffix('.')?, *is_bare))
    })?;
    let bucket = match before_service(front) {
        Some(bucket) => bucket,
        None if is_bare => front,
        None => return None,
    };
    Some(bucket).filter(|bucket| !bucket.is_empty())
}

/// The part before `s3`, `s3.region`, `s3-region` or `s3.dualstack.region`; empty when there is
/// none.
fn before_service(front: &str) -> Option<&str> {
    let rest = match front.rsplit_once('.') {
        Some((before, label)) if is_region(label) => {
            before.strip_suffix(".dualstack").unwrap_or(before)
        }
        _ => front,
    };
    let (before, label) = rest.rsplit_once('.').unwrap_or(("", rest));
    let is_service = label == "s3" || label.strip_prefix("s3-").is_some_and(is_region);
    is_service.then_some(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_stands_in_front_of_the_service_or_of_a_local_domain() {
        let bucket = |host: &'static str| {
            Hosts
                .parse_host_header(host)
                .unwrap()
                .bucket()
                .map(str::to_owned)
        };
        for (host, name) in [
            ("photos.localhost:4566", "photos"),
            ("photos.s3.localhost:4566", "photos"),
            ("my.photos.s3.localhost.localstack.cloud:4566", "my.photos"),
            ("photos.localhost.localstack.cloud:4566", "photos"),
            ("box.s3.us-east-1.localhost.localstack.cloud:4566", "box"),
            ("photos.s3.amazonaws.com", "photos"),
            ("a.s3.b.s3.eu-west-1.amazonaws.com", "a.s3.b"),
            ("photos.s3-us-west-2.amazonaws.com", "photos"),
            ("photos.s3.dualstack.us-east-1.amazonaws.com", "photos"),
            ("photos.s3.cn-north-1.amazonaws.com.cn", "photos"),
        ] {
            assert_eq!(bucket(host).as_deref(), Some(name), "{host}");
        }
        for host in [
            "localhost:4566",
            "127.0.0.1:4566",
            "aws:4566",
            "s3.localhost.localstack.cloud:4566",
            "s3.us-east-1.localhost.localstack.cloud:4566",
            "localhost.localstack.cloud:4566",
            "s3.us-east-1.amazonaws.com",
            "s3-us-west-2.amazonaws.com",
            "sqs.us-east-1.amazonaws.com",
        ] {
            assert_eq!(bucket(host), None, "{host}");
        }
    }
}
