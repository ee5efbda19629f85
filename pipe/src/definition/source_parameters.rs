//! `SourceParameters` of a pipe: batches and filters.

use kit::document::{Node, OrCollect as _, Problem};

use super::declared::DeclaredResource;
use crate::event::filter::{Filter, MAX_FILTERS};

/// The batches that `SqsQueueParameters` of the source ask for, each setting with its place.
#[derive(Default)]
pub(super) struct BatchSettings<'n> {
    pub size: Option<(&'n Node, i64)>,
    pub window: Option<(&'n Node, i64)>,
}

/// Reads `SourceParameters`.
pub(super) fn read_source_parameters<'n>(
    pipe: &DeclaredResource<'_>,
    node: &'n Node,
    problems: &mut Vec<Problem>,
) -> (Filter, BatchSettings<'n>) {
    let label = format!("{}: SourceParameters", pipe.label);
    let (mut filter, mut batching) = (Filter::default(), BatchSettings::default());
    let Some(mut fields) = node.fields(&label).or_collect(problems) else {
        return (filter, batching);
    };
    let queue = fields.optional("SqsQueueParameters");
    if let Some(mut fields) = queue.and_then(|node| {
        node.fields(format!("{label}.SqsQueueParameters"))
            .or_collect(problems)
    }) {
        let mut whole = |name: &str, range| {
            let node = fields.optional(name)?;
            Some((node, node.integer_in(range).or_collect(problems)?))
        };
        batching.size = whole("BatchSize", 1..=10_000);
        batching.window = whole("MaximumBatchingWindowInSeconds", 0..=300);
        problems.extend(fields.finish());
    }
    if let Some(node) = fields.optional("FilterCriteria") {
        read_filters(&label, node, &mut filter, problems);
    }
    problems.extend(fields.finish());
    (filter, batching)
}

fn read_filters(label: &str, node: &Node, filter: &mut Filter, problems: &mut Vec<Problem>) {
    let Some(mut fields) = node
        .fields(format!("{label}.FilterCriteria"))
        .or_collect(problems)
    else {
        return;
    };
    let filters = fields
        .optional("Filters")
        .map(Node::list)
        .transpose()
        .or_collect(problems)
        .flatten();
    problems.extend(fields.finish());
    let filters = filters.unwrap_or_default();
    if filters.len() > MAX_FILTERS {
        let message = format!(
            "{label}: a pipe can have up to {MAX_FILTERS} filters, not {}",
            filters.len()
        );
        problems.push(node.problem(message));
    }
    for entry in filters {
        let fields = entry
            .fields(format!("{label}.FilterCriteria.Filters"))
            .or_collect(problems);
        let Some(mut fields) = fields else { continue };
        let mut add = |node: &Node| {
            let added = filter.add(node.text()?);
            added.map_err(|reason| node.problem(format!("{label}: {reason}")))
        };
        fields
            .required("Pattern")
            .and_then(&mut add)
            .or_collect(problems);
        problems.extend(fields.finish());
    }
}
