//! One page of a listing. Pure: sorted keys in, a page out.

use std::io;
use std::ops::Bound;

use super::error::StorageError;

/// The most entries of one page: `docs/aws/s3.md#limits`.
pub(crate) const PAGE: usize = 1000;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListQuery {
    pub prefix: String,
    pub delimiter: Option<String>,
    /// Only keys, and common prefixes, behind this one.
    pub after: String,
    /// Entries at most: objects and common prefixes together.
    pub limit: usize,
}

/// What is found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ListPage<T> {
    pub objects: Vec<T>,
    pub common_prefixes: Vec<String>,
    /// The last key or prefix of this page, when there is more behind it.
    pub next: Option<String>,
}

/// Walks through the keys in S3's order, which is that of their UTF-8 bytes. `range` shows them
/// from a bound on. Skips the rest of a common prefix at once, so that a page costs what it shows
/// and not what lies under its prefixes.
///
/// # Errors
/// Keys cannot be read.
pub(crate) fn page<T, I>(
    range: impl Fn(Bound<String>) -> I,
    query: &ListQuery,
) -> Result<ListPage<T>, StorageError>
where
    I: Iterator<Item = io::Result<(String, T)>>,
{
    let mut page = ListPage {
        objects: Vec::new(),
        common_prefixes: Vec::new(),
        next: None,
    };
    if query.limit == 0 {
        // An empty page has no last key to continue from: S3 reports that nothing follows.
        return Ok(page);
    }
    let mut last = String::new();
    let mut keys = match query.after >= query.prefix {
        true => range(Bound::Excluded(query.after.clone())),
        false => range(Bound::Included(query.prefix.clone())),
    };
    while let Some((key, object)) = keys.next().transpose()? {
        if !key.starts_with(&query.prefix) {
            break;
        }
        let common = common_prefix(&key, query);
        if let Some(prefix) = common
            .as_ref()
            .filter(|prefix| query.after.starts_with(prefix.as_str()))
        {
            // The page before ended with this prefix.
            keys = range(behind(prefix));
            continue;
        }
        if page.objects.len() + page.common_prefixes.len() == query.limit {
            page.next = Some(last);
            break;
        }
        match common {
            Some(prefix) => {
                keys = range(behind(&prefix));
                last.clone_from(&prefix);
                page.common_prefixes.push(prefix);
            }
            None => {
                last = key;
                page.objects.push(object);
            }
        }
    }
    Ok(page)
}

/// The key up to the first delimiter after the prefix, delimiter included.
fn common_prefix(key: &str, query: &ListQuery) -> Option<String> {
    let delimiter = query
        .delimiter
        .as_deref()
        .filter(|delimiter| !delimiter.is_empty())?;
    let rest = &key[query.prefix.len()..];
    let end = query.prefix.len() + rest.find(delimiter)? + delimiter.len();
    Some(key[..end].to_owned())
}

/// The first place behind all keys with this prefix.
fn behind(prefix: &str) -> Bound<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(letter) = letters.pop() {
        // The order of UTF-8 bytes is that of code points; surrogates are not among them.
        if let Some(next) = (u32::from(letter) + 1..=0x10_FFFF).find_map(char::from_u32) {
            letters.push(next);
            return Bound::Included(letters.into_iter().collect());
        }
    }
    Bound::Excluded(prefix.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn keys() -> BTreeMap<String, String> {
        ["a", "b/1", "b/2", "b/c/3", "d", "e/", "é"]
            .map(|key| (key.to_owned(), key.to_owned()))
            .into()
    }

    #[track_caller]
    fn check(
        prefix: &str,
        delimiter: &str,
        after: &str,
        limit: usize,
        objects: &[&str],
        prefixes: &[&str],
        next: Option<&str>,
    ) {
        let keys = keys();
        let delimiter = (!delimiter.is_empty()).then(|| delimiter.to_owned());
        let range = |from| {
            let found = keys.range::<String, _>((from, Bound::Unbounded));
            found.map(|(key, object)| Ok((key.clone(), object.clone())))
        };
        let query = ListQuery {
            prefix: prefix.into(),
            delimiter,
            after: after.into(),
            limit,
        };
        let page = page(range, &query).unwrap();
        assert_eq!(page.objects, objects);
        assert_eq!(page.common_prefixes, prefixes);
        assert_eq!(page.next.as_deref(), next);
    }

    #[test]
    fn pages_are_cut_and_continued() {
        check(
            "",
            "",
            "",
            10,
            &["a", "b/1", "b/2", "b/c/3", "d", "e/", "é"],
            &[],
            None,
        );
        check("", "", "", 2, &["a", "b/1"], &[], Some("b/1"));
        check("", "", "b/1", 3, &["b/2", "b/c/3", "d"], &[], Some("d"));
        check("b/", "", "", 10, &["b/1", "b/2", "b/c/3"], &[], None);
        check("b/", "", "", 3, &["b/1", "b/2", "b/c/3"], &[], None);
        check("", "", "", 0, &[], &[], None);
    }

    #[test]
    fn a_delimiter_gathers_keys() {
        check("", "/", "", 10, &["a", "d", "é"], &["b/", "e/"], None);
        check("b/", "/", "", 10, &["b/1", "b/2"], &["b/c/"], None);
        check("", "/", "", 2, &["a"], &["b/"], Some("b/"));
        check("", "/", "b/", 10, &["d", "é"], &["e/"], None);
    }
}
