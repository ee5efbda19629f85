//! Door: any other call to an AWS service. The pipe has it too, so it lives in `kit`.

pub use kit::service::{ServiceError, Services};
