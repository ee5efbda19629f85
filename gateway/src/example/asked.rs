//! What a method reads of a request, and what it demands.

use super::body::Wanted;
use crate::api::{
    MappingSource, Method, RequiredLocation, Resource, Segment, ValueExpression, ValuePart,
};

/// Headers that a request has anyway.
const STANDARD: [&str; 3] = ["content-type", "host", "accept"];

/// What a method reads of a request: names of query parameters and of headers, and a body.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) query: Vec<String>,
    pub(super) headers: Vec<String>,
    pub(super) body: Wanted,
}

impl Asked {
    /// What the mapping template, the mapped parameters and the checks of a method read.
    pub(super) fn of(resource: &Resource, method: &Method, template: Option<&str>) -> Asked {
        let mut asked = Asked::default();
        let integration = &method.integration;
        template
            .into_iter()
            .for_each(|source| asked.body.read(source));
        for parameter in &integration.request_parameters {
            asked.source(&parameter.source);
        }
        if let Some(body) = &integration.service_body {
            body.each(&mut |expression| asked.expression(expression));
        }
        for required in &method.checks.parameters {
            match required.location {
                RequiredLocation::Header => asked.headers.push(required.name.clone()),
                RequiredLocation::QueryString => asked.query.push(required.name.clone()),
                RequiredLocation::Path => {}
            }
        }
        asked.parameters_of_template(resource);
        asked.query.extend(asked.body.members.iter().cloned());
        asked.headers.extend(asked.body.members.iter().cloned());
        asked.query.sort();
        asked.query.dedup();
        let mut seen: Vec<String> = STANDARD.map(str::to_owned).to_vec();
        asked.headers.retain(|name| {
            let name = name.to_ascii_lowercase();
            let is_new = !seen.contains(&name);
            seen.push(name);
            is_new
        });
        asked
    }

    fn expression(&mut self, expression: &ValueExpression) {
        for part in &expression.0 {
            if let ValuePart::Source(source) = part {
                self.source(source);
            }
        }
    }

    fn source(&mut self, source: &MappingSource) {
        match source {
            MappingSource::QueryString(name) | MappingSource::MultiValueQueryString(name) => {
                self.query.push(name.clone());
            }
            MappingSource::Header(name) | MappingSource::MultiValueHeader(name) => {
                self.headers.push(name.clone());
            }
            MappingSource::Body(Some(path)) => self.body.path(path.as_str()),
            _ => {}
        }
    }

    /// Parameters that the template reads by name are in the query, unless they are elsewhere.
    fn parameters_of_template(&mut self, resource: &Resource) {
        let is_in_path = |name: &String| {
            resource.segments.iter().any(|segment| match segment {
                Segment::Parameter(own) | Segment::Greedy(own) => own == name,
                Segment::Literal(_) => false,
            })
        };
        let named = self.body.parameters.iter();
        let further = named.filter(|name| !is_in_path(name) && !self.headers.contains(name));
        let further: Vec<String> = further.cloned().collect();
        self.query.extend(further);
    }
}
