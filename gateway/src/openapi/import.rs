//! What API Gateway's import makes of a document, as a `Body` or as a file:
//! `docs/aws/api-gateway.md#import`.

use kit::cloudformation::Account;
use kit::document::{Node, Problem};

use super::document::Document;
use super::variables::expanded;
use crate::api::Stage;

/// Reads a document, with its variables expanded.
///
/// # Errors
/// The document is not a mapping.
pub(crate) fn import(
    root: &Node,
    account: Option<&Account>,
    problems: &mut Vec<Problem>,
) -> Result<Document, Problem> {
    match account {
        Some(account) => Document::read(&expanded(root, account), problems),
        None => Document::read(root, problems),
    }
}

/// The stage of an API for which no stage is declared: the one that the document names.
pub(crate) fn only_stage(document: &Document) -> Stage {
    let name = document.base_path.stage().unwrap_or("default").to_owned();
    Stage {
        name,
        deployment_id: "local".to_owned(),
        ..Stage::default()
    }
}
