//! Access control lists. They are stored and shown; access is never denied because of them. Pure.
//!
//! See `docs/aws/s3.md#access-control-lists`.

use s3s::dto::{AccessControlPolicy, Grant, Grantee, Owner, Permission, Type};
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};

const ALL_USERS: &str = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED: &str = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
const LOG_DELIVERY: &str = "http://acs.amazonaws.com/groups/s3/LogDelivery";
/// The account to which `aws-exec-read` grants access.
const EXEC_READ: &str = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c";

/// An access control list: its grants, in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Acl(Vec<AclEntry>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct AclEntry {
    to: AclGrantee,
    permission: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum AclGrantee {
    Id(String),
    Email(String),
    Uri(String),
}

/// The values of the five headers `x-amz-grant-…`, with their permissions.
pub(crate) type Grants<'g> = [(&'static str, Option<&'g str>)];

/// The owner of all buckets and objects.
pub(crate) fn owner() -> Owner {
    Owner {
        display_name: Some("tidegate".to_owned()),
        id: Some(owner_id()),
    }
}

fn owner_id() -> String {
    "0".repeat(64)
}

impl Acl {
    /// The list in the headers of a request, if there is one.
    pub(crate) fn asked(canned: Option<&str>, grants: &Grants<'_>) -> S3Result<Option<Acl>> {
        let granted = grants.iter().any(|(_, value)| value.is_some());
        match canned {
            Some(_) if granted => Err(s3_error!(
                InvalidRequest,
                "Specifying both Canned ACLs and Header Grants is not allowed"
            )),
            Some(name) => Ok(Some(Acl::canned(name)?)),
            None if granted => Ok(Some(Acl::of_headers(grants)?)),
            None => Ok(None),
        }
    }

    fn canned(name: &str) -> S3Result<Acl> {
        let uri = |uri: &str, permission: &str| entry(AclGrantee::Uri(uri.to_owned()), permission);
        let more = match name {
            "private" | "bucket-owner-read" | "bucket-owner-full-control" => vec![],
            "public-read" => vec![uri(ALL_USERS, "READ")],
            "public-read-write" => vec![uri(ALL_USERS, "READ"), uri(ALL_USERS, "WRITE")],
            "authenticated-read" => vec![uri(AUTHENTICATED, "READ")],
            "aws-exec-read" => vec![entry(AclGrantee::Id(EXEC_READ.to_owned()), "READ")],
            "log-delivery-write" => vec![uri(LOG_DELIVERY, "WRITE"), uri(LOG_DELIVERY, "READ_ACP")],
            _ => {
                return Err(s3_error!(
                    InvalidArgument,
                    "invalid x-amz-acl {name:?}: expected a canned ACL, such as private or public-read"
                ));
            }
        };
        let owners = entry(AclGrantee::Id(owner_id()), "FULL_CONTROL");
        Ok(Acl(std::iter::once(owners).chain(more).collect()))
    }

    /// The grants in headers, each of the form `id="…", uri="…", emailAddress="…"`.
    fn of_headers(grants: &Grants<'_>) -> S3Result<Acl> {
        let mut entries = Vec::new();
        for (permission, value) in grants {
            for grantee in value
                .unwrap_or_default()
                .split(',')
                .map(str::trim)
                .filter(|grantee| !grantee.is_empty())
            {
                let (kind, name) = grantee.split_once('=').ok_or_else(invalid_grantee)?;
                let name = name.trim().trim_matches('"').to_owned();
                let to = match kind.trim().to_ascii_lowercase().as_str() {
                    "id" => AclGrantee::Id(name),
                    "uri" => AclGrantee::Uri(name),
                    "emailaddress" => AclGrantee::Email(name),
                    _ => return Err(invalid_grantee()),
                };
                entries.push(entry(to, permission));
            }
        }
        Ok(Acl(entries))
    }

    /// The list in a document.
    pub(crate) fn of_policy(policy: AccessControlPolicy) -> S3Result<Acl> {
        let malformed = || {
            let text = "The XML you provided was not well-formed or did not validate against our published schema";
            s3_error!(MalformedACLError, "{text}")
        };
        let AccessControlPolicy { grants, owner } = policy;
        owner.ok_or_else(malformed)?;
        let read = |grant: Grant| {
            let Grantee {
                display_name: _,
                email_address,
                id,
                type_: _,
                uri,
            } = grant.grantee?;
            let to = id
                .map(AclGrantee::Id)
                .or_else(|| uri.map(AclGrantee::Uri))
                .or_else(|| email_address.map(AclGrantee::Email))?;
            Some(AclEntry {
                to,
                permission: grant.permission?.as_str().to_owned(),
            })
        };
        let entries = grants
            .unwrap_or_default()
            .into_iter()
            .map(read)
            .collect::<Option<Vec<_>>>();
        Ok(Acl(entries.ok_or_else(malformed)?))
    }

    /// A list as S3 shows it. Without a list, the owner has full control.
    pub(crate) fn shown(acl: Option<&Acl>) -> Vec<Grant> {
        let usual = [entry(AclGrantee::Id(owner_id()), "FULL_CONTROL")];
        acl.map_or(usual.as_slice(), |acl| &acl.0)
            .iter()
            .map(shown)
            .collect()
    }
}

fn entry(to: AclGrantee, permission: &str) -> AclEntry {
    AclEntry {
        to,
        permission: permission.to_owned(),
    }
}

fn invalid_grantee() -> S3Error {
    s3_error!(
        InvalidArgument,
        "Argument format not recognized: a grantee is id=\"…\", uri=\"…\" or emailAddress=\"…\""
    )
}

fn shown(entry: &AclEntry) -> Grant {
    let none = Grantee {
        display_name: None,
        email_address: None,
        id: None,
        type_: Type::from_static(Type::CANONICAL_USER),
        uri: None,
    };
    let grantee = match &entry.to {
        AclGrantee::Id(id) if *id == owner_id() => Grantee {
            id: Some(id.clone()),
            display_name: owner().display_name,
            ..none
        },
        AclGrantee::Id(id) => Grantee {
            id: Some(id.clone()),
            ..none
        },
        AclGrantee::Uri(uri) => Grantee {
            uri: Some(uri.clone()),
            type_: Type::from_static(Type::GROUP),
            ..none
        },
        AclGrantee::Email(email) => {
            let type_ = Type::from_static(Type::AMAZON_CUSTOMER_BY_EMAIL);
            Grantee {
                email_address: Some(email.clone()),
                type_,
                ..none
            }
        }
    };
    Grant {
        grantee: Some(grantee),
        permission: Some(Permission::from(entry.permission.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permissions(acl: Option<&Acl>) -> Vec<String> {
        let text = |grant: &Grant| {
            let grantee = grant.grantee.as_ref().unwrap();
            let uri = grantee
                .uri
                .as_deref()
                .and_then(|uri| uri.rsplit('/').next());
            let name = uri.or(grantee.email_address.as_deref()).unwrap_or("owner");
            format!("{name} {}", grant.permission.as_ref().unwrap().as_str())
        };
        Acl::shown(acl).iter().map(text).collect()
    }

    #[test]
    fn canned_lists_and_headers_are_grants() {
        assert_eq!(permissions(None), ["owner FULL_CONTROL"]);
        let public = Acl::asked(Some("public-read"), &[]).unwrap();
        assert_eq!(
            permissions(public.as_ref()),
            ["owner FULL_CONTROL", "AllUsers READ"]
        );
        let header = format!("uri=\"{ALL_USERS}\", emailAddress=a@b.c");
        let granted = Acl::asked(None, &[("READ", Some(&header))]).unwrap();
        assert_eq!(
            permissions(granted.as_ref()),
            ["AllUsers READ", "a@b.c READ"]
        );
        assert_eq!(Acl::asked(None, &[("READ", None)]).unwrap(), None);
        assert!(Acl::asked(Some("public"), &[]).is_err());
        assert!(Acl::asked(Some("private"), &[("READ", Some("id=x"))]).is_err());
        assert!(Acl::asked(None, &[("READ", Some("x"))]).is_err());
    }
}
