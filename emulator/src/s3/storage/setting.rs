//! The settings that a bucket can have, and their cache.

use std::collections::BTreeMap;
use std::sync::Arc;

use kit::lock::{Mutex, MutexGuard};

/// What can be set on a bucket. Each is named by its query parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    Accelerate,
    Acl,
    Cors,
    Encryption,
    Lifecycle,
    LifecycleMinimum,
    Location,
    Logging,
    OwnershipControls,
    Policy,
    PublicAccessBlock,
    RequestPayment,
    Tagging,
    Versioning,
    Website,
}

impl Setting {
    /// The name of the query parameter.
    pub(super) fn name(self) -> &'static str {
        match self {
            Setting::Accelerate => "accelerate",
            Setting::Acl => "acl",
            Setting::Cors => "cors",
            Setting::Encryption => "encryption",
            Setting::Lifecycle => "lifecycle",
            Setting::LifecycleMinimum => "lifecycle-minimum-size",
            Setting::Location => "location",
            Setting::Logging => "logging",
            Setting::OwnershipControls => "ownershipControls",
            Setting::Policy => "policy",
            Setting::PublicAccessBlock => "publicAccessBlock",
            Setting::RequestPayment => "requestPayment",
            Setting::Tagging => "tagging",
            Setting::Versioning => "versioning",
            Setting::Website => "website",
        }
    }
}

/// A setting as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeptSetting {
    /// Never set: S3's default applies.
    Default,
    /// Deleted: the default that S3 has for new buckets no longer applies.
    Deleted,
    /// The setting as XML; a policy and an ACL are JSON, and some settings are one word.
    Text(String),
}

/// The settings of one bucket as texts, by name. `None` is a setting that was deleted.
pub(crate) type Texts = BTreeMap<String, Option<String>>;

/// The settings of the buckets that were asked for.
#[derive(Debug, Default)]
pub(crate) struct SettingsCache {
    known: Mutex<BTreeMap<String, Arc<Texts>>>,
    changing: Mutex<()>,
}

impl SettingsCache {
    /// The known settings, by bucket. Held only for a look, never while a file is written: every
    /// put reads the settings of its bucket.
    pub(super) fn known(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Texts>>> {
        self.known.lock()
    }

    /// Held while settings are changed, and while a bucket is created or deleted: no setting is
    /// written for a bucket that is being deleted, and no new bucket inherits one.
    pub(super) fn lock_changes(&self) -> MutexGuard<'_, ()> {
        self.changing.lock()
    }
}
