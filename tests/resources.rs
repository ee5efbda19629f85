//! The queues and the bucket of a harness.

/// The queues and the bucket of a harness.
#[derive(Debug)]
pub struct Resources {
    /// The SQS of the queues.
    pub sqs: aws_sdk_sqs::Client,
    /// The S3 of the bucket.
    pub s3: aws_sdk_s3::Client,
    /// The source queue's name. That of the dead-letter queue ends with `-dlq`.
    pub queue: String,
    /// The bucket's name.
    pub bucket: String,
}

impl Resources {
    /// Removes them, where they would disturb others or cost money.
    pub async fn remove(self) {
        let Resources {
            sqs,
            s3,
            queue,
            bucket,
        } = self;
        for name in [queue.clone(), format!("{queue}-dlq")] {
            let url = sqs
                .get_queue_url()
                .queue_name(name)
                .send()
                .await
                .expect("the queue is there")
                .queue_url;
            sqs.delete_queue()
                .set_queue_url(url)
                .send()
                .await
                .expect("the queue can be deleted");
        }
        let mut pages = s3.list_objects_v2().bucket(&bucket).into_paginator().send();
        while let Some(page) = pages.next().await {
            for object in page.expect("the bucket can be listed").contents() {
                let key = object.key().unwrap_or_default();
                s3.delete_object()
                    .bucket(&bucket)
                    .key(key)
                    .send()
                    .await
                    .expect("the object can be deleted");
            }
        }
        s3.delete_bucket()
            .bucket(&bucket)
            .send()
            .await
            .expect("the bucket can be deleted");
    }
}
