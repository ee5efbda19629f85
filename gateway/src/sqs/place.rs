//! Where SQS is, as the SDK has it for its own clients.

use aws_config::SdkConfig;
use aws_sdk_sqs::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use kit::aws;
use url::Url;

/// Where requests to SQS go.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub endpoint: Url,
    pub region: String,
}

impl Place {
    /// The endpoint of `sdk` for this region: the one that its variables and profiles name, else
    /// AWS's own, also the ones for FIPS and for IPv6.
    ///
    /// # Errors
    /// There is none: the region or the endpoint is malformed.
    pub(super) async fn of(sdk: &SdkConfig, region: &str) -> Result<Place, String> {
        let params = Params::builder()
            .region(region)
            .set_endpoint(aws::endpoint(sdk, "SQS"))
            .set_use_fips(sdk.use_fips())
            .set_use_dual_stack(sdk.use_dual_stack())
            .build()
            .map_err(|error| aws::explain(&error))?;
        let resolved = DefaultResolver::new().resolve_endpoint(&params).await;
        let resolved = resolved.map_err(|error| aws::explain(&*error))?;
        let endpoint = resolved
            .url()
            .parse()
            .map_err(|error| format!("the endpoint {} is not a URL: {error}", resolved.url()))?;
        Ok(Place {
            endpoint,
            region: region.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_endpoint_of_the_operators_wins_and_every_region_has_its_own() {
        let local = aws::local("http://127.0.0.1:4566").await;
        let place = Place::of(&local, "eu-west-1").await.unwrap();
        assert_eq!(place.endpoint.as_str(), "http://127.0.0.1:4566/");
        let at = async |config: SdkConfig, region: &str| {
            Place::of(&config, region)
                .await
                .unwrap()
                .endpoint
                .to_string()
        };
        let plain = || SdkConfig::builder();
        assert_eq!(
            at(plain().build(), "eu-west-1").await,
            "https://sqs.eu-west-1.amazonaws.com/"
        );
        assert_eq!(
            at(plain().build(), "cn-north-1").await,
            "https://sqs.cn-north-1.amazonaws.com.cn/"
        );
        assert_eq!(
            at(plain().use_fips(true).build(), "us-east-1").await,
            "https://sqs-fips.us-east-1.amazonaws.com/"
        );
    }
}
