//! Where the keys of issuers are, as settings say.

use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use crate::api::Issuer;

/// Where the keys of an issuer are: `ISSUER=FILE` or `ISSUER=URL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySource {
    /// The issuer's URL, or the id of a user pool.
    issuer: String,
    place: KeyPlace,
}

/// A place of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyPlace {
    File(PathBuf),
    Url(Url),
}

impl FromStr for KeySource {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<KeySource, &'static str> {
        const WRONG: &str =
            "expected ISSUER=FILE or ISSUER=URL, with a URL or the id of a user pool as ISSUER";
        let (issuer, place) = text.split_once('=').ok_or(WRONG)?;
        if issuer.is_empty() || place.is_empty() {
            return Err(WRONG);
        }
        let place = if place.starts_with("http://") || place.starts_with("https://") {
            KeyPlace::Url(place.parse().map_err(|_| WRONG)?)
        } else {
            KeyPlace::File(place.into())
        };
        Ok(KeySource {
            issuer: issuer.trim_end_matches('/').to_owned(),
            place,
        })
    }
}

impl KeySource {
    /// Whether these are the keys of an issuer.
    pub(crate) fn is_for(&self, issuer: &Issuer) -> bool {
        self.issuer == issuer.url().trim_end_matches('/')
            || matches!(issuer, Issuer::UserPool { id, .. } if *id == self.issuer)
    }

    /// Where they are.
    pub(crate) fn place(&self) -> &KeyPlace {
        &self.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_meant_by_its_url_or_its_pool() {
        let pool = Issuer::UserPool {
            region: "eu-west-1".into(),
            id: "eu-west-1_A".into(),
        };
        let provider = Issuer::Provider("https://login.example/".into());
        let by = |text: &str| text.parse::<KeySource>().unwrap();
        assert!(by("eu-west-1_A=keys.json").is_for(&pool));
        let url = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_A=http://127.0.0.1:1/k";
        assert!(by(url).is_for(&pool) && !by(url).is_for(&provider));
        assert!(matches!(by(url).place(), KeyPlace::Url(_)));
        assert!(by("https://login.example=keys.json").is_for(&provider));
        for wrong in ["", "keys.json", "=k", "i=", "i=http://"] {
            assert!(wrong.parse::<KeySource>().is_err(), "{wrong}");
        }
    }
}
