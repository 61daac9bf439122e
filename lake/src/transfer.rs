//! Big bodies go in parts, a few at a time; the object appears when the last part is in.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use crate::client::plain_etag;
use crate::{Lake, ObjectRef, Result};

/// Size of a part. Every S3 store takes 5 MiB and more.
pub(crate) const PART_BYTES: usize = 8 << 20;
/// No store takes more parts than this.
const MAX_PARTS: usize = 10_000;
/// Parts in flight.
const CONCURRENCY: usize = 4;

impl Lake {
    pub(crate) async fn put_in_parts(&self, key: &str, body: Bytes) -> Result<ObjectRef> {
        let create = self.client.create_multipart_upload().bucket(&self.config.bucket).key(key);
        let upload = create.send().await.map_err(|e| self.attempt("begin writing", key).failed(e))?;
        let upload_id = upload.upload_id().unwrap_or_default();
        let written = self.put_parts(key, upload_id, body).await;
        if written.is_err() {
            self.abort(key, upload_id).await;
        }
        written
    }

    async fn put_parts(&self, key: &str, upload_id: &str, body: Bytes) -> Result<ObjectRef> {
        let size_bytes = body.len() as u64;
        let part_bytes = PART_BYTES.max(body.len().div_ceil(MAX_PARTS));
        let starts = (0..body.len()).step_by(part_bytes).zip(1..);
        let puts = starts.map(|(start, number)| {
            let part = body.slice(start..body.len().min(start + part_bytes));
            self.put_part(key, upload_id, number, part)
        });
        let parts = stream::iter(puts).buffered(CONCURRENCY).try_collect().await?;
        let complete = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let complete = self.client.complete_multipart_upload().multipart_upload(complete);
        let complete = complete.bucket(&self.config.bucket).key(key).upload_id(upload_id);
        let answer = complete.send().await.map_err(|e| self.attempt("finish writing", key).failed(e))?;
        Ok(ObjectRef {
            key: key.to_owned(),
            etag: plain_etag(answer.e_tag()).unwrap_or_default(),
            size_bytes,
        })
    }

    async fn put_part(&self, key: &str, upload_id: &str, number: i32, part: Bytes) -> Result<CompletedPart> {
        let put = self.client.upload_part().bucket(&self.config.bucket).key(key).upload_id(upload_id);
        let put = put.part_number(number).body(ByteStream::from(part));
        let answer = put.send().await.map_err(|e| self.attempt("write a part of", key).failed(e))?;
        Ok(CompletedPart::builder().part_number(number).set_e_tag(answer.e_tag).build())
    }

    /// Parts of an upload that failed cost space until somebody removes them.
    async fn abort(&self, key: &str, upload_id: &str) {
        let abort =
            self.client.abort_multipart_upload().bucket(&self.config.bucket).key(key).upload_id(upload_id);
        if let Err(error) = abort.send().await {
            let error = self.attempt("give up writing", key).failed(error);
            tracing::warn!(%error, key, "the parts of an upload that failed are still there");
        }
    }
}
