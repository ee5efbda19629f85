//! Tags of objects and buckets, and the limits that S3 has for them. Pure. See
//! `docs/aws/s3.md#tags`.

use std::collections::HashSet;

use http::StatusCode;
use s3s::dto::Tag;
use s3s::{S3Result, s3_error};

use crate::s3::errors::custom;

/// The most tags of an object, and of a bucket.
pub(crate) const OF_OBJECT: usize = 10;
pub(crate) const OF_BUCKET: usize = 50;

/// The longest name and value, in characters.
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// The tags of a document.
pub(crate) fn of(set: &[Tag]) -> S3Result<Vec<(String, String)>> {
    let pair = |tag: &Tag| Some((tag.key.clone()?, tag.value.clone()?));
    let pairs = set.iter().map(pair).collect::<Option<Vec<_>>>();
    pairs.ok_or_else(|| s3_error!(MalformedXML, "every Tag needs a Key and a Value"))
}

/// The tags of the header `x-amz-tagging`, which is written like a query string.
pub(crate) fn of_header(header: Option<&str>) -> S3Result<Vec<(String, String)>> {
    let pairs: Vec<_> = form_urlencoded::parse(header.unwrap_or_default().as_bytes())
        .into_owned()
        .collect();
    let names: HashSet<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    if names.len() < pairs.len() {
        let text = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag \
                    name duplicates.";
        return Err(s3_error!(InvalidArgument, "{text}"));
    }
    check(&pairs, OF_OBJECT)?;
    Ok(pairs)
}

/// Refuses tags that S3 refuses.
pub(crate) fn check(pairs: &[(String, String)], most: usize) -> S3Result<()> {
    if pairs.len() > most && most == OF_OBJECT {
        return Err(custom(
            "BadRequest",
            StatusCode::BAD_REQUEST,
            "Object tags cannot be greater than 10",
        ));
    }
    if pairs.len() > most {
        return Err(custom(
            "BadRequest",
            StatusCode::BAD_REQUEST,
            "Bucket tag count cannot be greater than 50",
        ));
    }
    let mut names = HashSet::new();
    for (name, value) in pairs {
        if name.is_empty() || name.chars().count() > LONGEST_KEY || !name.chars().all(is_allowed) {
            return Err(s3_error!(
                InvalidTag,
                "The TagKey you have provided is invalid"
            ));
        }
        if value.chars().count() > LONGEST_VALUE || !value.chars().all(is_allowed) {
            return Err(s3_error!(
                InvalidTag,
                "The TagValue you have provided is invalid"
            ));
        }
        if name.starts_with("aws:") {
            return Err(s3_error!(
                InvalidTag,
                "System tags cannot be added/updated by requester"
            ));
        }
        if !names.insert(name) {
            return Err(s3_error!(
                InvalidTag,
                "Cannot provide multiple Tags with the same key"
            ));
        }
    }
    Ok(())
}

fn is_allowed(letter: char) -> bool {
    letter.is_alphanumeric() || letter.is_whitespace() || "+-=._:/@".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(pairs: &[(&str, &str)], text: &str) {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let refused = check(&pairs, OF_OBJECT)
            .err()
            .map(|error| error.message().unwrap().to_owned());
        assert_eq!(refused.unwrap_or_default(), text, "{pairs:?}");
    }

    #[test]
    fn tags_are_few_short_and_different() {
        refused(&[("env", "dev"), ("a b+-=._:/@", ""), ("키", "값")], "");
        refused(&[("", "x")], "The TagKey you have provided is invalid");
        refused(
            &[(&"k".repeat(129), "x")],
            "The TagKey you have provided is invalid",
        );
        refused(
            &[("k", &"v".repeat(257))],
            "The TagValue you have provided is invalid",
        );
        refused(&[("k", "<")], "The TagValue you have provided is invalid");
        refused(
            &[("aws:x", "x")],
            "System tags cannot be added/updated by requester",
        );
        refused(
            &[("k", "1"), ("k", "2")],
            "Cannot provide multiple Tags with the same key",
        );
        refused(&[("k", "x"); 11], "Object tags cannot be greater than 10");
    }

    #[test]
    fn the_header_is_a_query_string() {
        assert_eq!(
            of_header(Some("a=1&b=x%20y")).unwrap(),
            [("a".into(), "1".into()), ("b".into(), "x y".into())]
        );
        assert_eq!(of_header(None).unwrap(), []);
        assert!(of_header(Some("a=1&a=2")).is_err());
    }
}
