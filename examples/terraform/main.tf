# Jobs by an HTTP API into a queue, and by a pipe to the worker's API. plan.json is what
# `terraform plan -out plan.tfplan && terraform show -json plan.tfplan` makes of this, without what it repeats.

variable "worker_key" {
  type      = string
  sensitive = true
}

resource "aws_sqs_queue" "dead" {
  name                      = "jobs-dead"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "jobs" {
  name                       = "jobs"
  visibility_timeout_seconds = 60
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = 10
  })
}

resource "aws_apigatewayv2_api" "jobs" {
  name          = "jobs"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "send" {
  api_id                 = aws_apigatewayv2_api.jobs.id
  integration_type       = "AWS_PROXY"
  integration_subtype    = "SQS-SendMessage"
  payload_format_version = "1.0"
  credentials_arn        = "arn:aws:iam::123456789012:role/jobs-api"
  request_parameters = {
    QueueUrl    = aws_sqs_queue.jobs.url
    MessageBody = "$request.body"
  }
}

resource "aws_apigatewayv2_route" "send" {
  api_id    = aws_apigatewayv2_api.jobs.id
  route_key = "POST /jobs"
  target    = "integrations/${aws_apigatewayv2_integration.send.id}"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.jobs.id
  name        = "$default"
  auto_deploy = true
}

resource "aws_cloudwatch_event_connection" "worker" {
  name               = "worker"
  authorization_type = "API_KEY"
  auth_parameters {
    api_key {
      key   = "x-api-key"
      value = var.worker_key
    }
  }
}

resource "aws_cloudwatch_event_api_destination" "worker" {
  name                             = "worker"
  connection_arn                   = aws_cloudwatch_event_connection.worker.arn
  invocation_endpoint              = "https://worker.example/run"
  http_method                      = "POST"
  invocation_rate_limit_per_second = 20
}

resource "aws_pipes_pipe" "worker" {
  name     = "jobs-to-worker"
  role_arn = "arn:aws:iam::123456789012:role/jobs-pipe"
  source   = aws_sqs_queue.jobs.arn
  target   = aws_cloudwatch_event_api_destination.worker.arn
  target_parameters {
    input_template = "{\"job\": <$.body>}"
  }
}
