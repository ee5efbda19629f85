//! The rules of a bucket's CORS configuration: which pages may use it. Pure.
//!
//! See `docs/aws/s3.md#cors`.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderMap,
    HeaderName, HeaderValue, VARY,
};
use s3s::dto::{CORSConfiguration, CORSRule};
use s3s::{S3Result, s3_error};

const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "POST", "DELETE"];

/// The most rules of a bucket.
const MOST: usize = 100;

/// What a page asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CorsQuery<'r> {
    pub origin: &'r str,
    pub method: &'r str,
    /// The headers that a preflight announces, as the browser lists them.
    pub headers: Option<&'r str>,
}

impl CorsQuery<'_> {
    fn headers(&self) -> impl Iterator<Item = String> {
        let listed = self.headers.unwrap_or_default().split(',');
        listed
            .map(|name| name.trim().to_ascii_lowercase())
            .filter(|name| !name.is_empty())
    }
}

/// Refuses a configuration that S3 refuses.
pub(crate) fn check(configuration: &CORSConfiguration) -> S3Result<()> {
    let rules = &configuration.cors_rules;
    if rules.is_empty() || rules.len() > MOST {
        return Err(s3_error!(
            MalformedXML,
            "a CORS configuration must have 1 to {MOST} rules, got {}",
            rules.len()
        ));
    }
    for rule in rules {
        if let Some(method) = rule
            .allowed_methods
            .iter()
            .find(|method| !METHODS.contains(&method.as_str()))
        {
            let text = format!(
                "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            );
            return Err(s3_error!(InvalidRequest, "{text}"));
        }
        if rule.allowed_methods.is_empty() || rule.allowed_origins.is_empty() {
            return Err(s3_error!(
                MalformedXML,
                "a CORS rule needs AllowedMethod and AllowedOrigin"
            ));
        }
        let headers = rule
            .allowed_headers
            .iter()
            .flatten()
            .map(|pattern| ("AllowedHeader", pattern));
        let origins = rule
            .allowed_origins
            .iter()
            .map(|pattern| ("AllowedOrigin", pattern));
        if let Some((name, pattern)) = origins
            .chain(headers)
            .find(|(_, pattern)| pattern.matches('*').count() > 1)
        {
            return Err(s3_error!(
                InvalidRequest,
                "{name} \"{pattern}\" can not have more than one wildcard."
            ));
        }
    }
    Ok(())
}

/// The headers of the response by the first rule that matches, if one does.
pub(crate) fn allow(configuration: &CORSConfiguration, asked: CorsQuery<'_>) -> Option<HeaderMap> {
    let rule = configuration
        .cors_rules
        .iter()
        .find(|rule| fits(rule, asked))?;
    let is_any = origin_of(rule, asked)? == "*";
    let mut headers = vary();
    let mut insert = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    insert(
        ACCESS_CONTROL_ALLOW_ORIGIN,
        if is_any { "*" } else { asked.origin },
    );
    if !is_any {
        insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    insert(
        ACCESS_CONTROL_ALLOW_METHODS,
        &rule.allowed_methods.join(", "),
    );
    if asked.headers.is_some() {
        insert(
            ACCESS_CONTROL_ALLOW_HEADERS,
            &asked.headers().collect::<Vec<_>>().join(", "),
        );
    }
    if let Some(exposed) = rule
        .expose_headers
        .as_ref()
        .filter(|exposed| !exposed.is_empty())
    {
        insert(ACCESS_CONTROL_EXPOSE_HEADERS, &exposed.join(", "));
    }
    if let Some(age) = rule.max_age_seconds {
        insert(ACCESS_CONTROL_MAX_AGE, &age.to_string());
    }
    Some(headers)
}

/// The header that keeps a cache from giving one page the response to another.
pub(crate) fn vary() -> HeaderMap {
    let names = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";
    HeaderMap::from_iter([(VARY, HeaderValue::from_static(names))])
}

fn fits(rule: &CORSRule, asked: CorsQuery<'_>) -> bool {
    let allows_header = |name: &String| {
        let mut patterns = rule.allowed_headers.iter().flatten();
        patterns.any(|pattern| matches(&pattern.to_ascii_lowercase(), name))
    };
    origin_of(rule, asked).is_some()
        && rule
            .allowed_methods
            .iter()
            .any(|method| method == asked.method)
        && asked.headers().all(|name| allows_header(&name))
}

fn origin_of<'c>(rule: &'c CORSRule, asked: CorsQuery<'_>) -> Option<&'c str> {
    rule.allowed_origins
        .iter()
        .find(|pattern| matches(pattern, asked.origin))
        .map(String::as_str)
}

/// Whether a pattern matches. It has at most one `*`, for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((front, back)) => {
            text.len() >= front.len() + back.len()
                && text.starts_with(front)
                && text.ends_with(back)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn configuration() -> CORSConfiguration {
        let first = CORSRule {
            allowed_origins: list(&["http://localhost:3000", "https://*.example.com"]),
            allowed_methods: list(&["PUT", "GET"]),
            allowed_headers: Some(list(&["x-amz-*", "Content-Type"])),
            expose_headers: Some(list(&["ETag"])),
            max_age_seconds: Some(600),
            ..CORSRule::default()
        };
        let anybody = CORSRule {
            allowed_origins: list(&["*"]),
            allowed_methods: list(&["GET"]),
            ..CORSRule::default()
        };
        CORSConfiguration {
            cors_rules: vec![first, anybody],
        }
    }

    fn asked<'r>(origin: &'r str, method: &'r str, headers: Option<&'r str>) -> CorsQuery<'r> {
        CorsQuery {
            origin,
            method,
            headers,
        }
    }

    fn header(headers: &HeaderMap, name: &str) -> String {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
            .unwrap_or_default()
    }

    #[test]
    fn the_first_rule_that_fits_answers() {
        let configuration = configuration();
        let allow = |asked| allow(&configuration, asked);
        let put = allow(asked(
            "https://a.example.com",
            "PUT",
            Some("Content-Type, X-Amz-Date"),
        ))
        .unwrap();
        assert_eq!(
            header(&put, "access-control-allow-origin"),
            "https://a.example.com"
        );
        assert_eq!(header(&put, "access-control-allow-credentials"), "true");
        assert_eq!(header(&put, "access-control-allow-methods"), "PUT, GET");
        assert_eq!(
            header(&put, "access-control-allow-headers"),
            "content-type, x-amz-date"
        );
        assert_eq!(header(&put, "access-control-expose-headers"), "ETag");
        assert_eq!(header(&put, "access-control-max-age"), "600");
        let anybody = allow(asked("http://elsewhere.test", "GET", None)).unwrap();
        assert_eq!(header(&anybody, "access-control-allow-origin"), "*");
        assert_eq!(header(&anybody, "access-control-allow-credentials"), "");
        assert!(header(&anybody, "vary").starts_with("Origin"));
        assert!(allow(asked("http://elsewhere.test", "PUT", None)).is_none());
        assert!(
            allow(asked("https://example.com", "PUT", None)).is_none(),
            "the star stands for a name and its dot"
        );
        assert!(allow(asked("http://localhost:3000", "PUT", Some("authorization"))).is_none());
    }

    #[test]
    fn configurations_that_s3_refuses_are_refused() {
        let with = |change: fn(&mut CORSRule)| {
            let mut configuration = configuration();
            change(&mut configuration.cors_rules[0]);
            check(&configuration)
                .err()
                .and_then(|error| error.message().map(ToOwned::to_owned))
        };
        assert_eq!(with(|_| ()), None);
        let method = "Found unsupported HTTP method in CORS config. Unsupported method is PATCH";
        assert_eq!(
            with(|rule| rule.allowed_methods.push("PATCH".into())).as_deref(),
            Some(method)
        );
        let origin = "AllowedOrigin \"http://*.*\" can not have more than one wildcard.";
        assert_eq!(
            with(|rule| rule.allowed_origins.push("http://*.*".into())).as_deref(),
            Some(origin)
        );
        assert!(
            check(&CORSConfiguration {
                cors_rules: Vec::new()
            })
            .is_err()
        );
    }
}
