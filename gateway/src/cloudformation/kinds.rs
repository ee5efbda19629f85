//! The resource types of API Gateway.

pub(super) const REST_API: &str = "AWS::ApiGateway::RestApi";
pub(super) const RESOURCE: &str = "AWS::ApiGateway::Resource";
pub(super) const METHOD: &str = "AWS::ApiGateway::Method";
pub(super) const AUTHORIZER: &str = "AWS::ApiGateway::Authorizer";
pub(super) const STAGE: &str = "AWS::ApiGateway::Stage";
pub(super) const DEPLOYMENT: &str = "AWS::ApiGateway::Deployment";
pub(super) const DOMAIN_NAME: &str = "AWS::ApiGateway::DomainName";
pub(super) const BASE_PATH_MAPPING: &str = "AWS::ApiGateway::BasePathMapping";
pub(super) const GATEWAY_RESPONSE: &str = "AWS::ApiGateway::GatewayResponse";
pub(super) const MODEL: &str = "AWS::ApiGateway::Model";
pub(super) const REQUEST_VALIDATOR: &str = "AWS::ApiGateway::RequestValidator";
pub(super) const API_KEY: &str = "AWS::ApiGateway::ApiKey";
pub(super) const USAGE_PLAN: &str = "AWS::ApiGateway::UsagePlan";
pub(super) const USAGE_PLAN_KEY: &str = "AWS::ApiGateway::UsagePlanKey";
pub(super) const V2_API: &str = "AWS::ApiGatewayV2::Api";
pub(super) const V2_AUTHORIZER: &str = "AWS::ApiGatewayV2::Authorizer";
pub(super) const V2_INTEGRATION: &str = "AWS::ApiGatewayV2::Integration";
pub(super) const V2_ROUTE: &str = "AWS::ApiGatewayV2::Route";
pub(super) const V2_STAGE: &str = "AWS::ApiGatewayV2::Stage";
pub(super) const V2_DEPLOYMENT: &str = "AWS::ApiGatewayV2::Deployment";
pub(super) const HTTP_API: &str = "AWS::Serverless::HttpApi";
pub(super) const API_MAPPING: &str = "AWS::ApiGatewayV2::ApiMapping";
pub(super) const V2_DOMAIN_NAME: &str = "AWS::ApiGatewayV2::DomainName";
pub(super) const SERVERLESS_API: &str = "AWS::Serverless::Api";
pub(super) const SERVERLESS_FUNCTION: &str = "AWS::Serverless::Function";
pub(super) const SERVERLESS_STATE_MACHINE: &str = "AWS::Serverless::StateMachine";

/// The types that are read.
pub(super) const READ: [&str; 24] = [
    V2_AUTHORIZER,
    AUTHORIZER,
    REST_API,
    RESOURCE,
    METHOD,
    STAGE,
    DEPLOYMENT,
    DOMAIN_NAME,
    BASE_PATH_MAPPING,
    GATEWAY_RESPONSE,
    MODEL,
    REQUEST_VALIDATOR,
    API_KEY,
    USAGE_PLAN,
    USAGE_PLAN_KEY,
    API_MAPPING,
    V2_DOMAIN_NAME,
    V2_API,
    V2_INTEGRATION,
    V2_ROUTE,
    V2_STAGE,
    V2_DEPLOYMENT,
    SERVERLESS_API,
    HTTP_API,
];

/// The types that only matter to a deployment on AWS, or only to a method that refers to them,
/// where the reference is refused.
pub(super) const PASSIVE: [&str; 6] = [
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::ClientCertificate",
    "AWS::ApiGateway::DocumentationPart",
    "AWS::ApiGateway::DocumentationVersion",
    "AWS::ApiGateway::VpcLink",
    "AWS::ApiGatewayV2::VpcLink",
];
