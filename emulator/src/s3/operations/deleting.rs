//! Deletes of objects.

use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject,
    ETagCondition, Error, ObjectIdentifier,
};
use s3s::{S3Error, S3Request, S3Result, s3_error};

use super::output::{OperationResult, done, on_disk};
use super::writing::condition;
use crate::s3::object::condition::WriteCondition;
use crate::s3::object::date::seconds;
use crate::s3::object::version::only_version;
use crate::s3::storage::buckets::Buckets;
use crate::s3::storage::listing::PAGE;

pub(super) async fn delete_object(
    buckets: &Buckets,
    request: S3Request<DeleteObjectInput>,
) -> OperationResult<DeleteObjectOutput> {
    let input = request.input;
    only_version(input.version_id.as_deref())?;
    let modified = input.if_match_last_modified_time.as_ref().map(seconds);
    let size = asked_size(input.if_match_size)?;
    let condition = match (modified, size) {
        (None, None) => condition(input.if_match.as_ref(), None)?,
        _ => WriteCondition::Like {
            etag: input.if_match.as_ref().map(etag_of),
            modified,
            size,
        },
    };
    on_disk(buckets, move |buckets| {
        buckets.remove(&input.bucket, &input.key, &condition)
    })
    .await?;
    done(DeleteObjectOutput::default())
}

fn etag_of(condition: &ETagCondition) -> String {
    condition
        .as_etag()
        .map_or_else(|| "*".to_owned(), |etag| etag.value().to_owned())
}

fn asked_size(size: Option<i64>) -> S3Result<Option<u64>> {
    let invalid = |_| {
        s3_error!(
            InvalidArgument,
            "the size of an object must not be negative"
        )
    };
    size.map(u64::try_from).transpose().map_err(invalid)
}

/// Deletes several objects. Each key has its own result.
pub(super) async fn delete_objects(
    buckets: &Buckets,
    request: S3Request<DeleteObjectsInput>,
) -> OperationResult<DeleteObjectsOutput> {
    let input = request.input;
    buckets.exists(&input.bucket)?;
    if input.delete.objects.is_empty() || input.delete.objects.len() > PAGE {
        return Err(s3_error!(
            MalformedXML,
            "a Delete document must have 1 to 1000 keys"
        ));
    }
    let quiet = input.delete.quiet.unwrap_or(false);
    let results = on_disk(buckets, move |buckets| {
        Ok(remove_all(buckets, &input.bucket, input.delete.objects))
    });
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    for (key, result) in results.await? {
        match result {
            Ok(()) => deleted.push(DeletedObject {
                key: Some(key),
                ..DeletedObject::default()
            }),
            Err(error) => errors.push(of_key(key, &error)),
        }
    }
    let (deleted, errors) = (
        (!quiet).then_some(deleted),
        Some(errors).filter(|errors| !errors.is_empty()),
    );
    done(DeleteObjectsOutput {
        deleted,
        errors,
        ..DeleteObjectsOutput::default()
    })
}

/// Removes the objects whose conditions are valid, together. Returns each key with its result.
fn remove_all(
    buckets: &Buckets,
    bucket: &str,
    objects: Vec<ObjectIdentifier>,
) -> Vec<(String, S3Result<()>)> {
    let judged: Vec<_> = objects
        .into_iter()
        .map(|object| (object.key.clone(), condition_of(object)))
        .collect();
    let may_go = |(key, judged): &(String, S3Result<WriteCondition>)| {
        Some((key.clone(), judged.as_ref().ok()?.clone()))
    };
    let asked: Vec<_> = judged.iter().filter_map(may_go).collect();
    let mut removed = buckets.remove_all(bucket, &asked).into_iter();
    let mut result = |judged: S3Result<WriteCondition>| match judged {
        Ok(_) => removed.next().unwrap_or(Ok(())).map_err(S3Error::from),
        Err(error) => Err(error),
    };
    judged
        .into_iter()
        .map(|(key, judged)| (key, result(judged)))
        .collect()
}

/// The condition for one object of the list.
fn condition_of(object: ObjectIdentifier) -> S3Result<WriteCondition> {
    let ObjectIdentifier {
        e_tag,
        key: _,
        last_modified_time,
        size,
        version_id,
    } = object;
    only_version(version_id.as_deref())?;
    let (etag, modified) = (
        e_tag.map(|etag| etag.value().to_owned()),
        last_modified_time.as_ref().map(seconds),
    );
    Ok(match (etag, modified, asked_size(size)?) {
        (None, None, None) => WriteCondition::Always,
        (etag, modified, size) => WriteCondition::Like {
            etag,
            modified,
            size,
        },
    })
}

fn of_key(key: String, error: &S3Error) -> Error {
    let message = error.message().map(ToOwned::to_owned);
    Error {
        key: Some(key),
        code: Some(error.code().as_str().to_owned()),
        message,
        ..Error::default()
    }
}
