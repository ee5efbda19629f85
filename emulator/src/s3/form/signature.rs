//! The signature of a posted form's policy: Signature Version 4 and Version 2. Pure.
//!
//! See `docs/aws/s3.md#posted-forms`.

use std::time::{Duration, UNIX_EPOCH};

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use s3s::{S3Error, S3Result, s3_error};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;
use time::Date;
use time::macros::format_description;

use super::fields::FormFields;
use crate::signature::Credentials;

/// The fields of a signature: their lower-case names, and the names as S3 writes them.
const VERSION_4: [(&str, &str); 4] = [
    ("x-amz-algorithm", "X-Amz-Algorithm"),
    ("x-amz-credential", "X-Amz-Credential"),
    ("x-amz-date", "X-Amz-Date"),
    ("x-amz-signature", "X-Amz-Signature"),
];
const VERSION_2: [(&str, &str); 2] = [
    ("awsaccesskeyid", "AWSAccessKeyId"),
    ("signature", "Signature"),
];

/// Refuses a policy without a signature and, when there are credentials, one with a wrong
/// signature.
pub(super) fn check(
    fields: &FormFields,
    policy: &str,
    credentials: Option<&Credentials>,
) -> S3Result<()> {
    let is_old = VERSION_2.iter().any(|(name, _)| fields.get(name).is_some());
    let needed = if is_old {
        &VERSION_2[..]
    } else {
        &VERSION_4[..]
    };
    if let Some((_, shown)) = needed.iter().find(|(name, _)| fields.said(name).is_none()) {
        let rest = "If it is specified, please check the order of the fields.";
        return Err(s3_error!(
            InvalidArgument,
            "Bucket POST must contain a field named '{shown}'.  {rest}"
        ));
    }
    let Some((key, secret)) = credentials.map(Credentials::expose) else {
        return Ok(());
    };
    let value = |name: &str| fields.get(name).unwrap_or_default();
    let (given_key, signature, expected) = match is_old {
        true => (
            value("awsaccesskeyid"),
            value("signature"),
            version_2(secret, policy),
        ),
        false => {
            let mut scope = value("x-amz-credential").split('/');
            let given_key = scope.next().unwrap_or_default();
            (
                given_key,
                value("x-amz-signature"),
                version_4(secret, policy, scope),
            )
        }
    };
    if given_key != key {
        let text = "The AWS Access Key Id you provided does not exist in our records.";
        return Err(s3_error!(InvalidAccessKeyId, "{text}"));
    }
    let is_right = |expected: String| bool::from(expected.as_bytes().ct_eq(signature.as_bytes()));
    if expected.is_some_and(is_right) {
        Ok(())
    } else {
        Err(mismatch())
    }
}

fn version_4<'s>(
    secret: &str,
    policy: &str,
    mut scope: impl Iterator<Item = &'s str>,
) -> Option<String> {
    let (date, region, service) = (scope.next()?, scope.next()?, scope.next()?);
    if (service, scope.next(), scope.next()) != ("s3", Some("aws4_request"), None) {
        return None;
    }
    let day = Date::parse(date, format_description!("[year][month][day]")).ok()?;
    let seconds = u64::try_from(day.midnight().assume_utc().unix_timestamp()).ok()?;
    let key = generate_signing_key(
        secret,
        UNIX_EPOCH + Duration::from_secs(seconds),
        region,
        service,
    );
    Some(calculate_signature(key, policy.as_bytes()))
}

fn version_2(secret: &str, policy: &str) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(policy.as_bytes());
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

fn mismatch() -> S3Error {
    s3_error!(
        SignatureDoesNotMatch,
        "The request signature we calculated does not match the signature you provided. Check your key and signing method."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(pairs: &[(&str, &str)], policy: &str, credentials: &str) -> Option<String> {
        let fields = FormFields::new(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let credentials: Option<Credentials> =
            (!credentials.is_empty()).then(|| credentials.parse().unwrap());
        check(&fields, policy, credentials.as_ref())
            .err()
            .map(|error| error.code().as_str().to_owned())
    }

    /// The published example: "Example: browser-based upload using HTTP POST", S3 API reference.
    #[test]
    fn the_published_example_is_verified() {
        let policy = concat!(
            "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2",
            "NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMt",
            "cmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29t",
            "L3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4",
            "LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0s",
            "DQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZP",
            "RE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1B",
            "Qy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9",
        );
        let signed = |signature: &'static str| {
            [
                ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
                (
                    "X-Amz-Credential",
                    "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request",
                ),
                ("X-Amz-Date", "20151229T000000Z"),
                ("X-Amz-Signature", signature),
            ]
        };
        let right = signed("8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
        let known = "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        assert_eq!(code(&right, policy, known), None);
        assert_eq!(
            code(&right, "b3RoZXI=", known).as_deref(),
            Some("SignatureDoesNotMatch")
        );
        assert_eq!(
            code(&signed("0"), policy, known).as_deref(),
            Some("SignatureDoesNotMatch")
        );
        assert_eq!(
            code(&right, policy, "other:secret").as_deref(),
            Some("InvalidAccessKeyId")
        );
        assert_eq!(
            code(&signed("0"), policy, ""),
            None,
            "any signature is accepted without credentials"
        );
        assert_eq!(
            code(&right[..3], policy, "").as_deref(),
            Some("InvalidArgument")
        );
    }

    #[test]
    fn the_older_version_is_verified() {
        let expected = version_2("secret", "cG9saWN5").unwrap();
        let signed = [("AWSAccessKeyId", "key"), ("signature", expected.as_str())];
        assert_eq!(code(&signed, "cG9saWN5", "key:secret"), None);
        assert_eq!(
            code(&signed, "cG9saWN5", "key:other").as_deref(),
            Some("SignatureDoesNotMatch")
        );
        assert_eq!(
            code(&signed[..1], "cG9saWN5", "").as_deref(),
            Some("InvalidArgument")
        );
    }
}
