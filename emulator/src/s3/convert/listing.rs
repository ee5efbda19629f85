//! Listings: the query of a request, and the page that it gets.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{CommonPrefix, EncodingType, Object as ListedObject, ObjectStorageClass};
use s3s::{S3Result, s3_error};

use super::head::{class_name, etag, modified};
use super::upload::algorithm;
use crate::s3::object::acl::owner;
use crate::s3::object::checksum::shown_kind;
use crate::s3::object::head::Head;
use crate::s3::storage::listing::{ListPage, ListQuery, PAGE};
use crate::s3::storage::object::Object;

/// The characters that a listing with `encoding-type=url` does not encode.
const IN_LISTING: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'/')
    .remove(b'*');

/// A page of a listing.
pub(crate) struct ListedPage {
    pub contents: Vec<ListedObject>,
    pub common_prefixes: Vec<CommonPrefix>,
    pub next: Option<String>,
}

impl ListedPage {
    pub(crate) fn of(page: &ListPage<Arc<Object>>, encoding: Option<&EncodingType>) -> ListedPage {
        let prefix = |prefix: &String| CommonPrefix {
            prefix: Some(encoded(prefix, encoding)),
        };
        ListedPage {
            contents: page
                .objects
                .iter()
                .map(|object| listed(&object.head, encoding))
                .collect(),
            common_prefixes: page.common_prefixes.iter().map(prefix).collect(),
            next: page.next.clone(),
        }
    }

    /// The same, with the owner of each object.
    pub(crate) fn with_owner(mut self) -> ListedPage {
        self.contents
            .iter_mut()
            .for_each(|object| object.owner = Some(owner()));
        self
    }
}

fn listed(head: &Head, encoding: Option<&EncodingType>) -> ListedObject {
    let algorithm = head
        .checksum
        .as_ref()
        .map(|checksum| vec![algorithm(checksum.algorithm)]);
    ListedObject {
        key: Some(encoded(&head.key, encoding)),
        size: i64::try_from(head.size).ok(),
        e_tag: Some(etag(head)),
        last_modified: Some(modified(head)),
        storage_class: Some(ObjectStorageClass::from(class_name(head).to_owned())),
        checksum_algorithm: algorithm,
        checksum_type: shown_kind(head.checksum.as_ref()),
        ..ListedObject::default()
    }
}

pub(crate) fn query(
    prefix: Option<&str>,
    delimiter: Option<&str>,
    after: Option<&str>,
    limit: Option<i32>,
) -> S3Result<ListQuery> {
    let invalid = |_| {
        s3_error!(
            InvalidArgument,
            "Argument maxKeys must be an integer between 0 and 2147483647"
        )
    };
    Ok(ListQuery {
        prefix: prefix.unwrap_or_default().to_owned(),
        delimiter: delimiter.map(ToOwned::to_owned),
        after: after.unwrap_or_default().to_owned(),
        limit: limit
            .map(usize::try_from)
            .transpose()
            .map_err(invalid)?
            .unwrap_or(PAGE)
            .min(PAGE),
    })
}

/// Refuses every encoding but `url`.
pub(crate) fn check_encoding(encoding: Option<&EncodingType>) -> S3Result<()> {
    match encoding.is_none_or(|encoding| encoding.as_str() == EncodingType::URL) {
        true => Ok(()),
        false => Err(s3_error!(
            InvalidArgument,
            "Invalid Encoding Method specified in Request"
        )),
    }
}

pub(crate) fn encoded(text: &str, encoding: Option<&EncodingType>) -> String {
    match encoding {
        Some(_) => utf8_percent_encode(text, IN_LISTING).to_string(),
        None => text.to_owned(),
    }
}

/// A token is the last key, in hex, so that it is opaque and safe in a URL.
pub(crate) fn to_token(key: &str) -> String {
    hex::encode(key)
}

pub(crate) fn from_token(token: &str) -> S3Result<String> {
    let key = hex::decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(|| {
        s3_error!(
            InvalidArgument,
            "The continuation token provided is incorrect"
        )
    })
}
