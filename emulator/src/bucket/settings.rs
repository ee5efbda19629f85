//! Door: what is set on a bucket beside its objects, in one small durable file in the bucket's
//! folder, or in memory.
//!
//! A setting is kept as the XML that S3 has for it (a policy as its JSON), under the name of its
//! query parameter. The file is read when a setting of its bucket is first asked for, and replaced
//! as a whole.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use kit::lock::{Mutex, MutexGuard};
use s3s::xml::{DeserializeContent, Deserializer, SerializeContent, Serializer};

use super::file;
use super::objects::{BucketError, Buckets};

/// The file, in the bucket's folder. No shelf's name begins with a dot, and it is no folder.
const FILE: &str = ".settings.json";

/// The element around a setting in the file.
const ELEMENT: &str = "Setting";

/// What can be set on a bucket: the query parameters that name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
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
    fn name(self) -> &'static str {
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

/// A setting as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    /// Nobody said anything: S3's default holds.
    Default,
    /// It was deleted: where S3 has a default for new buckets, it does not hold any more.
    Deleted,
    Text(String),
}

/// Texts by the names of their settings; none is a setting that was deleted.
pub(super) type Texts = BTreeMap<String, Option<String>>;

/// The settings of the buckets that were asked for.
#[derive(Debug, Default)]
pub(super) struct Settings(Mutex<BTreeMap<String, Arc<Texts>>>);

impl Settings {
    /// What is known of the settings, by bucket. No bucket goes while it is held.
    pub(super) fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Texts>>> {
        self.0.lock()
    }
}

impl Buckets {
    /// A setting of a bucket.
    pub(super) fn kept(&self, bucket: &str, setting: Setting) -> Result<Kept, BucketError> {
        let mut known = self.settings().lock();
        self.exists(bucket)?;
        let texts = self.texts(&mut known, bucket)?;
        Ok(match texts.get(setting.name()) {
            None => Kept::Default,
            Some(None) => Kept::Deleted,
            Some(Some(text)) => Kept::Text(text.clone()),
        })
    }

    /// The same, read; `None` when nothing is set.
    pub(super) fn setting<T>(
        &self,
        bucket: &str,
        setting: Setting,
    ) -> Result<Option<T>, BucketError>
    where
        T: for<'xml> DeserializeContent<'xml>,
    {
        match self.kept(bucket, setting)? {
            Kept::Text(text) => Ok(Some(from_xml(&text)?)),
            Kept::Default | Kept::Deleted => Ok(None),
        }
    }

    /// Changes a setting, durably.
    pub(super) fn set(
        &self,
        bucket: &str,
        setting: Setting,
        kept: Kept,
    ) -> Result<(), BucketError> {
        self.set_all(bucket, vec![(setting, kept)])
    }

    /// Changes several settings at once.
    pub(super) fn set_all(
        &self,
        bucket: &str,
        changes: Vec<(Setting, Kept)>,
    ) -> Result<(), BucketError> {
        let mut known = self.settings().lock();
        self.exists(bucket)?;
        let mut texts = (*self.texts(&mut known, bucket)?).clone();
        for (setting, kept) in changes {
            match kept {
                Kept::Default => texts.remove(setting.name()),
                Kept::Deleted => texts.insert(setting.name().to_owned(), None),
                Kept::Text(text) => texts.insert(setting.name().to_owned(), Some(text)),
            };
        }
        if let Some(folder) = self.folder(bucket) {
            write(&folder, &texts)?;
        }
        known.insert(bucket.to_owned(), Arc::new(texts));
        Ok(())
    }

    fn texts(
        &self,
        known: &mut BTreeMap<String, Arc<Texts>>,
        bucket: &str,
    ) -> io::Result<Arc<Texts>> {
        if let Some(texts) = known.get(bucket) {
            return Ok(texts.clone());
        }
        let texts = Arc::new(
            self.folder(bucket)
                .map_or_else(|| Ok(Texts::new()), |folder| read(&folder))?,
        );
        known.insert(bucket.to_owned(), texts.clone());
        Ok(texts)
    }
}

/// A setting as XML.
pub(super) fn to_xml(value: &impl SerializeContent) -> Result<Kept, BucketError> {
    let mut bytes = Vec::new();
    let written = Serializer::new(&mut bytes).content(ELEMENT, value);
    written.map_err(|error| io::Error::other(error.to_string()))?;
    Ok(Kept::Text(
        String::from_utf8(bytes).map_err(io::Error::other)?,
    ))
}

/// What [`to_xml`] wrote.
fn from_xml<T: for<'xml> DeserializeContent<'xml>>(text: &str) -> Result<T, BucketError> {
    let mut reader = Deserializer::new(text.as_bytes());
    let read = reader.named_element(ELEMENT, |reader| T::deserialize_content(reader));
    read.map_err(|error| {
        BucketError::Io(io::Error::new(
            io::ErrorKind::InvalidData,
            error.to_string(),
        ))
    })
}

fn read(folder: &Path) -> io::Result<Texts> {
    let path = folder.join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Texts::new()),
        Err(error) => return Err(error),
    };
    let damaged = |error| {
        let text = format!(
            "{} is damaged ({error}): remove it to go on without these settings",
            path.display()
        );
        io::Error::new(io::ErrorKind::InvalidData, text)
    };
    serde_json::from_slice(&bytes).map_err(damaged)
}

/// Written under another name, synced, renamed, and the folder synced.
fn write(folder: &Path, texts: &Texts) -> io::Result<()> {
    let (path, draft) = (folder.join(FILE), folder.join(format!("{FILE}.new")));
    let written = write_draft(&draft, texts).and_then(|()| fs::rename(&draft, &path));
    if written.is_err() && fs::remove_file(&draft).is_err() {
        tracing::debug!("{} stays behind", draft.display());
    }
    written?;
    file::sync_folder(folder)
}

fn write_draft(draft: &Path, texts: &Texts) -> io::Result<()> {
    let mut file = File::create(draft)?;
    file.write_all(&serde_json::to_vec_pretty(texts)?)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use s3s::dto::{CORSConfiguration, CORSRule};

    fn rules() -> CORSConfiguration {
        let (methods, origins) = (vec!["PUT".to_owned()], vec!["http://a&b".to_owned()]);
        CORSConfiguration {
            cors_rules: vec![CORSRule {
                allowed_methods: methods,
                allowed_origins: origins,
                ..CORSRule::default()
            }],
        }
    }

    #[test]
    fn settings_outlive_a_restart_and_not_their_bucket() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Buckets::open(Some(folder.path()), "r").unwrap();
        let buckets = open();
        assert!(matches!(
            buckets.set("b", Setting::Cors, Kept::Deleted),
            Err(BucketError::NoSuchBucket)
        ));
        buckets.create("b").unwrap();
        buckets
            .set("b", Setting::Cors, to_xml(&rules()).unwrap())
            .unwrap();
        buckets
            .set("b", Setting::Policy, Kept::Text("{}".into()))
            .unwrap();
        buckets
            .set("b", Setting::PublicAccessBlock, Kept::Deleted)
            .unwrap();
        drop(buckets);
        for _ in 0..2 {
            let buckets = open();
            assert_eq!(
                buckets
                    .setting::<CORSConfiguration>("b", Setting::Cors)
                    .unwrap(),
                Some(rules())
            );
            assert_eq!(
                buckets.kept("b", Setting::Policy).unwrap(),
                Kept::Text("{}".into())
            );
            assert_eq!(
                buckets.kept("b", Setting::PublicAccessBlock).unwrap(),
                Kept::Deleted
            );
            assert_eq!(buckets.kept("b", Setting::Website).unwrap(), Kept::Default);
        }
        let buckets = open();
        buckets.kept("b", Setting::Cors).unwrap();
        buckets.delete("b").unwrap();
        buckets.create("b").unwrap();
        assert_eq!(buckets.kept("b", Setting::Cors).unwrap(), Kept::Default);
    }

    #[test]
    fn a_damaged_file_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let buckets = Buckets::open(Some(folder.path()), "r").unwrap();
        buckets.create("b").unwrap();
        fs::write(folder.path().join("b").join(FILE), "{").unwrap();
        let error = buckets.kept("b", Setting::Cors).unwrap_err().to_string();
        assert!(error.contains(FILE), "{error}");
    }
}
