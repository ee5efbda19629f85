//! Where a stack would be deployed, and with which parameters.

use std::collections::BTreeMap;

use crate::arn::{partition_of, url_suffix};

/// Where a stack would be deployed: the pseudo parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// `AWS::Region`.
    pub region: String,
    /// `AWS::AccountId`, twelve digits.
    pub account_id: String,
    /// `AWS::StackName`; also the first part of generated names.
    pub stack_name: String,
}

impl Account {
    /// `AWS::Partition`: `aws`, `aws-cn` or `aws-us-gov`.
    pub fn partition(&self) -> &'static str {
        partition_of(&self.region)
    }

    /// An ARN in this account and region.
    pub(super) fn arn(&self, service: &str, rest: &str) -> String {
        let Account {
            region, account_id, ..
        } = self;
        format!(
            "arn:{}:{service}:{region}:{account_id}:{rest}",
            self.partition()
        )
    }

    /// `AWS::URLSuffix`: what the hosts of services end with.
    pub fn url_suffix(&self) -> &'static str {
        url_suffix(self.partition())
    }
}

/// Values for parameters, by name, as `aws cloudformation deploy --parameter-overrides` takes them.
pub type Overrides = BTreeMap<String, String>;
