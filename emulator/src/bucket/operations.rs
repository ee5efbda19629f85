//! What each S3 request does: the library's types to [`Buckets`] and back.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use http_body_util::BodyExt as _;
use kit::time::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, Bucket, BucketLocationConstraint, CommonPrefix,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CopyObjectResult,
    CopyPartResult, CopySource, CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, DeleteBucketInput, DeleteBucketOutput, DeleteObjectInput, DeleteObjectOutput,
    DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag, ETagCondition, EncodingType, GetBucketLocationInput,
    GetBucketLocationOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput,
    HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput,
    ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput,
    MetadataDirective, MultipartUpload, Object as ListedObject, ObjectStorageClass, Owner, Part as ListedPart,
    PutObjectInput, PutObjectOutput, Range, StreamingBlob, UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::draft::{Draft, Part};
use super::file::{Head, Headers};
use super::listing::{PAGE, Page, Query};
use super::objects::{BucketError, Buckets, Condition, Object, StoredBody};

/// How much of a file is read at once.
const READ: usize = 64 * 1024;

/// What a listing with `encoding-type=url` leaves as it is.
const IN_LISTING: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'/').remove(b'*');

impl From<BucketError> for S3Error {
    fn from(error: BucketError) -> S3Error {
        match error {
            BucketError::NoSuchBucket => s3_error!(NoSuchBucket, "The specified bucket does not exist"),
            BucketError::AlreadyOwned => {
                s3_error!(
                    BucketAlreadyOwnedByYou,
                    "Your previous request to create the named bucket succeeded and you already own it."
                )
            }
            BucketError::NotEmpty => s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty"),
            BucketError::PreconditionFailed => {
                s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold")
            }
            BucketError::TooLarge => {
                s3_error!(EntityTooLarge, "Your proposed upload exceeds the maximum allowed object size.")
            }
            BucketError::NoSuchUpload => s3_error!(NoSuchUpload, "The specified multipart upload does not exist."),
            BucketError::TooManyUploads => {
                s3_error!(ServiceUnavailable, "1000 uploads are open: complete or abort some of them first.")
            }
            BucketError::PartNumber => {
                s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive")
            }
            BucketError::InvalidPart => s3_error!(
                InvalidPart,
                "One or more of the specified parts could not be found. The part may not have been uploaded, or the \
                 specified entity tag may not match the part's entity tag."
            ),
            BucketError::InvalidPartOrder => s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order. Parts must be ordered by part number."
            ),
            BucketError::PartTooSmall => {
                s3_error!(EntityTooSmall, "Your proposed upload is smaller than the minimum allowed size")
            }
            BucketError::Io(error) => {
                tracing::error!("objects cannot be kept: {error}");
                match error.kind() {
                    std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                        s3_error!(ServiceUnavailable, "The disk is full.")
                    }
                    _ => s3_error!(InternalError, "We encountered an internal error. Please try again."),
                }
            }
        }
    }
}

/// Runs something that waits for the disk.
async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> Result<T, BucketError> + Send + 'static) -> S3Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => Ok(result?),
        Err(error) => Err(s3_error!(error, InternalError)),
    }
}

fn done<T>(output: T) -> S3Result<S3Response<T>> {
    Ok(S3Response::new(output))
}

#[async_trait::async_trait]
impl S3 for Buckets {
    async fn create_bucket(&self, request: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        let name = request.input.bucket;
        let location = Some(format!("/{name}"));
        let buckets = self.clone();
        on_disk(move || buckets.create(&name)).await?;
        done(CreateBucketOutput { location })
    }

    async fn delete_bucket(&self, request: S3Request<DeleteBucketInput>) -> S3Result<S3Response<DeleteBucketOutput>> {
        let buckets = self.clone();
        on_disk(move || buckets.delete(&request.input.bucket)).await?;
        done(DeleteBucketOutput::default())
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.exists(&request.input.bucket)?;
        done(HeadBucketOutput { bucket_region: Some(self.region().to_owned()), ..HeadBucketOutput::default() })
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.exists(&request.input.bucket)?;
        // us-east-1 is shown as no constraint at all.
        let constraint =
            (self.region() != "us-east-1").then(|| BucketLocationConstraint::from(self.region().to_owned()));
        done(GetBucketLocationOutput { location_constraint: constraint })
    }

    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        let bucket =
            |(name, created)| Bucket { name: Some(name), creation_date: Some(time_of(created)), ..Bucket::default() };
        let buckets = self.names().into_iter().map(bucket).collect();
        let owner = Owner { display_name: Some("tidegate".to_owned()), id: Some("0".repeat(64)) };
        done(ListBucketsOutput { buckets: Some(buckets), owner: Some(owner), ..ListBucketsOutput::default() })
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let mut input = request.input;
        self.exists(&input.bucket)?;
        let condition = put_condition(input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let draft = self.receive(input.body.take()).await?;
        check_digest(input.content_md5.as_deref(), &draft)?;
        let headers = Headers {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            content_language: input.content_language,
            content_disposition: input.content_disposition,
            cache_control: input.cache_control,
            metadata: sorted(input.metadata.unwrap_or_default()),
        };
        let buckets = self.clone();
        let put = move || buckets.put(&input.bucket, &input.key, headers, draft, &condition);
        let object = on_disk(put).await?;
        done(PutObjectOutput { e_tag: Some(etag(&object.head)), ..PutObjectOutput::default() })
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = request.input;
        let CopySource::Bucket { bucket, key, .. } = &input.copy_source else {
            return Err(s3_error!(NotImplemented, "copies are made from buckets only"));
        };
        let source = self.find(bucket, key)?;
        if let Some(condition) = &input.copy_source_if_match
            && !holds(condition, &source.head)
        {
            return Err(BucketError::PreconditionFailed.into());
        }
        let replace =
            input.metadata_directive.as_ref().is_some_and(|directive| directive.as_str() == MetadataDirective::REPLACE);
        let headers = if replace {
            Headers {
                content_type: input.content_type,
                content_encoding: input.content_encoding,
                content_language: input.content_language,
                content_disposition: input.content_disposition,
                cache_control: input.cache_control,
                metadata: sorted(input.metadata.unwrap_or_default()),
            }
        } else {
            source.head.headers.clone()
        };
        let draft = self.receive(Some(stream(&source, 0..source.head.size).await?)).await?;
        let buckets = self.clone();
        let put = move || buckets.put(&input.bucket, &input.key, headers, draft, &Condition::Always);
        let object = on_disk(put).await?;
        let result = CopyObjectResult {
            e_tag: Some(etag(&object.head)),
            last_modified: Some(modified(&object.head)),
            ..CopyObjectResult::default()
        };
        done(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() })
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let object = self.find(&input.bucket, &input.key)?;
        check(&object.head, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let (range, content_range) = range(input.range.as_ref(), object.head.size)?;
        let length = range.end - range.start;
        let body = stream(&object, range).await?;
        let head = &object.head;
        let headers = head.headers.clone();
        done(GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            body: Some(body),
            content_length: i64::try_from(length).ok(),
            content_range,
            e_tag: Some(etag(head)),
            last_modified: Some(modified(head)),
            content_type: input.response_content_type.or_else(|| Some(content_type(head))),
            content_encoding: input.response_content_encoding.or(headers.content_encoding),
            content_language: input.response_content_language.or(headers.content_language),
            content_disposition: input.response_content_disposition.or(headers.content_disposition),
            cache_control: input.response_cache_control.or(headers.cache_control),
            metadata: Some(headers.metadata.into_iter().collect()),
            ..GetObjectOutput::default()
        })
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        let object = self.find(&input.bucket, &input.key)?;
        check(&object.head, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let (range, content_range) = range(input.range.as_ref(), object.head.size)?;
        let head = &object.head;
        let headers = head.headers.clone();
        done(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: i64::try_from(range.end - range.start).ok(),
            content_range,
            e_tag: Some(etag(head)),
            last_modified: Some(modified(head)),
            content_type: Some(content_type(head)),
            content_encoding: headers.content_encoding,
            content_language: headers.content_language,
            content_disposition: headers.content_disposition,
            cache_control: headers.cache_control,
            metadata: Some(headers.metadata.into_iter().collect()),
            ..HeadObjectOutput::default()
        })
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let buckets = self.clone();
        on_disk(move || buckets.remove(&request.input.bucket, &request.input.key)).await?;
        done(DeleteObjectOutput::default())
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let input = request.input;
        if input.delete.objects.len() > PAGE {
            return Err(s3_error!(MalformedXML, "at most 1000 keys can be deleted at once"));
        }
        let buckets = self.clone();
        let quiet = input.delete.quiet.unwrap_or(false);
        let keys: Vec<String> = input.delete.objects.into_iter().map(|object| object.key).collect();
        let deleted = on_disk(move || {
            keys.iter().try_for_each(|key| buckets.remove(&input.bucket, key))?;
            Ok(keys)
        });
        let deleted =
            deleted.await?.into_iter().map(|key| DeletedObject { key: Some(key), ..DeletedObject::default() });
        let deleted = (!quiet).then(|| deleted.collect());
        done(DeleteObjectsOutput { deleted, ..DeleteObjectsOutput::default() })
    }

    async fn list_objects(&self, request: S3Request<ListObjectsInput>) -> S3Result<S3Response<ListObjectsOutput>> {
        let input = request.input;
        let encoding = input.encoding_type;
        let query = query(input.prefix.as_deref(), input.delimiter.as_deref(), input.marker.as_deref(), input.max_keys);
        let listed = self.list(&input.bucket, &query, |page| Listed::of(&page, encoding.as_ref()))?;
        done(ListObjectsOutput {
            name: Some(input.bucket),
            prefix: Some(encoded(&query.prefix, encoding.as_ref())),
            marker: Some(encoded(&query.after, encoding.as_ref())),
            delimiter: input.delimiter,
            max_keys: i32::try_from(query.limit).ok(),
            is_truncated: Some(listed.next.is_some()),
            next_marker: listed.next.map(|next| encoded(&next, encoding.as_ref())),
            contents: Some(listed.contents),
            common_prefixes: Some(listed.common_prefixes),
            encoding_type: encoding,
            ..ListObjectsOutput::default()
        })
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let encoding = input.encoding_type;
        let after = match &input.continuation_token {
            Some(token) => Some(from_token(token)?),
            None => input.start_after.clone(),
        };
        let query = query(input.prefix.as_deref(), input.delimiter.as_deref(), after.as_deref(), input.max_keys);
        let listed = self.list(&input.bucket, &query, |page| Listed::of(&page, encoding.as_ref()))?;
        let count = listed.contents.len() + listed.common_prefixes.len();
        done(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: Some(encoded(&query.prefix, encoding.as_ref())),
            delimiter: input.delimiter,
            max_keys: i32::try_from(query.limit).ok(),
            key_count: i32::try_from(count).ok(),
            is_truncated: Some(listed.next.is_some()),
            continuation_token: input.continuation_token,
            next_continuation_token: listed.next.as_deref().map(to_token),
            start_after: input.start_after,
            contents: Some(listed.contents),
            common_prefixes: Some(listed.common_prefixes),
            encoding_type: encoding,
            ..ListObjectsV2Output::default()
        })
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        let headers = Headers {
            content_type: input.content_type,
            content_encoding: input.content_encoding,
            content_language: input.content_language,
            content_disposition: input.content_disposition,
            cache_control: input.cache_control,
            metadata: sorted(input.metadata.unwrap_or_default()),
        };
        let id = self.begin_upload(&input.bucket, &input.key, headers)?;
        done(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            ..CreateMultipartUploadOutput::default()
        })
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let mut input = request.input;
        self.upload(&input.bucket, &input.key, &input.upload_id)?;
        let draft = self.receive(input.body.take()).await?;
        check_digest(input.content_md5.as_deref(), &draft)?;
        let etag = self.add_part(&input.upload_id, input.part_number, draft)?;
        done(UploadPartOutput { e_tag: Some(ETag::Strong(etag)), ..UploadPartOutput::default() })
    }

    async fn upload_part_copy(
        &self,
        request: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let input = request.input;
        self.upload(&input.bucket, &input.key, &input.upload_id)?;
        let CopySource::Bucket { bucket, key, .. } = &input.copy_source else {
            return Err(s3_error!(NotImplemented, "copies are made from buckets only"));
        };
        let source = self.find(bucket, key)?;
        let asked = input.copy_source_range.as_deref().map(Range::parse).transpose();
        let asked = asked.map_err(|error| s3_error!(error, InvalidArgument))?;
        let (range, _) = range(asked.as_ref(), source.head.size)?;
        let draft = self.receive(Some(stream(&source, range).await?)).await?;
        let etag = self.add_part(&input.upload_id, input.part_number, draft)?;
        let result = CopyPartResult {
            e_tag: Some(ETag::Strong(etag)),
            last_modified: Some(time_of(Timestamp::now())),
            ..CopyPartResult::default()
        };
        done(UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() })
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = request.input;
        let condition = put_condition(input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let part = |part: s3s::dto::CompletedPart| Some((part.part_number?, part.e_tag?.value().to_owned()));
        let asked: Option<Vec<_>> = parts.into_iter().map(part).collect();
        let asked = asked.ok_or_else(|| s3_error!(MalformedXML, "every part needs PartNumber and ETag"))?;
        let (buckets, bucket, key) = (self.clone(), input.bucket.clone(), input.key.clone());
        let complete = move || buckets.complete_upload(&bucket, &key, &input.upload_id, &asked, &condition);
        let object = on_disk(complete).await?;
        done(CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(etag(&object.head)),
            ..CompleteMultipartUploadOutput::default()
        })
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let (buckets, input) = (self.clone(), request.input);
        on_disk(move || buckets.abort_upload(&input.bucket, &input.key, &input.upload_id)).await?;
        done(AbortMultipartUploadOutput::default())
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let upload = self.upload(&input.bucket, &input.key, &input.upload_id)?;
        let after = input.part_number_marker.unwrap_or_default();
        let most = input.max_parts.and_then(|most| usize::try_from(most).ok()).unwrap_or(PAGE).min(PAGE);
        let mut rest = upload.parts.range(after.saturating_add(1)..);
        let listed: Vec<ListedPart> =
            rest.by_ref().take(most).map(|(number, part)| listed_part(*number, part)).collect();
        let is_truncated = rest.next().is_some();
        done(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            part_number_marker: input.part_number_marker,
            next_part_number_marker: listed.last().filter(|_| is_truncated).and_then(|part| part.part_number),
            max_parts: i32::try_from(most).ok(),
            is_truncated: Some(is_truncated),
            parts: Some(listed),
            ..ListPartsOutput::default()
        })
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let input = request.input;
        let prefix = input.prefix.clone().unwrap_or_default();
        let open = self.open_uploads(&input.bucket)?;
        let uploads = open.into_iter().filter(|(_, upload)| upload.key.starts_with(&prefix)).map(|(id, upload)| {
            let initiated = Some(time_of(upload.started));
            MultipartUpload { upload_id: Some(id), key: Some(upload.key), initiated, ..MultipartUpload::default() }
        });
        done(ListMultipartUploadsOutput {
            uploads: Some(uploads.collect()),
            bucket: Some(input.bucket),
            prefix: input.prefix,
            is_truncated: Some(false),
            ..ListMultipartUploadsOutput::default()
        })
    }
}

fn listed_part(number: i32, part: &Part) -> ListedPart {
    ListedPart {
        part_number: Some(number),
        size: i64::try_from(part.size).ok(),
        e_tag: Some(ETag::Strong(part.etag.clone())),
        ..ListedPart::default()
    }
}

impl Buckets {
    fn find(&self, bucket: &str, key: &str) -> S3Result<Arc<Object>> {
        self.get(bucket, key)?.ok_or_else(|| s3_error!(NoSuchKey, "The specified key does not exist."))
    }

    /// Writes a body to a draft as it comes in.
    async fn receive(&self, body: Option<StreamingBlob>) -> S3Result<Draft> {
        let mut draft = self.draft().map_err(S3Error::from)?;
        let Some(blob) = body else { return Ok(draft) };
        let mut body = s3s::Body::from(blob);
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| s3_error!(std::io::Error::other(error), IncompleteBody))?;
            if let Some(data) = frame.data_ref() {
                draft.write(data)?;
            }
        }
        Ok(draft)
    }
}

async fn stream(object: &Object, range: std::ops::Range<u64>) -> S3Result<StreamingBlob> {
    match &object.body {
        StoredBody::Memory(bytes) => {
            // In memory there are no more than 1 GiB, so the places fit.
            let part = bytes.slice(range.start as usize..range.end as usize);
            Ok(StreamingBlob::from(s3s::Body::from(part)))
        }
        StoredBody::File(path) => {
            let open = async {
                let mut file = tokio::fs::File::open(path).await?;
                file.seek(std::io::SeekFrom::Start(range.start)).await?;
                Ok::<_, std::io::Error>(file.take(range.end - range.start))
            };
            let file = open.await.map_err(BucketError::from)?;
            Ok(StreamingBlob::wrap(ReaderStream::with_capacity(file, READ)))
        }
    }
}

/// The part of the body to send, and `Content-Range` when it is not all of it.
fn range(asked: Option<&Range>, size: u64) -> S3Result<(std::ops::Range<u64>, Option<String>)> {
    let Some(asked) = asked else { return Ok((0..size, None)) };
    let part = asked.check(size).map_err(|error| s3_error!(error, InvalidRange))?;
    let text = format!("bytes {}-{}/{size}", part.start, part.end.saturating_sub(1));
    Ok((part, Some(text)))
}

fn put_condition(is: Option<&ETagCondition>, is_not: Option<&ETagCondition>) -> S3Result<Condition> {
    match (is, is_not) {
        (None, None) => Ok(Condition::Always),
        (None, Some(condition)) if condition.is_any() => Ok(Condition::Absent),
        (Some(condition), None) => match condition.as_etag() {
            Some(etag) => Ok(Condition::Is(etag.value().to_owned())),
            None => Err(s3_error!(NotImplemented, "If-Match takes an ETag")),
        },
        _ => Err(s3_error!(NotImplemented, "If-None-Match takes * only, and not together with If-Match")),
    }
}

/// `If-Match` and `If-None-Match` of a read.
fn check(head: &Head, is: Option<&ETagCondition>, is_not: Option<&ETagCondition>) -> S3Result<()> {
    if is.is_some_and(|condition| !holds(condition, head)) {
        return Err(BucketError::PreconditionFailed.into());
    }
    if is_not.is_some_and(|condition| holds(condition, head)) {
        return Err(s3_error!(NotModified));
    }
    Ok(())
}

fn holds(condition: &ETagCondition, head: &Head) -> bool {
    condition.is_any() || condition.as_etag().is_some_and(|etag| etag.value() == head.etag)
}

fn check_digest(given: Option<&str>, draft: &Draft) -> S3Result<()> {
    use base64::Engine as _;
    let Some(given) = given else { return Ok(()) };
    let digest = base64::engine::general_purpose::STANDARD.decode(given);
    let digest =
        digest.map_err(|error| s3_error!(error, InvalidDigest, "The Content-MD5 you specified is not valid."))?;
    if hex::encode(digest) == draft.etag() {
        return Ok(());
    }
    Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received."))
}

fn query(prefix: Option<&str>, delimiter: Option<&str>, after: Option<&str>, limit: Option<i32>) -> Query {
    Query {
        prefix: prefix.unwrap_or_default().to_owned(),
        delimiter: delimiter.map(ToOwned::to_owned),
        after: after.unwrap_or_default().to_owned(),
        limit: limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE).min(PAGE),
    }
}

/// A page in the library's types.
struct Listed {
    contents: Vec<ListedObject>,
    common_prefixes: Vec<CommonPrefix>,
    next: Option<String>,
}

impl Listed {
    fn of(page: &Page<'_, Arc<Object>>, encoding: Option<&EncodingType>) -> Listed {
        let object = |object: &&Arc<Object>| ListedObject {
            key: Some(encoded(&object.head.key, encoding)),
            size: i64::try_from(object.head.size).ok(),
            e_tag: Some(etag(&object.head)),
            last_modified: Some(modified(&object.head)),
            storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
            ..ListedObject::default()
        };
        let prefix = |prefix: &String| CommonPrefix { prefix: Some(encoded(prefix, encoding)) };
        Listed {
            contents: page.objects.iter().map(object).collect(),
            common_prefixes: page.common_prefixes.iter().map(prefix).collect(),
            next: page.next.clone(),
        }
    }
}

fn encoded(text: &str, encoding: Option<&EncodingType>) -> String {
    match encoding {
        Some(_) => utf8_percent_encode(text, IN_LISTING).to_string(),
        None => text.to_owned(),
    }
}

/// A token is the last key, in hex, so that it is opaque and safe in a URL.
fn to_token(key: &str) -> String {
    hex::encode(key)
}

fn from_token(token: &str) -> S3Result<String> {
    let key = hex::decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}

fn etag(head: &Head) -> ETag {
    ETag::Strong(head.etag.clone())
}

fn content_type(head: &Head) -> String {
    head.headers.content_type.clone().unwrap_or_else(|| "binary/octet-stream".to_owned())
}

fn modified(head: &Head) -> s3s::dto::Timestamp {
    time_of(Timestamp::from_millis(head.modified))
}

fn time_of(at: Timestamp) -> s3s::dto::Timestamp {
    (UNIX_EPOCH + Duration::from_millis(at.as_millis())).into()
}

fn sorted(metadata: impl IntoIterator<Item = (String, String)>) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = metadata.into_iter().collect();
    pairs.sort();
    pairs
}
