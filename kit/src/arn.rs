//! Amazon Resource Names: `arn:partition:service:region:account:resource`. Pure.

/// The parts of an ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// The whole ARN.
    pub text: &'a str,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: &'a str,
    /// `sqs`, `lambda`, `states`.
    pub service: &'a str,
    /// The region of the resource.
    pub region: &'a str,
    /// The account that owns the resource.
    pub account: &'a str,
    /// The resource: a name, or a kind and a name.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Parses an ARN; `None` for any other text, and for an ARN without a resource.
    pub fn parse(text: &'a str) -> Option<Arn<'a>> {
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next();
        let (scheme, partition, service) = (next()?, next()?, next()?);
        let (region, account, resource) = (next()?, next()?, next()?);
        let arn = Arn {
            text,
            partition,
            service,
            region,
            account,
            resource,
        };
        (scheme == "arn" && !resource.is_empty()).then_some(arn)
    }

    /// The name of the event bus, if it is one.
    pub fn event_bus(&self) -> Option<&'a str> {
        let name = self.resource.strip_prefix("event-bus/");
        name.filter(|_| self.service == "events")
    }

    /// The public host name of a service in the ARN's region. `prefix` is its first label.
    pub fn host(&self, prefix: &str) -> String {
        format!("{prefix}.{}.{}", self.region, url_suffix(self.partition))
    }

    /// What follows the last `:` or `/` of the resource: its name, for most kinds.
    pub fn name(&self) -> &'a str {
        let resource = self.resource;
        resource.rsplit([':', '/']).next().unwrap_or(resource)
    }
}

/// The partition of a region: `aws`, `aws-cn` or `aws-us-gov`.
pub fn partition_of(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// What the hosts of services end with in a partition.
pub fn url_suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        _ => "amazonaws.com",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_hosts() {
        let arn = Arn::parse("arn:aws:lambda:eu-west-1:123456789012:function:f:live").unwrap();
        assert_eq!(
            (arn.service, arn.region, arn.account),
            ("lambda", "eu-west-1", "123456789012")
        );
        assert_eq!(
            (arn.resource, arn.host("lambda").as_str()),
            ("function:f:live", "lambda.eu-west-1.amazonaws.com")
        );
        assert_eq!(arn.name(), "live");
        let china = Arn::parse("arn:aws-cn:sqs:cn-north-1:1:q").unwrap();
        assert_eq!(china.host("sqs"), "sqs.cn-north-1.amazonaws.com.cn");
        for wrong in [
            "",
            "arn:aws:sqs:e:1:",
            "arn:aws:sqs:e:1",
            "urn:aws:sqs:e:1:q",
        ] {
            assert_eq!(Arn::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn partitions_by_region() {
        for (region, partition, suffix) in [
            ("eu-west-1", "aws", "amazonaws.com"),
            ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
        ] {
            assert_eq!(partition_of(region), partition);
            assert_eq!(url_suffix(partition), suffix);
        }
    }
}
