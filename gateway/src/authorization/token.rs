//! JSON Web Tokens: of Cognito's user pools, and of other issuers. The texts are AWS's:
//! `docs/aws/api-gateway.md#access`.

use jsonwebtoken::{AlgorithmFamily, Validation, decode, decode_header};
use kit::time::Timestamp;
use serde_json::{Map, Value as Json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::identity;
use super::keys::VerifyingKey;
use crate::api::{ApiProtocol, Issuer, TokenAuthorizer};
use crate::exchange::Exchange;
use crate::gateway_responses::{Fault, TokenRefusal};

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

/// The fault for a token that is not accepted: REST APIs tell only that it has expired, HTTP APIs
/// tell every reason.
pub(crate) fn fault(exchange: &Exchange<'_>, refusal: TokenRefusal) -> Fault {
    match (exchange.route.api.protocol, refusal) {
        (ApiProtocol::Http, refusal) => Fault::TokenRefused(refusal),
        (ApiProtocol::Rest, TokenRefusal::Expired) => Fault::IncomingTokenExpired,
        (ApiProtocol::Rest, _) => Fault::Unauthorized,
    }
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
) -> Result<Presented<'a>, TokenRefusal> {
    let value = identity::value(exchange, &authorizer.source).ok_or(TokenRefusal::Missing)?;
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => value.as_str(),
    };
    let header = decode_header(token).map_err(|_| TokenRefusal::Malformed)?;
    let is_rsa = AlgorithmFamily::Rsa.algorithms().contains(&header.alg);
    if exchange.route.api.protocol == ApiProtocol::Http && !is_rsa {
        return Err(TokenRefusal::Algorithm(format!("{:?}", header.alg)));
    }
    // Only to choose the key: nothing of it is believed before the signature is verified.
    let claims: Map<String, Json> = jsonwebtoken::dangerous::insecure_decode_claims(token)
        .map_err(|_| TokenRefusal::Malformed)?;
    let named = text(&claims, "iss").ok_or(TokenRefusal::Issuer)?;
    let issuer = authorizer
        .issuers
        .iter()
        .find(|issuer| names(issuer).contains(&named))
        .ok_or(TokenRefusal::Issuer)?;
    Ok(Presented {
        authorizer,
        scopes,
        token: token.to_owned(),
        issuer,
        key_id: header.kid,
    })
}

/// Verifies a token with the key that it names, and puts its claims and scopes into
/// `$context.authorizer`.
///
/// # Errors
/// The token is not valid, or not for this method.
pub(crate) fn conclude(
    exchange: &mut Exchange<'_>,
    presented: &Presented<'_>,
    key: Option<&VerifyingKey>,
) -> Result<(), Fault> {
    let claims = accepted(exchange, presented, key);
    let claims = claims.map_err(|refusal| fault(exchange, refusal))?;
    let protocol = exchange.route.api.protocol;
    let shown = claims
        .iter()
        .map(|(name, value)| (name.clone(), shown(protocol, name, value).into()));
    let mut fields: Map<String, Json> = Map::new();
    fields.insert("claims".to_owned(), shown.collect::<Map<_, _>>().into());
    let scopes = match protocol {
        ApiProtocol::Http => Some(granted_scopes(&claims).into()),
        ApiProtocol::Rest => claims.get("scope").map(|scope| shown_text(scope).into()),
    };
    fields.extend(scopes.map(|scopes| ("scopes".to_owned(), scopes)));
    let context = exchange.context_mut();
    context.insert("authorizer", fields.into());
    Ok(())
}

/// The claims of a token that is valid for this method.
fn accepted(
    exchange: &Exchange<'_>,
    presented: &Presented<'_>,
    key: Option<&VerifyingKey>,
) -> Result<Map<String, Json>, TokenRefusal> {
    let key = key.ok_or(TokenRefusal::UnknownKey)?;
    let claims = verified(presented, key).ok_or(TokenRefusal::Signature)?;
    check_times(&claims, exchange.request.received)?;
    check_audience(presented, &claims)?;
    check_scopes(presented, &claims)?;
    Ok(claims)
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

fn check_times(claims: &Map<String, Json>, now: Timestamp) -> Result<(), TokenRefusal> {
    let seconds = |name: &str| claims.get(name).and_then(Json::as_f64);
    let now = now.as_secs() as f64;
    let expires = seconds("exp").ok_or(TokenRefusal::Malformed)?;
    if expires <= now {
        return Err(TokenRefusal::Expired);
    }
    if claims.contains_key("nbf") && seconds("nbf").is_none_or(|begins| begins > now) {
        return Err(TokenRefusal::NotYetValid);
    }
    Ok(())
}

/// Whether a valid token is for the clients that the authorizer names.
fn check_audience(
    presented: &Presented<'_>,
    claims: &Map<String, Json>,
) -> Result<(), TokenRefusal> {
    let audiences = audiences(claims);
    let authorizer = presented.authorizer;
    let any = |fits: &dyn Fn(&String) -> bool| audiences.iter().any(fits);
    let is_matched = authorizer
        .audience_pattern
        .as_ref()
        .is_none_or(|pattern| any(&|one| identity::matches(pattern, one)));
    let named = &authorizer.audiences;
    let is_named = named.is_empty() || any(&|one| named.contains(one));
    match is_matched && is_named {
        true => Ok(()),
        false => Err(TokenRefusal::Audience),
    }
}

/// Whether a valid token is for this method. With scopes it must be an access token that has one of
/// them, without scopes a user pool's token must be an identity token.
fn check_scopes(presented: &Presented<'_>, claims: &Map<String, Json>) -> Result<(), TokenRefusal> {
    let is_pool = matches!(presented.issuer, Issuer::UserPool { .. });
    let use_ = text(claims, "token_use");
    let expected = if presented.scopes.is_empty() {
        "id"
    } else {
        "access"
    };
    if is_pool && use_.as_deref() != Some(expected) {
        return Err(TokenRefusal::Audience);
    }
    let granted = granted_scopes(claims);
    let is_granted = |scope: &String| granted.contains(&scope.as_str());
    match presented.scopes.is_empty() || presented.scopes.iter().any(is_granted) {
        true => Ok(()),
        false => Err(TokenRefusal::Scope(presented.scopes.to_vec())),
    }
}

fn granted_scopes(claims: &Map<String, Json>) -> Vec<&str> {
    match claims.get("scope").or_else(|| claims.get("scp")) {
        Some(Json::Array(scopes)) => scopes.iter().filter_map(Json::as_str).collect(),
        Some(Json::String(scopes)) => scopes.split_whitespace().collect(),
        _ => Vec::new(),
    }
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

/// A claim as text, as it is handed on: REST APIs write times in Java's words, lists with commas,
/// HTTP APIs write lists as Go does.
fn shown(protocol: ApiProtocol, name: &str, value: &Json) -> String {
    if protocol == ApiProtocol::Http {
        return shown_by_go(value);
    }
    let seconds = value.as_i64().filter(|_| matches!(name, "exp" | "iat"));
    let at = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let format = format_description!(
        "[weekday repr:short] [month repr:short] [day] [hour]:[minute]:[second] UTC [year]"
    );
    at.and_then(|at| at.format(format).ok())
        .unwrap_or_else(|| shown_text(value))
}

/// Text as it is, a list in brackets with blanks between its members.
fn shown_by_go(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(values) => {
            let values: Vec<String> = values.iter().map(shown_by_go).collect();
            format!("[{}]", values.join(" "))
        }
        other => other.to_string(),
    }
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
