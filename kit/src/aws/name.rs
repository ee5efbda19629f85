//! Names that the environment gives to regions and accounts, checked before anything is made of
//! them: host names, ARNs and signatures, in which a wrong one shows late and as something else.

use aws_config::{Region, SdkConfig};

use crate::env::{self, EnvError};

/// Used when neither the environment nor the profile names a region.
pub const DEFAULT_REGION: &str = "ap-northeast-2";

/// The variables, in the order in which they count.
const REGION: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

const ACCOUNT: &str = "AWS_ACCOUNT_ID";

/// The region that the environment names, if it names one.
///
/// # Errors
/// The value is not a region name.
pub fn region_of_environment() -> Result<Option<String>, EnvError> {
    for name in REGION {
        if let Some(value) = env::var(name)? {
            return checked_region(name, value).map(Some);
        }
    }
    Ok(None)
}

/// The region of a configuration made by [`config`](super::config) or [`local`](super::local).
pub fn region(config: &SdkConfig) -> &str {
    config.region().map_or(DEFAULT_REGION, Region::as_ref)
}

/// Whether the region of a configuration, which may come from a profile, is one.
///
/// # Errors
/// The region is invalid; the text names the setting.
pub fn check_region(config: &SdkConfig) -> Result<(), EnvError> {
    if region_of_environment()?.is_none() {
        checked_region("region of the AWS profile", region(config).to_owned())?;
    }
    Ok(())
}

/// The account that the environment names, if it names one.
///
/// # Errors
/// The value is not an account ID.
pub fn account_of_environment() -> Result<Option<String>, EnvError> {
    env::var(ACCOUNT)?
        .map(|value| checked_account(ACCOUNT, value))
        .transpose()
}

/// As the AWS CLI and boto3 have it (botocore's `validate_region_name`), for there are regions
/// outside of AWS too: a label of a host name.
fn checked_region(name: &str, value: String) -> Result<String, EnvError> {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label = (1..=63).contains(&value.len()) && value.bytes().all(is_known);
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    if is_label && !is_number && !value.starts_with('-') && !value.ends_with('-') {
        return Ok(value);
    }
    let reason = "expected a region name, such as eu-west-1".to_owned();
    Err(EnvError {
        name: name.to_owned(),
        value,
        reason,
    })
}

fn checked_account(name: &str, value: String) -> Result<String, EnvError> {
    if value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(value);
    }
    let reason = "expected an account ID of 12 digits".to_owned();
    Err(EnvError {
        name: name.to_owned(),
        value,
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_labels() {
        for region in [
            "us-east-1",
            "us-gov-west-1",
            "auto",
            "local",
            "US-EAST-1",
            "garage2",
        ] {
            assert_eq!(
                checked_region("AWS_REGION", region.to_owned()).as_deref(),
                Ok(region)
            );
        }
        let long = "a".repeat(64);
        for region in [
            "no such region",
            "-eu",
            "eu-",
            "123",
            "eu_west_1",
            "eu.west",
            "s3/../x",
            "é",
            long.as_str(),
        ] {
            let message = checked_region("AWS_REGION", region.to_owned())
                .unwrap_err()
                .to_string();
            assert_eq!(
                message,
                format!("AWS_REGION={region}: expected a region name, such as eu-west-1")
            );
        }
    }

    #[test]
    fn accounts_are_twelve_digits() {
        assert!(checked_account("AWS_ACCOUNT_ID", "000000000000".to_owned()).is_ok());
        for account in [
            "12",
            "1234567890123",
            "12345678901x",
            "1234-5678-9012",
            "１２３４",
        ] {
            let message = checked_account("AWS_ACCOUNT_ID", account.to_owned())
                .unwrap_err()
                .to_string();
            assert_eq!(
                message,
                format!("AWS_ACCOUNT_ID={account}: expected an account ID of 12 digits")
            );
        }
    }
}
