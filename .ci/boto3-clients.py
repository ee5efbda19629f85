#!/usr/bin/env python3
"""boto3 as a stranger would use it, against a freshly started emulator: python .ci/boto3-clients.py target/debug/emulator

Every SQS action and what S3 clients do every day, with results and error codes; then the same data after kill -9 and a
restart; then signatures that are verified. Nothing here knows how the emulator is made.
"""

import contextlib
import hashlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

MIB = 1024 * 1024


class Emulator:
    """The program on a free port and a folder of its own."""

    def __init__(self, binary, folder, *flags):
        self.binary, self.folder, self.flags = binary, folder, flags
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self):
        command = [self.binary, "--listen", f"127.0.0.1:{self.port}", "--data", self.folder, *self.flags]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("EMULATOR_")}
        environment["RUST_LOG"] = "error"
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        assert self.process.stdout.readline() == b"Ready.\n"

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def client(self, service, key="test", secret="test", region="eu-west-1", **config):
        config = Config(retries={"max_attempts": 1}, **config)
        return boto3.client(
            service, endpoint_url=self.url, aws_access_key_id=key, aws_secret_access_key=secret, region_name=region,
            config=config,
        )


@contextlib.contextmanager
def refused(code, status=400):
    """What is done inside must be refused with this code and status."""
    try:
        yield
    except ClientError as error:
        found = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert found == (code, status), f"{found} instead of {(code, status)}"
    else:
        raise AssertionError(f"{code} was expected")


def fetch(url, method="GET", data=None, headers=None):
    """A request without any SDK: status, headers and body."""
    request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def post_form(url, fields, body):
    """A browser's form with a file."""
    boundary = uuid.uuid4().hex
    form = io.BytesIO()
    for name, value in fields.items():
        form.write(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    form.write(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'.encode())
    form.write(body + f"\r\n--{boundary}--\r\n".encode())
    return fetch(url, "POST", form.getvalue(), {"Content-Type": f"multipart/form-data; boundary={boundary}"})


def only(answer, name="Messages"):
    (one,) = answer[name]
    return one


def queues(emulator):
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "45"}, tags={"team": "a"})["QueueUrl"]
    assert url == f"{emulator.url}/000000000000/orders"
    assert sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "45"})["QueueUrl"] == url
    with refused("QueueAlreadyExists"):
        sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "46"})
    with refused("InvalidParameterValue"):
        sqs.create_queue(QueueName="no spaces")
    with refused("InvalidAttributeName"):
        sqs.create_queue(QueueName="x", Attributes={"Foobar": "1"})
    assert sqs.get_queue_url(QueueName="orders")["QueueUrl"] == url
    with refused("AWS.SimpleQueueService.NonExistentQueue"):
        sqs.get_queue_url(QueueName="nowhere")
    try:
        sqs.send_message(QueueUrl="nowhere", MessageBody="x")
    except sqs.exceptions.QueueDoesNotExist as error:
        assert error.response["Error"]["QueryErrorCode"] == "QueueDoesNotExist"

    for number in range(5):
        sqs.create_queue(QueueName=f"page-{number}")
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix="page-", PaginationConfig={"PageSize": 2})
    found = [url.rsplit("/", 1)[1] for page in pages for url in page.get("QueueUrls", [])]
    assert found == [f"page-{number}" for number in range(5)], found
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="none-")

    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "0", "MaximumMessageSize": "2048"})
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["MaximumMessageSize"] == "2048" and attributes["VisibilityTimeout"] == "45"
    assert attributes["QueueArn"] == "arn:aws:sqs:eu-west-1:000000000000:orders"
    assert attributes["SqsManagedSseEnabled"] == "true"
    with refused("InvalidAttributeValue"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "901"})
    with refused("InvalidAttributeName"):
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Nonsense"])

    sqs.tag_queue(QueueUrl=url, Tags={"stage": "test", "empty": ""})
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "a", "stage": "test", "empty": ""}
    sqs.untag_queue(QueueUrl=url, TagKeys=["team", "stage", "empty"])
    assert "Tags" not in sqs.list_queue_tags(QueueUrl=url)

    sqs.add_permission(QueueUrl=url, Label="l", AWSAccountIds=["111111111111"], Actions=["SendMessage"])
    assert '"SQS:SendMessage"' in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    with refused("InvalidParameterValue"):
        sqs.add_permission(QueueUrl=url, Label="l", AWSAccountIds=["111111111111"], Actions=["SendMessage"])
    sqs.remove_permission(QueueUrl=url, Label="l")
    assert "Attributes" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])

    other = emulator.client("sqs", region="us-west-2")
    with refused("AWS.SimpleQueueService.NonExistentQueue"):
        other.get_queue_url(QueueName="orders")
    path_form = f"{emulator.url}/queue/eu-west-1/000000000000/orders"
    assert "QueueArn" in other.get_queue_attributes(QueueUrl=path_form, AttributeNames=["All"])["Attributes"]

    gone = sqs.create_queue(QueueName="gone")["QueueUrl"]
    sqs.delete_queue(QueueUrl=gone)
    with refused("AWS.SimpleQueueService.QueueDeletedRecently"):
        sqs.create_queue(QueueName="gone")


def messages(emulator):
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName="messages")["QueueUrl"]
    body = "한국어 & <xml> \" 🌊\r\n"
    attributes = {
        "text": {"DataType": "String", "StringValue": "x"},
        "number": {"DataType": "Number.int", "StringValue": "-7"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
    # boto3 compares the digests by itself.
    sent = sqs.send_message(
        QueueUrl=url, MessageBody=body, MessageAttributes=attributes, MessageSystemAttributes=trace
    )
    assert sent["MD5OfMessageBody"] == hashlib.md5(body.encode()).hexdigest()
    message = only(sqs.receive_message(
        QueueUrl=url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"], VisibilityTimeout=30
    ))
    assert (message["Body"], message["MessageId"]) == (body, sent["MessageId"])
    assert message["MessageAttributes"] == attributes
    assert message["Attributes"]["AWSTraceHeader"] == trace["AWSTraceHeader"]["StringValue"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"] == dict(zip(counts, "01"))
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    message = only(sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"]))
    assert message["Attributes"] == {"ApproximateReceiveCount": "2"}
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    with refused("ReceiptHandleIsInvalid"):
        sqs.delete_message(QueueUrl=url, ReceiptHandle="junk")
    with refused("InvalidParameterValue"):
        sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=11)
    with refused("InvalidMessageContents"):
        sqs.send_message(QueueUrl=url, MessageBody="\x00")
    with refused("InvalidParameterValue"):
        sqs.send_message(QueueUrl=url, MessageBody="x" * (MIB + 1))
    with refused("MissingParameter"):
        sqs.send_message(QueueUrl=url, MessageBody="")

    entries = [{"Id": str(number), "MessageBody": f"m{number}"} for number in range(9)]
    answer = sqs.send_message_batch(QueueUrl=url, Entries=[*entries, {"Id": "bad", "MessageBody": "\x00"}])
    assert len(answer["Successful"]) == 9
    assert (only(answer, "Failed")["Id"], only(answer, "Failed")["SenderFault"]) == ("bad", True)
    with refused("AWS.SimpleQueueService.BatchEntryIdsNotDistinct"):
        sqs.send_message_batch(QueueUrl=url, Entries=[entries[0], entries[0]])
    with refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest"):
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": "x"} for n in range(11)])
    with refused("AWS.SimpleQueueService.EmptyBatchRequest"):
        sqs.send_message_batch(QueueUrl=url, Entries=[])
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in received) == [f"m{number}" for number in range(9)]
    handles = [{"Id": message["Body"], "ReceiptHandle": message["ReceiptHandle"]} for message in received]
    changed = sqs.change_message_visibility_batch(
        QueueUrl=url, Entries=[{**entry, "VisibilityTimeout": 60} for entry in handles]
    )
    assert len(changed["Successful"]) == 9 and "Failed" not in changed
    deleted = sqs.delete_message_batch(QueueUrl=url, Entries=[*handles, {"Id": "x", "ReceiptHandle": "junk"}])
    assert len(deleted["Successful"]) == 9 and only(deleted, "Failed")["Code"] == "ReceiptHandleIsInvalid"

    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=1)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    begun = time.monotonic()
    assert only(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5))["Body"] == "late"
    assert time.monotonic() - begun < 3
    sqs.purge_queue(QueueUrl=url)
    with refused("AWS.SimpleQueueService.PurgeQueueInProgress", 403):
        sqs.purge_queue(QueueUrl=url)


def fifo(emulator):
    sqs = emulator.client("sqs")
    with refused("InvalidParameterValue"):
        sqs.create_queue(QueueName="f", Attributes={"FifoQueue": "true"})
    url = sqs.create_queue(
        QueueName="f.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    )["QueueUrl"]
    with refused("MissingParameter"):
        sqs.send_message(QueueUrl=url, MessageBody="x")
    send = lambda body: sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body[0])
    first, _, _, again = send("a1"), send("b1"), send("a2"), send("a1")
    assert (first["MessageId"], first["SequenceNumber"]) == (again["MessageId"], again["SequenceNumber"])
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"])["Messages"]
    assert [message["Body"] for message in received] == ["a1", "a2", "b1"]
    assert received[0]["Attributes"]["MessageGroupId"] == "a"
    send("a3")
    send("c1")
    assert only(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10))["Body"] == "c1"
    for message in received[:2]:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert only(sqs.receive_message(QueueUrl=url))["Body"] == "a3"


def dead_letters(emulator):
    sqs = emulator.client("sqs")
    arn = lambda url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = f'{{"deadLetterTargetArn":"{arn(dead)}","maxReceiveCount":"1"}}'
    live = sqs.create_queue(QueueName="live", Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [live]
    sent = sqs.send_message(QueueUrl=live, MessageBody="x")
    assert "Messages" in sqs.receive_message(QueueUrl=live, VisibilityTimeout=0)
    assert "Messages" not in sqs.receive_message(QueueUrl=live)
    names = ["DeadLetterQueueSourceArn"]
    message = only(sqs.receive_message(QueueUrl=dead, VisibilityTimeout=0, MessageSystemAttributeNames=names))
    assert message["MessageId"] == sent["MessageId"]
    assert message["Attributes"] == {"DeadLetterQueueSourceArn": arn(live)}
    handle = sqs.start_message_move_task(SourceArn=arn(dead))["TaskHandle"]
    assert only(sqs.receive_message(QueueUrl=live, WaitTimeSeconds=5))["Body"] == "x"
    task = only(sqs.list_message_move_tasks(SourceArn=arn(dead)), "Results")
    assert task["Status"] in ("RUNNING", "COMPLETED") and task["SourceArn"] == arn(dead)
    with refused("ResourceNotFoundException", 404):
        sqs.start_message_move_task(SourceArn=arn(dead) + "-not")
    with refused("ResourceNotFoundException", 404):
        sqs.cancel_message_move_task(TaskHandle=handle)
    for number in range(20):
        sqs.send_message(QueueUrl=dead, MessageBody=str(number))
    handle = sqs.start_message_move_task(
        SourceArn=arn(dead), DestinationArn=arn(live), MaxNumberOfMessagesPerSecond=1
    )["TaskHandle"]
    assert sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"] < 20


def objects(emulator):
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="box", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    with refused("BucketAlreadyOwnedByYou", 409):
        s3.create_bucket(Bucket="box", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["box"]
    s3.head_bucket(Bucket="box")
    with refused("404", 404):
        s3.head_bucket(Bucket="none")
    with refused("NoSuchBucket", 404):
        s3.list_objects_v2(Bucket="none")

    key, body = "a/ü & +?#%.txt", b"0123456789"
    put = s3.put_object(
        Bucket="box", Key=key, Body=body, ContentType="text/plain", Metadata={"m": "1"}, CacheControl="no-store",
        ContentDisposition='attachment; filename="x"', Expires=2000000000, Tagging="a=b",
    )
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"' and put["ChecksumCRC32"]
    got = s3.get_object(Bucket="box", Key=key)
    assert got["Body"].read() == body
    assert (got["ContentType"], got["Metadata"], got["CacheControl"]) == ("text/plain", {"m": "1"}, "no-store")
    assert got["ContentDisposition"] == 'attachment; filename="x"' and got["ExpiresString"] and got["TagCount"] == 1
    assert s3.get_object_tagging(Bucket="box", Key=key)["TagSet"] == [{"Key": "a", "Value": "b"}]
    part = s3.get_object(Bucket="box", Key=key, Range="bytes=2-4")
    assert (part["Body"].read(), part["ContentRange"]) == (b"234", "bytes 2-4/10")
    assert s3.get_object(Bucket="box", Key=key, Range="bytes=-3")["Body"].read() == b"789"
    with refused("InvalidRange", 416):
        s3.get_object(Bucket="box", Key=key, Range="bytes=10-")
    head = s3.head_object(Bucket="box", Key=key, ChecksumMode="ENABLED")
    assert (head["ContentLength"], head["ChecksumCRC32"]) == (10, put["ChecksumCRC32"])
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket="box", Key="none")
    with refused("404", 404):
        s3.head_object(Bucket="box", Key="none")

    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket="box", Key=key, Body=b"", IfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket="box", Key=key, Body=b"", IfMatch='"other"')
    s3.put_object(Bucket="box", Key=key, Body=body, IfMatch=put["ETag"], Metadata={"m": "2"})
    with refused("304", 304):
        s3.get_object(Bucket="box", Key=key, IfNoneMatch=put["ETag"])
    with refused("304", 304):
        s3.get_object(Bucket="box", Key=key, IfModifiedSince=head["LastModified"].replace(year=2099))
    with refused("PreconditionFailed", 412):
        s3.get_object(Bucket="box", Key=key, IfUnmodifiedSince=head["LastModified"].replace(year=2001))
    # The other two need a library that boto3 does not bring along.
    for algorithm in ["CRC32", "SHA1", "SHA256"]:
        s3.put_object(Bucket="box", Key="sum", Body=body, ChecksumAlgorithm=algorithm)
        answer = s3.head_object(Bucket="box", Key="sum", ChecksumMode="ENABLED")
        assert answer[f"Checksum{algorithm}"] and answer["ChecksumType"] == "FULL_OBJECT"
    with refused("BadDigest"):
        s3.put_object(Bucket="box", Key="sum", Body=body, ChecksumCRC32="AAAAAA==")
    with refused("BadDigest"):
        s3.put_object(Bucket="box", Key="sum", Body=body, ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")

    s3.copy_object(Bucket="box", Key="copy", CopySource={"Bucket": "box", "Key": key})
    assert s3.head_object(Bucket="box", Key="copy")["Metadata"] == {"m": "2"}
    s3.copy_object(
        Bucket="box", Key="copy", CopySource={"Bucket": "box", "Key": "copy"}, MetadataDirective="REPLACE",
        Metadata={"m": "3"},
    )
    assert s3.head_object(Bucket="box", Key="copy")["Metadata"] == {"m": "3"}
    s3.delete_object(Bucket="box", Key="copy")
    s3.delete_object(Bucket="box", Key="copy")
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket="box")


def listings(emulator):
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="list", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    keys = sorted([f"k{number:02}" for number in range(12)] + ["dir/a b+c", "dir/b", "other/x"])
    for key in keys:
        s3.put_object(Bucket="list", Key=key, Body=b"x")
    for operation in ["list_objects", "list_objects_v2"]:
        pages = s3.get_paginator(operation).paginate(Bucket="list", PaginationConfig={"PageSize": 4})
        assert [item["Key"] for page in pages for item in page["Contents"]] == keys, operation
        folded = getattr(s3, operation)(Bucket="list", Delimiter="/")
        assert [prefix["Prefix"] for prefix in folded["CommonPrefixes"]] == ["dir/", "other/"]
        assert len(folded["Contents"]) == 12
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="list", Prefix="dir/")["Contents"]] == ["dir/a b+c", "dir/b"]
    assert s3.list_objects_v2(Bucket="list", StartAfter="k10")["Contents"][0]["Key"] == "k11"
    none = s3.list_objects_v2(Bucket="list", MaxKeys=0)
    assert (none["KeyCount"], none["IsTruncated"]) == (0, False)
    answer = s3.delete_objects(Bucket="list", Delete={"Objects": [{"Key": key} for key in [*keys, "never there"]]})
    assert len(answer["Deleted"]) == len(keys) + 1 and "Errors" not in answer
    s3.delete_bucket(Bucket="list")


def large(emulator):
    s3 = emulator.client("s3")
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    body = os.urandom(1024) * (11 * 1024)
    s3.upload_fileobj(io.BytesIO(body), "box", "large", Config=config, ExtraArgs={"Metadata": {"m": "1"}})
    head = s3.head_object(Bucket="box", Key="large")
    assert head["ETag"].endswith('-3"') and head["Metadata"] == {"m": "1"}
    back = io.BytesIO()
    s3.download_fileobj("box", "large", back, Config=config)
    assert back.getvalue() == body
    s3.copy({"Bucket": "box", "Key": "large"}, "box", "larger", Config=config)
    assert s3.get_object(Bucket="box", Key="larger")["Body"].read() == body
    upload = s3.create_multipart_upload(Bucket="box", Key="aborted")["UploadId"]
    s3.upload_part(Bucket="box", Key="aborted", UploadId=upload, PartNumber=1, Body=b"x")
    assert only(s3.list_multipart_uploads(Bucket="box"), "Uploads")["UploadId"] == upload
    assert only(s3.list_parts(Bucket="box", Key="aborted", UploadId=upload), "Parts")["Size"] == 1
    with refused("InvalidPart"):
        parts = {"Parts": [{"PartNumber": 1, "ETag": '"no"'}]}
        s3.complete_multipart_upload(Bucket="box", Key="aborted", UploadId=upload, MultipartUpload=parts)
    s3.abort_multipart_upload(Bucket="box", Key="aborted", UploadId=upload)
    with refused("NoSuchUpload", 404):
        s3.list_parts(Bucket="box", Key="aborted", UploadId=upload)


def presigned(emulator):
    """Both versions of signatures: boto3 makes the older one unless it is told otherwise."""
    for version in [None, "s3v4"]:
        s3 = emulator.client("s3", signature_version=version)
        where = {"Bucket": "box", "Key": f"presigned {version}"}
        sign = lambda method, **more: s3.generate_presigned_url(method, Params={**where, **more}, ExpiresIn=60)
        assert fetch(sign("put_object"), "PUT", b"hello", {"Content-Type": ""})[0] == 200
        status, headers, body = fetch(sign("get_object", ResponseContentType="text/x"))
        assert (status, headers["Content-Type"], body) == (200, "text/x", b"hello")
        assert fetch(sign("head_object"), "HEAD")[0] == 200
        conditions = [["content-length-range", 1, 10]]
        post = s3.generate_presigned_post("box", "posted", Conditions=conditions, ExpiresIn=60)
        assert post_form(post["url"], post["fields"], b"a form")[0] == 204
        assert s3.get_object(Bucket="box", Key="posted")["Body"].read() == b"a form"
        assert post_form(post["url"], post["fields"], b"more than ten bytes")[0] == 400
        assert fetch(sign("delete_object"), "DELETE")[0] == 204
        assert fetch(sign("get_object"))[0] == 404


def hosts(emulator):
    """Virtual-host style: what is below `localhost` is this machine, whatever its resolver says."""
    find = socket.getaddrinfo
    local = lambda host, *rest, **more: find("127.0.0.1" if host.endswith(".localhost") else host, *rest, **more)
    socket.getaddrinfo = local
    try:
        s3 = boto3.client(
            "s3", endpoint_url=f"http://localhost:{emulator.port}", aws_access_key_id="test",
            aws_secret_access_key="test", region_name="eu-west-1", config=Config(s3={"addressing_style": "virtual"}),
        )
        assert s3.get_object(Bucket="box", Key="posted")["Body"].read() == b"a form"
        assert "Contents" in s3.list_objects_v2(Bucket="box")
    finally:
        socket.getaddrinfo = find
    for host in ["box.s3.localhost.localstack.cloud", "box.s3.us-east-1.localhost.localstack.cloud", "box.localhost"]:
        assert fetch(f"{emulator.url}/posted", headers={"Host": host})[2] == b"a form", host
    for host in ["s3.us-east-1.localhost.localstack.cloud", "localhost"]:
        assert fetch(f"{emulator.url}/box/posted", headers={"Host": host})[2] == b"a form", host


def localstack(emulator):
    answer = lambda path: (lambda found: (found[0], json.loads(found[2])))(fetch(f"{emulator.url}/_localstack/{path}"))
    status, health = answer("health")
    assert status == 200 and health["services"]["sqs"] == "running" and {"edition", "version"} <= health.keys()
    assert answer("init/ready") == (200, {"completed": True, "scripts": []})
    assert answer("init")[1]["completed"]["READY"] is True
    assert answer("info")[1]["edition"] == "community"
    assert answer("nothing")[0] == 404


def restart(emulator):
    """Everything that was answered is there after kill -9."""
    sqs, s3 = emulator.client("sqs"), emulator.client("s3")
    url = sqs.create_queue(QueueName="kept", Attributes={"VisibilityTimeout": "600"}, tags={"a": "b"})["QueueUrl"]
    bodies = [f"kept {number}" for number in range(30)]
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body)
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=2)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=received[0]["ReceiptHandle"])
    upload = s3.create_multipart_upload(Bucket="box", Key="joined", Metadata={"m": "1"})["UploadId"]
    part = lambda number, body: {
        "PartNumber": number,
        "ETag": s3.upload_part(Bucket="box", Key="joined", UploadId=upload, PartNumber=number, Body=body)["ETag"],
    }
    parts = [part(1, b"x" * 5 * MIB)]
    before = {item["Key"]: item["ETag"] for item in s3.list_objects_v2(Bucket="box")["Contents"]}
    emulator.kill()
    emulator.start()
    assert {item["Key"]: item["ETag"] for item in s3.list_objects_v2(Bucket="box")["Contents"]} == before
    assert s3.get_object(Bucket="box", Key="posted")["Body"].read() == b"a form"
    parts.append(part(2, b"end"))
    s3.complete_multipart_upload(
        Bucket="box", Key="joined", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    joined = s3.get_object(Bucket="box", Key="joined")
    assert joined["ContentLength"] == 5 * MIB + 3 and joined["Metadata"] == {"m": "1"}

    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "b"}
    found = []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in batch]
    hidden = {message["Body"] for message in received}
    assert sorted(found) == sorted(set(bodies) - hidden), "in flight stays in flight, deleted stays deleted"
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=received[1]["ReceiptHandle"], VisibilityTimeout=0)
    assert only(sqs.receive_message(QueueUrl=url))["Body"] == received[1]["Body"]


def verified(binary, folder):
    """With credentials set, only who signs with them is let in."""
    emulator = Emulator(binary, folder, "--credentials", "key:secret", "--no-waits")
    try:
        sqs, s3 = (emulator.client(service, "key", "secret") for service in ["sqs", "s3"])
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="a b & c")
        for _ in range(2):
            sqs.purge_queue(QueueUrl=url)
        sqs.delete_queue(QueueUrl=url)
        sqs.create_queue(QueueName="q")
        s3.create_bucket(Bucket="box", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_object(Bucket="box", Key="a b+c", Body=b"hello")
        with refused("SignatureDoesNotMatch", 403):
            emulator.client("sqs", "key", "other").list_queues()
        with refused("InvalidClientTokenId", 403):
            emulator.client("sqs", "other", "secret").list_queues()
        with refused("SignatureDoesNotMatch", 403):
            emulator.client("s3", "key", "other").list_buckets()
        assert fetch(f"{emulator.url}/box/a%20b%2Bc")[0] == 403
        assert fetch(f"{emulator.url}/?Action=ListQueues")[0] == 403
        for version in [None, "s3v4"]:
            right, wrong = (
                emulator.client("s3", "key", secret, signature_version=version) for secret in ["secret", "other"]
            )
            where = {"Bucket": "box", "Key": "a b+c"}
            assert fetch(right.generate_presigned_url("get_object", Params=where))[2] == b"hello"
            assert fetch(wrong.generate_presigned_url("get_object", Params=where))[0] == 403
            assert fetch(right.generate_presigned_url("put_object", Params=where))[0] == 403, "another method"
            expired = right.generate_presigned_url("get_object", Params=where, ExpiresIn=1)
            post = right.generate_presigned_post("box", "posted")
            assert post_form(post["url"], post["fields"], b"a form")[0] == 204
            post = wrong.generate_presigned_post("box", "posted")
            assert post_form(post["url"], post["fields"], b"a form")[0] == 403
            time.sleep(2.1)
            assert fetch(expired)[0] == 403
    finally:
        emulator.kill()


def main():
    (binary,) = sys.argv[1:]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        emulator = Emulator(os.path.abspath(binary), f"{folder}/open")
        try:
            parts = [queues, messages, fifo, dead_letters, objects, listings, large, presigned, hosts, localstack, restart]
            for part in parts:
                part(emulator)
                print(f"ok  {part.__name__}  ({time.monotonic() - begun:.1f}s)", flush=True)
        finally:
            emulator.kill()
        verified(os.path.abspath(binary), f"{folder}/verified")
        print(f"ok  verified  ({time.monotonic() - begun:.1f}s)")


if __name__ == "__main__":
    main()
