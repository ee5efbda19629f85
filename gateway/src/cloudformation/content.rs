//! The resources and methods of an API: those of its OpenAPI body, and those that the template
//! declares one by one.

use kit::cloudformation::{Account, Resource as Declared, Stack};
use kit::document::{Node, OrCollect as _, Problem};

use super::method;
use crate::api::Resource;
use crate::openapi::{Document, import};

/// What an API consists of, as it is read.
pub(super) struct Content {
    resources: Vec<Resource>,
    /// False when something could not be read, and is reported already.
    is_whole: bool,
}

impl Content {
    /// The resources that the template declares one by one.
    pub(super) fn declared(stack: &Stack, api: &Declared, problems: &mut Vec<Problem>) -> Content {
        let before = problems.len();
        let resources = method::read(stack, api, problems);
        Content {
            resources,
            is_whole: problems.len() == before,
        }
    }

    /// Reads the API's body. Its resources are still in the document.
    pub(super) fn import(
        &mut self,
        body: Option<&Node>,
        account: Option<&Account>,
        problems: &mut Vec<Problem>,
    ) -> Option<Document> {
        let before = problems.len();
        let document = match body {
            Some(body) => import(body, account, problems).or_collect(problems)?,
            None => Document::default(),
        };
        self.is_whole &= problems.len() == before;
        Some(document)
    }

    /// All resources, those of the body first. An API that has none is a problem; `sources` says
    /// where its methods could be.
    pub(super) fn finish(
        mut self,
        document: &mut Document,
        api: &Declared,
        sources: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<Resource>> {
        self.resources
            .splice(0..0, std::mem::take(&mut document.resources));
        if !self.resources.is_empty() {
            return Some(self.resources);
        }
        if self.is_whole {
            let message = format!("{}: the API has no methods{sources}", api.label());
            problems.push(api.properties.problem(message).tolerable());
        }
        None
    }
}
