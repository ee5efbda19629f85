//! The settings of keys, plans and throttles.

use std::path::PathBuf;
use std::str::FromStr;

use crate::api::Throttle;

/// API keys, quotas and throttles
#[derive(Debug, Clone, clap::Args)]
pub struct UsageArgs {
    /// A file with API keys and usage plans in addition to those of the definition; read again when
    /// the definition is
    #[arg(long, value_name = "FILE", env = "GATEWAY_API_KEYS")]
    pub api_keys: Option<PathBuf>,
    /// The file that keeps quota counters and generated API keys across restarts [default: none,
    /// both are lost]
    #[arg(long, value_name = "FILE", env = "GATEWAY_USAGE_FILE")]
    pub usage_file: Option<PathBuf>,
    /// The throttle of the whole account: RATE,BURST (requests a second, requests at once), or off
    #[arg(
        long,
        value_name = "LIMIT",
        env = "GATEWAY_ACCOUNT_THROTTLE",
        default_value = "10000,5000"
    )]
    pub account_throttle: AccountThrottle,
}

impl Default for UsageArgs {
    /// What `--help` shows.
    fn default() -> UsageArgs {
        UsageArgs {
            api_keys: None,
            usage_file: None,
            account_throttle: AccountThrottle(Some(Throttle::ACCOUNT)),
        }
    }
}

/// `--account-throttle`: none when it is `off`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AccountThrottle(pub Option<Throttle>);

impl FromStr for AccountThrottle {
    type Err = String;

    fn from_str(text: &str) -> Result<AccountThrottle, String> {
        if text.eq_ignore_ascii_case("off") {
            return Ok(AccountThrottle(None));
        }
        let throttle = text.split_once(',').and_then(|(rate, burst)| {
            Some(Throttle {
                rate: rate.trim().parse().ok().filter(|rate| *rate >= 0.0)?,
                burst: burst.trim().parse().ok()?,
            })
        });
        let expected = "expected RATE,BURST, for example 10000,5000, or off";
        throttle
            .map(|throttle| AccountThrottle(Some(throttle)))
            .ok_or_else(|| expected.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_throttles_are_read() {
        let read = |text: &str| text.parse::<AccountThrottle>().map(|limit| limit.0);
        assert_eq!(read("10000,5000"), Ok(Some(Throttle::ACCOUNT)));
        assert_eq!(read("OFF"), Ok(None));
        assert_eq!(
            read("0.5, 1").unwrap().unwrap(),
            Throttle {
                rate: 0.5,
                burst: 1
            }
        );
        for wrong in ["", "1", "-1,5", "a,b", "1,-2", "NaN,1"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
