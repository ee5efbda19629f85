//! JSON Web Tokens, and the documents with which their issuers publish their keys. Signed with keys
//! of P-256 that stand here, or with an RSA key, which is all that HTTP APIs accept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kit::time::Timestamp;
use serde_json::{Value as Json, json};

use crate::suite::text;

/// Private keys by name.
const KEYS: [(&str, &str); 3] = [
    (
        "a",
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgOUNDqQnxdZJb2vqUdEh1fDm02x5M/bfh49kQ7C9lce+hRANCAAQxY8INFAWAg4lbxgFYH+m9K3fl4eiRJSS390s7GgYAyPXFjB7BaYb/XzjvZJQBt28msWCcczxhp1ADZkY3KtnN",
    ),
    (
        "b",
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQge8dQNuwDZAimi6gq39vyBZHTZeIV2HDvSaqxbuPt/5ShRANCAAQ7zEPjIXCYCr0mj+TcUIYuzDU18DzVEeODZfWWvvHO+JZMW0qYcVEvH2wUvGp8A7XwhZQ3sOCJkJy1X4C4DIBw",
    ),
    (
        "c",
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggPT9HB2N5cqgOgsH1m7ComMvba/7dz5LNBUZLX4BSCChRANCAARDmR95kC2P8I6/kEjU5mtcn1a5RTPLyFBm5Mw+KT5TFJO9angvpYwiecb85RvW/+kHqRyxrdvv00jrNHkWaSb0",
    ),
];

/// The RSA key `r`.
const RSA: &str = include_str!("r.key");

/// The claims that are moments: in a case, numbers of seconds from now.
const MOMENTS: [&str; 4] = ["exp", "iat", "nbf", "auth_time"];

/// A private key, and the algorithm that it is for.
fn key(name: &str) -> (EncodingKey, Algorithm) {
    let decoded = |text: &str| STANDARD.decode(text).expect("base64");
    if name == "r" {
        let key = EncodingKey::from_rsa_der(&decoded(&RSA.split_whitespace().collect::<String>()));
        return (key, Algorithm::RS256);
    }
    let known = KEYS.iter().find(|(id, _)| *id == name);
    let (_, text) = known.unwrap_or_else(|| panic!("no key {name}"));
    (EncodingKey::from_ec_der(&decoded(text)), Algorithm::ES256)
}

/// The token that `how` describes: its `claims`, the `key` that signs it, and its `kid` where it
/// names another one.
pub fn token(how: &Json) -> String {
    let signer = text(how, "key");
    let (key, algorithm) = key(&signer);
    let mut header = Header::new(algorithm);
    header.kid = Some(how["kid"].as_str().unwrap_or(&signer).to_owned());
    let mut claims = how["claims"].clone();
    let now = i64::try_from(Timestamp::wall().as_secs()).expect("a time of our days");
    for name in MOMENTS {
        if let Some(seconds) = claims.get(name).and_then(Json::as_i64) {
            claims[name] = (now + seconds).into();
        }
    }
    jsonwebtoken::encode(&header, &claims, &key).expect("a token")
}

/// The document (JWKS) with these keys.
pub fn key_set(names: &Json) -> Json {
    let public = |name: &Json| {
        let name = name.as_str().expect("a name of a key");
        let (key, algorithm) = key(name);
        let mut jwk = Jwk::from_encoding_key(&key, algorithm).expect("a public key");
        jwk.common.key_id = Some(name.to_owned());
        serde_json::to_value(&jwk).expect("JSON")
    };
    let names = names.as_array().into_iter().flatten();
    json!({"keys": names.map(public).collect::<Vec<_>>()})
}
