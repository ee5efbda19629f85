"""A shop's orders: REST API -> SQS -> pipe -> the CRM's API. `npx cdk synth` writes cdk.out."""

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_pipes as pipes
from aws_cdk import aws_sqs as sqs


class Orders(cdk.Stack):
    def __init__(self, scope, name):
        super().__init__(scope, name)
        dead = sqs.Queue(self, "Dead", retention_period=cdk.Duration.days(14))
        queue = sqs.Queue(
            self, "Queue", visibility_timeout=cdk.Duration.seconds(30),
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=5),
        )
        self.api(queue)
        self.pipe(queue)

    def api(self, queue):
        role = iam.Role(self, "ApiRole", assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"))
        queue.grant_send_messages(role)
        integration = apigateway.AwsIntegration(
            service="sqs", path=f"{cdk.Aws.ACCOUNT_ID}/{queue.queue_name}",
            options=apigateway.IntegrationOptions(
                credentials_role=role,
                passthrough_behavior=apigateway.PassthroughBehavior.NEVER,
                request_parameters={
                    "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'",
                },
                request_templates={
                    "application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)",
                },
                integration_responses=[
                    apigateway.IntegrationResponse(status_code="202", selection_pattern=r"2\d{2}", response_templates={"application/json": '{"accepted": true}'}),
                    apigateway.IntegrationResponse(status_code="500"),
                ],
            ),
        )
        rest = apigateway.RestApi(self, "Api", cloud_watch_role=False)
        key = rest.add_api_key("Key", value="orders-key-of-20-signs")
        plan = rest.add_usage_plan("Plan", api_stages=[apigateway.UsagePlanPerApiStage(api=rest, stage=rest.deployment_stage)])
        plan.add_api_key(key)
        rest.root.add_resource("orders").add_method(
            "POST", integration, api_key_required=True,
            method_responses=[apigateway.MethodResponse(status_code=code) for code in ("202", "500")],
        )

    def pipe(self, queue):
        connection = events.Connection(self, "Key", authorization=events.Authorization.api_key("x-api-key", cdk.SecretValue.unsafe_plain_text("change-me")))
        crm = events.ApiDestination(self, "Crm", connection=connection, endpoint="https://crm.example/orders", rate_limit_per_second=50)
        role = iam.Role(self, "PipeRole", assumed_by=iam.ServicePrincipal("pipes.amazonaws.com"))
        queue.grant_consume_messages(role)
        pipes.CfnPipe(
            self, "Pipe", name="orders-to-crm", role_arn=role.role_arn,
            source=queue.queue_arn, target=crm.api_destination_arn,
            target_parameters=pipes.CfnPipe.PipeTargetParametersProperty(input_template='{"order": <$.body>}'),
        )


app = cdk.App(analytics_reporting=False)
Orders(app, "Orders")
app.synth()
