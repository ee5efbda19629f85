//! Door: the settings of a bucket, in one small durable file in the bucket's folder, or in memory.
//!
//! The file is read when a setting of its bucket is first asked for.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use s3s::xml::DeserializeContent;

use super::buckets::Buckets;
use super::error::StorageError;
use super::setting::{KeptSetting, Setting, Texts};
use super::setting_xml::from_xml;
use super::settings_file;

impl Buckets {
    /// A setting of a bucket, as it is stored.
    pub(crate) fn kept(&self, bucket: &str, setting: Setting) -> Result<KeptSetting, StorageError> {
        let mut known = self.settings().known();
        self.exists(bucket)?;
        let texts = self.texts(&mut known, bucket)?;
        Ok(match texts.get(setting.name()) {
            None => KeptSetting::Default,
            Some(None) => KeptSetting::Deleted,
            Some(Some(text)) => KeptSetting::Text(text.clone()),
        })
    }

    /// A setting that is stored as XML; `None` when it is not set.
    pub(crate) fn setting<T>(
        &self,
        bucket: &str,
        setting: Setting,
    ) -> Result<Option<T>, StorageError>
    where
        T: for<'xml> DeserializeContent<'xml>,
    {
        match self.kept(bucket, setting)? {
            KeptSetting::Text(text) => Ok(Some(from_xml(&text)?)),
            KeptSetting::Default | KeptSetting::Deleted => Ok(None),
        }
    }

    /// Changes a setting, durably.
    pub(crate) fn set(
        &self,
        bucket: &str,
        setting: Setting,
        kept: KeptSetting,
    ) -> Result<(), StorageError> {
        self.set_all(bucket, vec![(setting, kept)])
    }

    /// Changes several settings of a bucket at once, durably.
    pub(crate) fn set_all(
        &self,
        bucket: &str,
        changes: Vec<(Setting, KeptSetting)>,
    ) -> Result<(), StorageError> {
        let _changing = self.settings().lock_changes();
        self.exists(bucket)?;
        // The texts are known from here on, so no reader opens the file while it is replaced.
        let before = self.texts(&mut self.settings().known(), bucket)?;
        let mut texts = (*before).clone();
        for (setting, kept) in changes {
            match kept {
                KeptSetting::Default => texts.remove(setting.name()),
                KeptSetting::Deleted => texts.insert(setting.name().to_owned(), None),
                KeptSetting::Text(text) => texts.insert(setting.name().to_owned(), Some(text)),
            };
        }
        if let Some(folder) = self.folder(bucket) {
            settings_file::write(&folder, &texts)?;
        }
        self.settings()
            .known()
            .insert(bucket.to_owned(), Arc::new(texts));
        Ok(())
    }

    /// The settings of a bucket, read from their file unless they are known.
    fn texts(
        &self,
        known: &mut BTreeMap<String, Arc<Texts>>,
        bucket: &str,
    ) -> io::Result<Arc<Texts>> {
        if let Some(texts) = known.get(bucket) {
            return Ok(texts.clone());
        }
        let texts = match self.folder(bucket) {
            Some(folder) => Arc::new(settings_file::read(&folder)?),
            None => Arc::default(),
        };
        known.insert(bucket.to_owned(), texts.clone());
        Ok(texts)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use s3s::dto::{CORSConfiguration, CORSRule};

    use super::*;
    use crate::s3::storage::setting_xml::to_xml;
    use crate::s3::storage::settings_file::FILE;

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
            buckets.set("b", Setting::Cors, KeptSetting::Deleted),
            Err(StorageError::NoSuchBucket)
        ));
        buckets.create("b").unwrap();
        buckets
            .set("b", Setting::Cors, to_xml(&rules()).unwrap())
            .unwrap();
        buckets
            .set("b", Setting::Policy, KeptSetting::Text("{}".into()))
            .unwrap();
        buckets
            .set("b", Setting::PublicAccessBlock, KeptSetting::Deleted)
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
                KeptSetting::Text("{}".into())
            );
            assert_eq!(
                buckets.kept("b", Setting::PublicAccessBlock).unwrap(),
                KeptSetting::Deleted
            );
            assert_eq!(
                buckets.kept("b", Setting::Website).unwrap(),
                KeptSetting::Default
            );
        }
        let buckets = open();
        buckets.kept("b", Setting::Cors).unwrap();
        buckets.delete("b").unwrap();
        buckets.create("b").unwrap();
        assert_eq!(
            buckets.kept("b", Setting::Cors).unwrap(),
            KeptSetting::Default
        );
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

    #[test]
    fn settings_are_read_while_another_change_is_written() {
        let buckets = Buckets::open(None, "r").unwrap();
        buckets.create("b").unwrap();
        let _changing = buckets.settings().lock_changes();
        assert_eq!(
            buckets.kept("b", Setting::Cors).unwrap(),
            KeptSetting::Default
        );
    }
}
