//! The headers of a method response, under the names that API Gateway gives them. See
//! `docs/aws/api-gateway.md#response-headers`.

/// Mapped names that come out as `x-amzn-Remapped-<name>`.
const REMAPPED: [&str; 14] = [
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "trailer",
    "upgrade",
    "user-agent",
    "www-authenticate",
];

/// Headers by name, in order. A name may have several values.
#[derive(Debug, Default)]
pub(super) struct HeaderList(Vec<(String, String)>);

impl HeaderList {
    /// Sets a header to these values, in place of those that it had.
    pub(super) fn set(&mut self, name: &str, values: impl IntoIterator<Item = String>) {
        let Some(name) = shown_name(name) else { return };
        self.0
            .retain(|(existing, _)| !existing.eq_ignore_ascii_case(&name));
        self.0
            .extend(values.into_iter().map(|value| (name.clone(), value)));
    }

    /// Adds a value to those that a header has.
    pub(super) fn add(&mut self, name: &str, value: String) {
        if let Some(name) = shown_name(name) {
            self.0.push((name, value));
        }
    }

    /// Sets a header that is API Gateway's own, unless it is there.
    pub(super) fn set_missing(&mut self, name: &str, value: &str) {
        let is_set = self
            .0
            .iter()
            .any(|(existing, _)| existing.eq_ignore_ascii_case(name));
        if !is_set {
            self.0.push((name.to_owned(), value.to_owned()));
        }
    }

    pub(super) fn into_vec(self) -> Vec<(String, String)> {
        self.0
    }
}

/// The name that a client sees; [`None`] when it sees none.
fn shown_name(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    if lower == "transfer-encoding" {
        return None;
    }
    Some(if REMAPPED.contains(&lower.as_str()) {
        format!("x-amzn-Remapped-{name}")
    } else {
        name.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_remapped_and_values_kept() {
        let mut list = HeaderList::default();
        list.set("Content-Type", ["a/b".to_owned()]);
        list.set("set-cookie", ["a=1".to_owned(), "b=2".to_owned()]);
        list.set("content-type", ["c/d".to_owned()]);
        list.add("Set-Cookie", "c=3".to_owned());
        list.add("Date", "now".to_owned());
        list.add("Transfer-Encoding", "chunked".to_owned());
        list.set_missing("SET-COOKIE", "d=4");
        list.set_missing("X-Own", "x");
        let shown: Vec<String> = list
            .into_vec()
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        assert_eq!(
            shown,
            [
                "set-cookie: a=1",
                "set-cookie: b=2",
                "content-type: c/d",
                "Set-Cookie: c=3",
                "x-amzn-Remapped-Date: now",
                "X-Own: x"
            ]
        );
    }
}
