//! The names that templates have for their own parts. Pure.

/// Entries that a resource may have beside `Type` and `Properties`; none of them matters without a
/// deployment.
pub(super) const RESOURCE_ATTRIBUTES: [&str; 8] = [
    PHYSICAL_ID,
    "DependsOn",
    "Metadata",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "CreationPolicy",
    "UpdatePolicy",
    "Connectors",
];

/// The entry under which a resource that is a nested stack has its template, when it was found.
pub(crate) const NESTED_TEMPLATE: &str = "Tidegate::Template";

/// The entry under which a resource has the id that AWS gave it, when that is known.
pub(crate) const PHYSICAL_ID: &str = "Tidegate::PhysicalId";

/// Entries that a template has.
pub(super) const SECTIONS: [&str; 11] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// Transforms that change nothing which is not read here anyway. `AWS::LanguageExtensions` only
/// adds functions.
pub(super) const TRANSFORMS: [&str; 2] = ["AWS::Serverless-2016-10-31", "AWS::LanguageExtensions"];
