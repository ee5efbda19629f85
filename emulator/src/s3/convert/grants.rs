//! The grants that a request gives in the headers `x-amz-grant-…`.

use s3s::dto::{
    CopyObjectInput, CreateBucketInput, CreateMultipartUploadInput, PutBucketAclInput,
    PutObjectAclInput, PutObjectInput,
};

/// A request that can grant permissions.
pub(crate) trait GrantMembers {
    /// Each permission with the grantees that the request names for it.
    fn grants(&self) -> Vec<(&'static str, Option<&str>)>;
}

macro_rules! grant_members {
    ($($input:ident $($write:ident)?;)*) => {
        $(impl GrantMembers for $input {
            fn grants(&self) -> Vec<(&'static str, Option<&str>)> {
                vec![
                    ("FULL_CONTROL", self.grant_full_control.as_deref()),
                    ("READ", self.grant_read.as_deref()),
                    ("READ_ACP", self.grant_read_acp.as_deref()),
                    ("WRITE_ACP", self.grant_write_acp.as_deref()),
                    $(("WRITE", self.$write.as_deref()),)?
                ]
            }
        })*
    };
}

// S3 has no WRITE for an object that is created.
grant_members! {
    CopyObjectInput;
    CreateBucketInput grant_write;
    CreateMultipartUploadInput;
    PutBucketAclInput grant_write;
    PutObjectAclInput grant_write;
    PutObjectInput;
}
