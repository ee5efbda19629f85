//! Door: creates the queues and buckets that a definition declares, at the endpoint that the environment names.
//!
//! Repeatable: what is there already is brought up to date, and nothing is ever deleted.

mod queues;

use std::fmt;
use std::process::ExitCode;

use aws_config::SdkConfig;
use aws_sdk_s3::operation::create_bucket::CreateBucketError;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use kit::aws;
use kit::definition::{Definition, DefinitionArgs, LoadError};

/// Create the queues (with redrive) and buckets that the definition declares
///
/// AWS settings are the SDK's own: AWS_REGION (ap-northeast-2), AWS_ENDPOINT_URL, credentials by the standard chain.
/// Repeatable: what is there already is brought up to date.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Definition files
    #[command(flatten)]
    pub definition: DefinitionArgs,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// What became of one queue or bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provisioned {
    /// `queue` or `bucket`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What was done.
    pub deed: Deed,
}

/// What was done about a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It was not there.
    Created,
    /// It was there with other attributes.
    Updated,
    /// It was there as declared.
    Unchanged,
}

impl fmt::Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Deed::Created => "created",
            Deed::Updated => "updated",
            Deed::Unchanged => "unchanged",
        })
    }
}

/// The verb: provisions, and prints what was done.
///
/// # Errors
/// The definition cannot be read, or the endpoint refuses.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let sdk = aws::config().await;
    let definition = args.definition.load(&aws::account(&sdk).await?)?;
    for Provisioned { kind, name, deed } in provision(&definition, &sdk).await? {
        if args.json {
            println!("{}", serde_json::json!({"kind": kind, "name": name, "result": deed.to_string()}));
        } else {
            println!("{kind} {name} {deed}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads everything that would be provisioned, and asks nobody.
///
/// # Errors
/// A resource is malformed, or asks for something that is not supported.
pub fn check(definition: &Definition) -> Result<(), LoadError> {
    queues::read(definition).map(|_| ())
}

/// Creates or updates everything, queues before buckets.
///
/// # Errors
/// A resource is malformed, or the endpoint refuses.
pub async fn provision(definition: &Definition, sdk: &SdkConfig) -> anyhow::Result<Vec<Provisioned>> {
    let mut done = queues::provision(definition, &aws_sdk_sqs::Client::new(sdk)).await?;
    let config = aws_sdk_s3::config::Builder::from(sdk).force_path_style(aws::has_endpoint(sdk, "S3")).build();
    let client = aws_sdk_s3::Client::from_conf(config);
    for bucket in definition.stacks.iter().flat_map(|stack| stack.of_kind("AWS::S3::Bucket")) {
        let deed = create_bucket(&client, &bucket.physical_id, aws::region(sdk)).await?;
        done.push(Provisioned { kind: "bucket", name: bucket.physical_id.clone(), deed });
    }
    Ok(done)
}

async fn create_bucket(client: &aws_sdk_s3::Client, name: &str, region: &str) -> anyhow::Result<Deed> {
    if client.head_bucket().bucket(name).send().await.is_ok() {
        return Ok(Deed::Unchanged);
    }
    // us-east-1 is the one region that must not be named.
    let place = (region != "us-east-1").then(|| {
        CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(region)).build()
    });
    let created = client.create_bucket().bucket(name).set_create_bucket_configuration(place).send().await;
    match created {
        Ok(_) => Ok(Deed::Created),
        Err(error) => match error.as_service_error() {
            Some(CreateBucketError::BucketAlreadyOwnedByYou(_)) => Ok(Deed::Unchanged),
            _ => anyhow::bail!("cannot create bucket {name}: {}", aws::explain(&error)),
        },
    }
}
