//! What API Gateway's import makes of a document, be it a `Body` or a file.

use indexmap::IndexMap;
use kit::cloudformation::Account;
use kit::document::{Node, Problem};

use crate::api::Stage;
use crate::openapi::{Document, expanded};

/// Reads a document, with its variables expanded.
pub(super) fn document(
    root: &Node,
    account: Option<&Account>,
    problems: &mut Vec<Problem>,
) -> Result<Document, Problem> {
    match account {
        Some(account) => Document::read(&expanded(root, account), problems),
        None => Document::read(root, problems),
    }
}

/// The stage of an API that none is declared for: the one that the document names.
pub(super) fn only_stage(document: &Document) -> Stage {
    let name = document.base.stage().unwrap_or("default").to_owned();
    Stage {
        name,
        deployment_id: "local".to_owned(),
        variables: IndexMap::new(),
    }
}
