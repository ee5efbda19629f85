//! Which pages in browsers may call an HTTP API.

/// `CorsConfiguration` of an HTTP API. See `docs/aws/api-gateway.md#cors-of-http-apis`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cors {
    /// `AllowOrigins`: origins, `*` for all, or `https://*` and `http://*` for all of a scheme.
    pub origins: Vec<String>,
    /// `AllowMethods`: methods, or `*`.
    pub methods: Vec<String>,
    /// `AllowHeaders`: names, or `*`.
    pub headers: Vec<String>,
    /// `ExposeHeaders`: names, or `*`.
    pub exposed: Vec<String>,
    /// `MaxAge`: the seconds for which a browser keeps the answer to a preflight.
    pub max_age: Option<i64>,
    /// `AllowCredentials`.
    pub with_credentials: bool,
}

impl Cors {
    /// The value of `access-control-allow-origin` for a page of this origin; `None` when it may not
    /// call the API.
    pub(crate) fn allowed<'o>(&self, origin: &'o str) -> Option<&'o str> {
        let of_scheme = |pattern: &str| {
            let scheme = pattern
                .strip_suffix('*')
                .filter(|scheme| scheme.ends_with("://"));
            scheme.is_some_and(|scheme| origin.starts_with(scheme))
        };
        if self.origins.iter().any(|known| known == "*") {
            return Some("*");
        }
        let mut known = self.origins.iter();
        known
            .any(|known| known == origin || of_scheme(known))
            .then_some(origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_allowed_by_name_by_scheme_or_all() {
        let cors = |origins: &[&str]| Cors {
            origins: origins.iter().map(|&origin| origin.to_owned()).collect(),
            ..Cors::default()
        };
        let named = cors(&["https://a.example", "http://*"]);
        assert_eq!(
            named.allowed("https://a.example"),
            Some("https://a.example")
        );
        assert_eq!(
            named.allowed("http://b.example:8080"),
            Some("http://b.example:8080")
        );
        assert_eq!(named.allowed("https://a.example.evil"), None);
        assert_eq!(named.allowed("https://A.example"), None);
        assert_eq!(cors(&["*"]).allowed("null"), Some("*"));
        assert_eq!(cors(&[]).allowed("https://a.example"), None);
    }
}
