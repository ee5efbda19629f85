//! Tokens that are signed here with two keys of P-256.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};

use super::*;

const KEYS: [(&str, &str); 2] = [
    (
        "a",
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgOUNDqQnxdZJb2vqUdEh1fDm02x5M/bfh49kQ7C9lce+hRANCAAQxY8INFAWAg4lbxgFYH+m9K3fl4eiRJSS390s7GgYAyPXFjB7BaYb/XzjvZJQBt28msWCcczxhp1ADZkY3KtnN",
    ),
    (
        "b",
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQge8dQNuwDZAimi6gq39vyBZHTZeIV2HDvSaqxbuPt/5ShRANCAAQ7zEPjIXCYCr0mj+TcUIYuzDU18DzVEeODZfWWvvHO+JZMW0qYcVEvH2wUvGp8A7XwhZQ3sOCJkJy1X4C4DIBw",
    ),
];

const POOL: &str = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_ABC123";

fn key(name: &str) -> EncodingKey {
    let (_, text) = KEYS.iter().find(|(id, _)| *id == name).unwrap();
    EncodingKey::from_ec_der(&STANDARD.decode(text).unwrap())
}

/// The JWKS of both keys.
fn jwks() -> KeySet {
    let keys: Vec<Json> = KEYS
        .iter()
        .map(|(id, _)| {
            let mut jwk = Jwk::from_encoding_key(&key(id), Algorithm::ES256).unwrap();
            jwk.common.key_id = Some((*id).to_owned());
            serde_json::to_value(&jwk).unwrap()
        })
        .collect();
    KeySet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap()
}

fn token(id: &str, signer: &str, claims: &Json) -> String {
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some(id.to_owned());
    encode(&header, claims, &key(signer)).unwrap()
}

/// Claims of an identity token of the pool that is valid for an hour.
fn claims(more: &Json) -> Json {
    let mut all = json!({"iss": POOL, "sub": "ada", "aud": "client", "token_use": "id",
        "exp": NOW.as_secs() + 3600, "iat": NOW.as_secs()});
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

const PATHS: &str = r#"
paths:
  /pets: {get: {security: [{pool: []}], x-amazon-apigateway-integration: &mock {type: mock, responses: {default: {statusCode: 200}}}}}
  /scoped: {get: {security: [{pool: [pets/read, pets/write]}], x-amazon-apigateway-integration: *mock}}
  /jwt: {get: {security: [{issuer: []}], x-amazon-apigateway-integration: *mock}}
  /fit: {get: {security: [{fit: []}], x-amazon-apigateway-integration: *mock}}
components:
  securitySchemes:
    pool: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: cognito_user_pools, x-amazon-apigateway-authorizer: {type: cognito_user_pools, providerARNs: ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_ABC123"]}}
    fit: {type: apiKey, name: X-Token, in: header, x-amazon-apigateway-authorizer: {type: cognito_user_pools, identityValidationExpression: "client-.*", providerARNs: ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_ABC123"]}}
    issuer: {type: oauth2, x-amazon-apigateway-authorizer: {type: jwt, identitySource: $request.header.X-Token, jwtConfiguration: {issuer: "https://login.example/", audience: [pets, toys]}}}
"#;

/// What comes of a token at a path: a claim as templates see it, or the answer.
fn outcome(path: &str, header: (&str, &str), claim: &str) -> Result<String, String> {
    let sent = request("GET", &format!("/dev{path}"), &[header]);
    begun("", PATHS, &sent, |exchange, step| {
        let concluded = step.and_then(|step| match step {
            Step::Verify(presented) => {
                let keys = jwks();
                let key = keys.find(presented.key_id.as_deref());
                conclude_token(exchange, &presented, key)
            }
            other => panic!("{other:?}"),
        });
        match concluded {
            Ok(()) => Ok(exchange
                .context()
                .get(&["authorizer", "claims", claim])
                .unwrap_or_default()),
            Err(fault) => Err(format!("{} {}", fault.status().as_u16(), fault.body())),
        }
    })
}

const UNAUTHORIZED: &str = r#"401 {"message":"Unauthorized"}"#;

fn pets(token: &str) -> Result<String, String> {
    outcome("/pets", ("authorization", token), "sub")
}

#[test]
fn a_token_of_either_key_is_valid_and_its_claims_are_shown() {
    for id in ["a", "b"] {
        let token = token(id, id, &claims(&json!({})));
        assert_eq!(pets(&token).as_deref(), Ok("ada"));
        assert_eq!(pets(&format!("Bearer {token}")).as_deref(), Ok("ada"));
    }
    let more =
        json!({"email_verified": true, "cognito:groups": ["admins", "users"], "auth_time": 7});
    let token = token("a", "a", &claims(&more));
    for (claim, expected) in [
        ("email_verified", "true"),
        ("cognito:groups", "admins,users"),
        ("auth_time", "7"),
        ("exp", "Tue Nov 14 23:13:20 UTC 2023"),
        ("absent", ""),
    ] {
        let shown = outcome("/pets", ("authorization", &token), claim);
        assert_eq!(shown.as_deref(), Ok(expected));
    }
}

#[test]
fn a_token_that_is_not_valid_lets_nobody_in() {
    let expired = claims(&json!({"exp": NOW.as_secs()}));
    assert_eq!(
        pets(&token("a", "a", &expired)),
        Err(r#"401 {"message":"The incoming token has expired"}"#.to_owned())
    );
    let whole = token("a", "a", &claims(&json!({})));
    let (head, signature) = whole.rsplit_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJhIn0.";
    for (what, wrong) in [
        ("nothing", String::new()),
        ("no token", "abc".to_owned()),
        ("no signature", format!("{head}.")),
        ("an unsigned token", none.to_owned()),
        (
            "another signature",
            format!("{head}.{}", signature.chars().rev().collect::<String>()),
        ),
        ("the other key", token("a", "b", &claims(&json!({})))),
        ("an unknown key", token("c", "a", &claims(&json!({})))),
        (
            "another issuer",
            token("a", "a", &claims(&json!({"iss": "https://else.example"}))),
        ),
        ("no issuer", token("a", "a", &claims(&json!({"iss": null})))),
        ("no end", token("a", "a", &claims(&json!({"exp": null})))),
        (
            "not yet",
            token("a", "a", &claims(&json!({"nbf": NOW.as_secs() + 60}))),
        ),
        (
            "an access token",
            token("a", "a", &claims(&json!({"token_use": "access"}))),
        ),
        ("an expired one of another key", token("a", "b", &expired)),
    ] {
        assert_eq!(pets(&wrong), Err(UNAUTHORIZED.to_owned()), "{what}");
    }
}

/// Whoever knows the public key could sign with it as a secret.
#[test]
fn a_public_key_is_no_secret() {
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("a".to_owned());
    let secret = EncodingKey::from_secret(b"public");
    let token = encode(&header, &claims(&json!({})), &secret).unwrap();
    assert_eq!(pets(&token), Err(UNAUTHORIZED.to_owned()));
}

#[test]
fn scopes_need_an_access_token_that_has_one_of_them() {
    let scoped = |more: Json| {
        let token = token("a", "a", &claims(&more));
        outcome("/scoped", ("authorization", &token), "sub").is_ok()
    };
    assert!(scoped(
        json!({"token_use": "access", "scope": "openid pets/read"})
    ));
    assert!(!scoped(
        json!({"token_use": "access", "scope": "openid pets/readers"})
    ));
    assert!(!scoped(json!({"token_use": "access"})));
    assert!(!scoped(json!({"token_use": "id", "scope": "pets/read"})));
}

#[test]
fn audiences_are_checked_where_they_are_declared() {
    let fit = |audience: &str| {
        let token = token("a", "a", &claims(&json!({"aud": audience})));
        outcome("/fit", ("x-token", &token), "aud").is_ok()
    };
    assert!(fit("client-7") && !fit("a-client-7"));
    let issued = |audience: Json| {
        let token = token(
            "a",
            "a",
            &claims(&json!({"iss": "https://login.example/", "aud": audience})),
        );
        outcome("/jwt", ("x-token", &token), "aud").is_ok()
    };
    assert!(issued(json!("toys")) && issued(json!(["other", "pets"])));
    assert!(!issued(json!("other")) && !issued(json!(null)));
}
