//! A request that the backend got: what it says, and whether its signature holds.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

/// Key id and secret of the gateway's own credentials.
pub const GATEWAY: (&str, &str) = ("AKIAGATEWAY", "gatewaysecret");

/// Key id and secret of every assumed role.
pub const ROLE: (&str, &str) = ("ASIAROLE", "rolesecret");

/// Unreserved characters stay as they are.
pub const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const IN_PATH: &AsciiSet = &IN_QUERY.remove(b'/');

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Call {
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub fn raw_query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    pub fn query(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.raw_query().as_bytes())
            .into_owned()
            .collect()
    }

    /// The fields of a form.
    pub fn form(&self) -> Vec<(String, String)> {
        let kind = self.header("content-type").unwrap_or_default();
        if !kind.contains("x-www-form-urlencoded") {
            return Vec::new();
        }
        url::form_urlencoded::parse(&self.body)
            .into_owned()
            .collect()
    }

    /// Query parameters and fields of a form, the last of each name.
    pub fn fields(&self) -> BTreeMap<String, String> {
        self.query().into_iter().chain(self.form()).collect()
    }

    /// Every value of a header.
    pub fn headers_named(&self, name: &str) -> Vec<&str> {
        let named = self
            .headers
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The values of a header as one text.
    pub fn header(&self, name: &str) -> Option<String> {
        let values = self.headers_named(name);
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// A part of the signature's scope: key id 0, date 1, region 2, service 3.
    fn scope(&self, part: usize) -> Option<String> {
        let signature = self.header("authorization")?;
        let (_, rest) = signature.split_once("Credential=")?;
        let scope = rest.split(',').next()?;
        scope.split('/').nth(part).map(ToOwned::to_owned)
    }

    pub fn key(&self) -> Option<String> {
        self.scope(0)
    }

    pub fn region(&self) -> Option<String> {
        self.scope(2)
    }

    pub fn service(&self) -> Option<String> {
        self.scope(3)
    }

    /// The action, by `X-Amz-Target`, query or form.
    pub fn action(&self) -> Option<String> {
        match self.header("x-amz-target") {
            Some(target) => target.rsplit('.').next().map(ToOwned::to_owned),
            None => self.fields().remove("Action"),
        }
    }

    /// A named part of the call, for comparison.
    pub fn part(&self, name: &str) -> Option<String> {
        match name {
            "method" => Some(self.method.clone()),
            "path" => Some(self.path().to_owned()),
            "target" => Some(self.target.clone()),
            "raw_query" => Some(self.raw_query().to_owned()),
            "service" => self.service(),
            "region" => self.region(),
            "action" => self.action(),
            "key" => self.key(),
            _ => panic!("a call has no {name}"),
        }
    }

    /// `valid`, `absent`, or what is wrong with the signature by the rules of its service.
    pub fn signature(&self) -> String {
        let given = self.header("authorization").unwrap_or_default();
        let part = |name: &str| {
            let (_, rest) = given.split_once(&format!("{name}="))?;
            rest.split([',', ' ']).next().map(ToOwned::to_owned)
        };
        let (Some(credential), Some(names), Some(signature)) =
            (part("Credential"), part("SignedHeaders"), part("Signature"))
        else {
            return "absent".to_owned();
        };
        let payload = self.header("x-amz-content-sha256");
        let is_s3 = self.service().as_deref() == Some("s3");
        if is_s3 && payload.is_none() {
            return "S3 requires x-amz-content-sha256".to_owned();
        }
        let digest = hex(&Sha256::digest(&self.body));
        if payload
            .as_ref()
            .is_some_and(|it| *it != digest && it != "UNSIGNED-PAYLOAD")
        {
            return "the digest is not that of the body".to_owned();
        }
        let request = self.canonical(&names, is_s3, &payload.unwrap_or(digest));
        let (key, scope) = credential.split_once('/').unwrap_or_default();
        let secret = [GATEWAY, ROLE].into_iter().find(|(id, _)| *id == key);
        let secret = secret.map_or("", |(_, secret)| secret);
        let date = self.header("x-amz-date").unwrap_or_default();
        let is_valid = signed(secret, &date, scope, &request) == signature;
        if is_valid { "valid" } else { "wrong" }.to_owned()
    }

    /// The canonical request. S3 signs its path as it is, every other service escapes it once more.
    fn canonical(&self, names: &str, is_s3: bool, payload: &str) -> String {
        let path = if is_s3 {
            self.path().to_owned()
        } else {
            let parts = self.path().split('/').filter(|part| !part.is_empty());
            let joined = parts.fold(String::new(), |path, part| path + "/" + part);
            let end = if self.path().ends_with('/') { "/" } else { "" };
            utf8_percent_encode(&(joined + end), IN_PATH).to_string()
        };
        let escape = |text: &str| utf8_percent_encode(text, IN_QUERY).to_string();
        let query = self.query();
        let mut query: Vec<String> = query
            .iter()
            .map(|(key, value)| format!("{}={}", escape(key), escape(value)))
            .collect();
        query.sort();
        let headers: String = names
            .split(';')
            .map(|name| {
                let value = self.header(name).unwrap_or_default();
                let words: Vec<&str> = value.split_whitespace().collect();
                format!("{name}:{}\n", words.join(" "))
            })
            .collect();
        format!(
            "{}\n{path}\n{}\n{headers}\n{names}\n{payload}",
            self.method,
            query.join("&")
        )
    }

    /// The call in one line, for messages.
    pub fn shown(&self) -> String {
        let body = String::from_utf8_lossy(&self.body);
        let body: String = body.chars().take(300).collect();
        format!(
            "{} {} {:?} {body:?}",
            self.method, self.target, self.headers
        )
    }
}

/// The signature of a call by the rules of every service but S3. `names` are the headers that it
/// covers.
pub fn signature(call: &Call, names: &str, secret: &str, date: &str, scope: &str) -> String {
    let payload = hex(&Sha256::digest(&call.body));
    signed(secret, date, scope, &call.canonical(names, false, &payload))
}

fn signed(secret: &str, date: &str, scope: &str, request: &str) -> String {
    let request = hex(&Sha256::digest(request));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{request}");
    let start = format!("AWS4{secret}").into_bytes();
    let signature = scope
        .split('/')
        .chain([text.as_str()])
        .fold(start, |key, part| hmac(&key, part));
    hex(&signature)
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Values by name: one, or a list where there are several.
pub fn grouped(pairs: Vec<(String, String)>) -> Json {
    let mut grouped: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in pairs {
        grouped.entry(name).or_default().push(value);
    }
    let one_or_all = |mut values: Vec<String>| match values.len() {
        1 => Json::from(values.remove(0)),
        _ => Json::from(values),
    };
    grouped
        .into_iter()
        .map(|(name, values)| (name, one_or_all(values)))
        .collect()
}
