//! What a banner is made from.

use gateway::example::Example;

use crate::up::args::Part;
use crate::up::ports::Ports;
use crate::up::resources::Resources;

/// The chain that a banner describes.
pub(in crate::up) struct Contents<'a> {
    pub ports: &'a Ports,
    pub resources: &'a Resources,
    /// `AWS::Region` and `AWS::AccountId` here.
    pub account: &'a kit::cloudformation::Account,
    /// Parts that do not run.
    pub without: &'a [Part],
    /// A request that an API takes.
    pub example: Option<&'a Example>,
    /// Where the publisher posts to, if there is one.
    pub publisher: Option<&'a url::Url>,
    /// The bucket in which the subscriber keeps events, if there is one.
    pub subscriber: Option<&'a str>,
}
