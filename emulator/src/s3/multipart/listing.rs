//! One page of the open uploads of a bucket. Pure: sorted uploads in, a page out.

use crate::s3::storage::upload::Upload;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct UploadQuery {
    pub prefix: String,
    pub delimiter: Option<String>,
    /// Only uploads after this key or, with an id, after this upload.
    pub after: Option<(String, Option<String>)>,
    /// The most entries: uploads and common prefixes together.
    pub limit: usize,
}

/// What is found.
#[derive(Debug, Default)]
pub(crate) struct UploadPage<'u> {
    pub uploads: Vec<&'u (String, Upload)>,
    pub common_prefixes: Vec<String>,
    /// Key and id of the last entry of this page, if more entries follow. A prefix has no id.
    pub next: Option<(String, String)>,
}

/// A page of uploads, which are sorted by key, and by time of creation within a key.
pub(crate) fn upload_page<'u>(open: &'u [(String, Upload)], query: &UploadQuery) -> UploadPage<'u> {
    let mut page = UploadPage::default();
    let mut last = None;
    for entry in open
        .iter()
        .filter(|(_, upload)| upload.key.starts_with(&query.prefix))
    {
        let (id, upload) = entry;
        let common = common_prefix(&upload.key, query);
        if is_before(open, query, id, &upload.key, common) {
            continue;
        }
        if common.is_some() && page.common_prefixes.last().map(String::as_str) == common {
            continue;
        }
        if page.uploads.len() + page.common_prefixes.len() >= query.limit {
            // An empty page has no last entry to continue from: S3 reports that nothing follows.
            page.next = last;
            return page;
        }
        match common {
            Some(prefix) => {
                page.common_prefixes.push(prefix.to_owned());
                last = Some((prefix.to_owned(), String::new()));
            }
            None => {
                page.uploads.push(entry);
                last = Some((upload.key.clone(), id.clone()));
            }
        }
    }
    page
}

/// Whether an earlier page had the entry.
fn is_before(
    open: &[(String, Upload)],
    query: &UploadQuery,
    id: &str,
    key: &str,
    common: Option<&str>,
) -> bool {
    let Some((marker, marked)) = &query.after else {
        return false;
    };
    if common.is_some_and(|common| marker.starts_with(common)) {
        return true;
    }
    match (
        key.cmp(marker),
        marked.as_deref().filter(|marked| !marked.is_empty()),
    ) {
        (std::cmp::Ordering::Less, _) | (std::cmp::Ordering::Equal, None) => true,
        (std::cmp::Ordering::Greater, _) => false,
        (std::cmp::Ordering::Equal, Some(marked)) => {
            let place = |asked: &str| {
                open.iter()
                    .position(|(id, upload)| upload.key == key && id == asked)
            };
            // The marked upload may have ended since.
            place(marked).map_or(id <= marked, |marked| place(id) <= Some(marked))
        }
    }
}

/// The key up to the first delimiter after the prefix, delimiter included.
fn common_prefix<'k>(key: &'k str, query: &UploadQuery) -> Option<&'k str> {
    let delimiter = query.delimiter.as_deref()?;
    let end = query.prefix.len() + key[query.prefix.len()..].find(delimiter)? + delimiter.len();
    Some(&key[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::object::head::Head;

    fn open() -> Vec<(String, Upload)> {
        [
            ("3", "a"),
            ("1", "a"),
            ("2", "b/1"),
            ("4", "b/2"),
            ("5", "c"),
        ]
        .map(|(id, key)| {
            let head = Head {
                key: key.to_owned(),
                ..Head::default()
            };
            (id.to_owned(), Upload::loaded("bucket", head, Vec::new()))
        })
        .into()
    }

    #[track_caller]
    fn check(query: &UploadQuery, ids: &[&str], prefixes: &[&str], next: Option<(&str, &str)>) {
        let open = open();
        let page = upload_page(&open, query);
        assert_eq!(
            page.uploads.iter().map(|(id, _)| id).collect::<Vec<_>>(),
            ids
        );
        assert_eq!(page.common_prefixes, prefixes);
        assert_eq!(
            page.next,
            next.map(|(key, id)| (key.to_owned(), id.to_owned()))
        );
    }

    #[test]
    fn pages_are_cut_and_continued() {
        let query = UploadQuery {
            limit: 10,
            ..UploadQuery::default()
        };
        let after = |key: &str, id: Option<&str>| Some((key.to_owned(), id.map(ToOwned::to_owned)));
        check(&query, &["3", "1", "2", "4", "5"], &[], None);
        check(
            &UploadQuery {
                limit: 1,
                ..query.clone()
            },
            &["3"],
            &[],
            Some(("a", "3")),
        );
        check(
            &UploadQuery {
                after: after("a", Some("3")),
                ..query.clone()
            },
            &["1", "2", "4", "5"],
            &[],
            None,
        );
        check(
            &UploadQuery {
                after: after("a", Some("2")),
                ..query.clone()
            },
            &["3", "2", "4", "5"],
            &[],
            None,
        );
        check(
            &UploadQuery {
                after: after("a", None),
                ..query.clone()
            },
            &["2", "4", "5"],
            &[],
            None,
        );
        check(
            &UploadQuery {
                prefix: "b/".into(),
                ..query.clone()
            },
            &["2", "4"],
            &[],
            None,
        );
        check(
            &UploadQuery {
                limit: 0,
                ..query.clone()
            },
            &[],
            &[],
            None,
        );
        let grouped = UploadQuery {
            delimiter: Some("/".into()),
            ..query
        };
        check(&grouped, &["3", "1", "5"], &["b/"], None);
        check(
            &UploadQuery {
                limit: 3,
                ..grouped.clone()
            },
            &["3", "1"],
            &["b/"],
            Some(("b/", "")),
        );
        check(
            &UploadQuery {
                after: after("b/", Some("")),
                ..grouped
            },
            &["5"],
            &[],
            None,
        );
    }
}
