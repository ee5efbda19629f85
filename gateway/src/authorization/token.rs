//! JSON Web Tokens: of Cognito's user pools, and of other issuers. The texts are AWS's:
//! `docs/aws/api-gateway.md#access`.

use jsonwebtoken::{Validation, decode, decode_header};
use kit::time::Timestamp;
use serde_json::{Map, Value as Json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::identity;
use super::keys::VerifyingKey;
use crate::api::{Issuer, TokenAuthorizer};
use crate::exchange::Exchange;
use crate::gateway_responses::Fault;

/// A token that is to be verified with a key of its issuer.
#[derive(Debug)]
pub(crate) struct Presented<'a> {
    authorizer: &'a TokenAuthorizer,
    scopes: &'a [String],
    token: String,
    /// Whose keys verify it.
    pub issuer: &'a Issuer,
    /// The id of the key.
    pub key_id: Option<String>,
}

/// The token of a request, with what says which key verifies it. `names` gives the names that an
/// issuer goes by in tokens.
///
/// # Errors
/// There is no token, or none of an issuer of the authorizer.
pub(super) fn presented<'a>(
    exchange: &Exchange<'_>,
    authorizer: &'a TokenAuthorizer,
    scopes: &'a [String],
    names: impl Fn(&Issuer) -> Vec<String>,
) -> Result<Presented<'a>, Fault> {
    let value = identity::value(exchange, &authorizer.source).ok_or(Fault::Unauthorized)?;
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => value.as_str(),
    };
    let header = decode_header(token).map_err(|_| Fault::Unauthorized)?;
    // Only to choose the key: nothing of it is believed before the signature is verified.
    let claims: Map<String, Json> =
        jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| Fault::Unauthorized)?;
    let named = text(&claims, "iss").ok_or(Fault::Unauthorized)?;
    let issuer = authorizer
        .issuers
        .iter()
        .find(|issuer| names(issuer).contains(&named))
        .ok_or(Fault::Unauthorized)?;
    Ok(Presented {
        authorizer,
        scopes,
        token: token.to_owned(),
        issuer,
        key_id: header.kid,
    })
}

/// Verifies a token, and puts its claims into `$context.authorizer.claims`.
///
/// # Errors
/// The token is not valid, or not for this method.
pub(crate) fn conclude(
    exchange: &mut Exchange<'_>,
    presented: &Presented<'_>,
    key: &VerifyingKey,
) -> Result<(), Fault> {
    let claims = verified(presented, key).ok_or(Fault::Unauthorized)?;
    check_times(&claims, exchange.request.received)?;
    if !is_for(presented, &claims) {
        return Err(Fault::Unauthorized);
    }
    let shown = claims
        .iter()
        .map(|(name, value)| (name.clone(), shown(name, value).into()));
    let mut fields: Map<String, Json> = Map::new();
    fields.insert("claims".to_owned(), shown.collect::<Map<_, _>>().into());
    if let Some(scope) = claims.get("scope") {
        fields.insert("scopes".to_owned(), shown_text(scope).into());
    }
    let context = exchange.context_mut();
    context.insert("authorizer", fields.into());
    Ok(())
}

/// The claims of a token whose signature is right.
fn verified(presented: &Presented<'_>, key: &VerifyingKey) -> Option<Map<String, Json>> {
    let header = decode_header(&presented.token).ok()?;
    let family = key.key.family();
    if !family.algorithms().contains(&header.alg) {
        return None;
    }
    let named = format!("{:?}", header.alg);
    if key.algorithm.as_ref().is_some_and(|only| *only != named) {
        return None;
    }
    let mut validation = Validation::new(header.alg);
    // The claims are checked here, against the time of the request.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let decoded = decode(&presented.token, &key.key, &validation).ok()?;
    Some(decoded.claims)
}

fn check_times(claims: &Map<String, Json>, now: Timestamp) -> Result<(), Fault> {
    let seconds = |name: &str| claims.get(name).and_then(Json::as_f64);
    let now = now.as_secs() as f64;
    let expires = seconds("exp").ok_or(Fault::Unauthorized)?;
    if expires <= now {
        return Err(Fault::IncomingTokenExpired);
    }
    if claims.contains_key("nbf") && seconds("nbf").is_none_or(|begins| begins > now) {
        return Err(Fault::Unauthorized);
    }
    Ok(())
}

/// Whether a valid token is for this method. With scopes it must be an access token that has one of
/// them, without scopes a user pool's token must be an identity token.
fn is_for(presented: &Presented<'_>, claims: &Map<String, Json>) -> bool {
    let audiences = audiences(claims);
    let authorizer = presented.authorizer;
    if let Some(pattern) = &authorizer.audience_pattern
        && !audiences
            .iter()
            .any(|audience| identity::matches(pattern, audience))
    {
        return false;
    }
    if !authorizer.audiences.is_empty()
        && !audiences
            .iter()
            .any(|one| authorizer.audiences.contains(one))
    {
        return false;
    }
    let is_pool = matches!(presented.issuer, Issuer::UserPool { .. });
    let use_ = text(claims, "token_use");
    if presented.scopes.is_empty() {
        return !is_pool || use_.as_deref() == Some("id");
    }
    if is_pool && use_.as_deref() != Some("access") {
        return false;
    }
    let granted = match claims.get("scope").or_else(|| claims.get("scp")) {
        Some(Json::Array(scopes)) => scopes.iter().filter_map(Json::as_str).collect(),
        Some(Json::String(scopes)) => scopes.split(' ').collect(),
        _ => Vec::new(),
    };
    presented
        .scopes
        .iter()
        .any(|scope| granted.contains(&scope.as_str()))
}

/// `aud`, or the client of an access token.
fn audiences(claims: &Map<String, Json>) -> Vec<String> {
    match claims.get("aud") {
        Some(Json::Array(all)) => all
            .iter()
            .filter_map(|one| one.as_str().map(ToOwned::to_owned))
            .collect(),
        Some(Json::String(one)) => vec![one.clone()],
        _ => text(claims, "client_id").into_iter().collect(),
    }
}

fn text(claims: &Map<String, Json>, name: &str) -> Option<String> {
    claims.get(name)?.as_str().map(ToOwned::to_owned)
}

/// A claim as REST APIs hand it on: as text, times in Java's words.
fn shown(name: &str, value: &Json) -> String {
    let seconds = value.as_i64().filter(|_| matches!(name, "exp" | "iat"));
    let at = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let format = format_description!(
        "[weekday repr:short] [month repr:short] [day] [hour]:[minute]:[second] UTC [year]"
    );
    at.and_then(|at| at.format(format).ok())
        .unwrap_or_else(|| shown_text(value))
}

fn shown_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(values)
            if values
                .iter()
                .all(|value| !value.is_object() && !value.is_array()) =>
        {
            values.iter().map(shown_text).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}
