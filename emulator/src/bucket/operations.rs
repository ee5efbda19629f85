//! What each S3 request does, as a table: the library's types to [`Buckets`] and back. What is not in it, the library
//! refuses with 501 `NotImplemented`.

mod buckets;
mod reading;
mod uploads;
mod writing;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CopyObjectInput, CopyObjectOutput, CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, DeleteBucketInput, DeleteBucketOutput, DeleteObjectInput, DeleteObjectOutput,
    DeleteObjectsInput, DeleteObjectsOutput, GetBucketLocationInput, GetBucketLocationOutput, GetBucketVersioningInput,
    GetBucketVersioningOutput, GetObjectInput, GetObjectOutput, GetObjectTaggingInput, GetObjectTaggingOutput,
    HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, ListPartsInput, ListPartsOutput, PutObjectInput, PutObjectOutput, UploadPartCopyInput,
    UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::objects::{BucketError, Buckets};

/// An answer, or the error instead of it.
type Answer<T> = S3Result<S3Response<T>>;

macro_rules! operations {
    ($($place:ident::$name:ident($input:ident) -> $output:ident;)*) => {
        #[async_trait::async_trait]
        impl S3 for Buckets {
            $(async fn $name(&self, request: S3Request<$input>) -> Answer<$output> {
                $place::$name(self, request).await
            })*
        }
    };
}

operations! {
    buckets::create_bucket(CreateBucketInput) -> CreateBucketOutput;
    buckets::delete_bucket(DeleteBucketInput) -> DeleteBucketOutput;
    buckets::head_bucket(HeadBucketInput) -> HeadBucketOutput;
    buckets::get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput;
    buckets::get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput;
    buckets::list_buckets(ListBucketsInput) -> ListBucketsOutput;
    buckets::list_objects(ListObjectsInput) -> ListObjectsOutput;
    buckets::list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output;
    reading::get_object(GetObjectInput) -> GetObjectOutput;
    reading::head_object(HeadObjectInput) -> HeadObjectOutput;
    reading::get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput;
    writing::put_object(PutObjectInput) -> PutObjectOutput;
    writing::copy_object(CopyObjectInput) -> CopyObjectOutput;
    writing::delete_object(DeleteObjectInput) -> DeleteObjectOutput;
    writing::delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput;
    uploads::create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput;
    uploads::upload_part(UploadPartInput) -> UploadPartOutput;
    uploads::upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput;
    uploads::complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput;
    uploads::abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput;
    uploads::list_parts(ListPartsInput) -> ListPartsOutput;
    uploads::list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput;
}

/// Runs something that waits for the disk.
async fn on_disk<T: Send + 'static>(
    buckets: &Buckets,
    work: impl FnOnce(&Buckets) -> Result<T, BucketError> + Send + 'static,
) -> S3Result<T> {
    let buckets = buckets.clone();
    match tokio::task::spawn_blocking(move || work(&buckets)).await {
        Ok(result) => Ok(result?),
        Err(error) => Err(s3_error!(error, InternalError)),
    }
}

fn done<T>(output: T) -> Answer<T> {
    Ok(S3Response::new(output))
}
