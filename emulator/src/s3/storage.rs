//! Buckets, objects, settings and open uploads: on disk or in memory.

pub(crate) mod buckets;
pub(crate) mod disk;
mod disk_bucket;
pub(crate) mod error;
pub(crate) mod listing;
pub(crate) mod load;
pub(crate) mod memory;
pub(crate) mod object;
pub(crate) mod rewrite;
pub(crate) mod setting;
pub(crate) mod setting_xml;
pub(crate) mod settings;
pub(crate) mod settings_file;
pub(crate) mod staging;
pub(crate) mod upload;
