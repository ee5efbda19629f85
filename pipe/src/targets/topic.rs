//! An SNS topic: `PublishBatch`, with the event as `Message`. SNS speaks the Query protocol: a
//! form, answered with XML. Pure.

use kit::call::Reply;
use kit::service::element;
use url::form_urlencoded::Serializer;

use super::dynamic::PlanError;
use super::entry::{FeedEntry, RequestLimits, unmentioned};
use super::refusal::Refusal;
use super::service::{ServiceEndpoint, ServiceRequest};
use kit::arn::Arn;

/// A standard topic; a FIFO topic cannot be a target of a pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    site: ServiceEndpoint,
    arn: String,
}

impl Topic {
    /// Ten messages of 256 KiB together.
    pub(super) const LIMITS: RequestLimits = RequestLimits {
        entries: 10,
        bytes: 256 * 1024,
    };

    /// The topic with this ARN.
    ///
    /// # Errors
    /// The ARN is that of a FIFO topic, or has no region.
    pub(crate) fn new(arn: &Arn<'_>) -> Result<Topic, String> {
        if arn.resource.ends_with(".fifo") {
            return Err(format!(
                "{} is a FIFO topic, which cannot be a pipe's target",
                arn.text
            ));
        }
        Ok(Topic {
            site: ServiceEndpoint::new(arn, "sns", "sns")?,
            arn: arn.text.to_owned(),
        })
    }

    pub(super) fn entry(body: String) -> Result<FeedEntry, PlanError> {
        if body.is_empty() {
            return Err(PlanError("SNS does not accept an empty message".into()));
        }
        let size = body.len();
        Ok(FeedEntry::new(body.into(), size))
    }

    pub(super) fn request(&self, entries: &[&FeedEntry]) -> ServiceRequest {
        let mut form = Serializer::new(String::new());
        form.append_pair("Action", "PublishBatch")
            .append_pair("Version", "2010-03-31");
        form.append_pair("TopicArn", &self.arn);
        for (index, entry) in entries.iter().enumerate() {
            let member = format!("PublishBatchRequestEntries.member.{}", index + 1);
            form.append_pair(&format!("{member}.Id"), &index.to_string());
            form.append_pair(
                &format!("{member}.Message"),
                entry.value.as_str().unwrap_or_default(),
            );
        }
        self.site.form(form.finish())
    }

    /// What became of each of `count` messages.
    pub(super) fn read(reply: &Reply, count: usize, who: &str) -> Vec<Result<(), Refusal>> {
        let mut results: Vec<_> = (0..count).map(|_| Err(unmentioned(who))).collect();
        let answer = String::from_utf8_lossy(&reply.body);
        let members = |list: &str| {
            element(&answer, list)
                .unwrap_or_default()
                .split("<member>")
                .skip(1)
        };
        let mut put = |member: &str, result| {
            let index = element(member, "Id").and_then(|id| id.parse::<usize>().ok());
            if let Some(slot) = index.and_then(|index| results.get_mut(index)) {
                *slot = result;
            }
        };
        members("Successful").for_each(|member| put(member, Ok(())));
        for member in members("Failed") {
            put(
                member,
                Err(Refusal::of_entry(
                    element(member, "Code").unwrap_or("no code"),
                    who,
                )),
            );
        }
        results
    }
}
