//! Payloads as bytes: text or binary, base64 or not, compressed or not. Pure. See
//! `docs/aws/api-gateway.md#payload-encodings` and `docs/aws/api-gateway.md#compression`.
//!
//! A request's payload is unpacked when it arrives, converted for its integration, and a reply's is
//! converted for its response, which may be compressed on its way out.

mod compress;
mod convert;
mod unpack;

pub(crate) use compress::{Coding, compress, preferred};
pub(crate) use convert::{
    NotBase64, PayloadKind, for_client, for_integration, from_base64, to_base64,
};
pub(crate) use unpack::{Packing, Unpacker};
