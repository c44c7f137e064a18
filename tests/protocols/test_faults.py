"""General errors, those that no model declares, as each protocol's client reads them."""

from __future__ import annotations

import pytest

from cloudward.errors import AccessDenied, MalformedRequest, ServiceError, UnknownOperation, ValidationError
from cloudward.protocols import Fault, codec_for
from tests.protocols.oracle import Pair, body_bytes

_SPEAKERS = {
    "query": "iam",
    "ec2": "ec2",
    "json": "dynamodb",
    "rest-json": "lambda",
    "rest-xml": "route53",
    "s3": "s3",
    "smithy-rpc-v2-cbor": "cloudwatch",
}
_CODES: dict[type[ServiceError], dict[str, str]] = {
    AccessDenied: {
        "query": "AccessDenied",
        "ec2": "UnauthorizedOperation",
        "json": "AccessDeniedException",
        "rest-json": "AccessDeniedException",
        "rest-xml": "AccessDenied",
        "s3": "AccessDenied",
        "smithy-rpc-v2-cbor": "AccessDeniedException",
    },
    ValidationError: {
        "query": "ValidationError",
        "ec2": "InvalidParameterValue",
        "json": "ValidationException",
        "rest-json": "ValidationException",
        "rest-xml": "InvalidInput",
        "s3": "InvalidArgument",
        "smithy-rpc-v2-cbor": "ValidationException",
    },
    MalformedRequest: {
        "query": "MalformedInput",
        "ec2": "InvalidQueryParameter",
        "json": "SerializationException",
        "rest-json": "SerializationException",
        "rest-xml": "MalformedInput",
        "s3": "MalformedXML",
        "smithy-rpc-v2-cbor": "SerializationException",
    },
    UnknownOperation: {
        "query": "InvalidAction",
        "ec2": "InvalidAction",
        "json": "UnknownOperationException",
        "rest-json": "UnknownOperationException",
        "rest-xml": "UnknownOperationException",
        "s3": "MethodNotAllowed",
        "smithy-rpc-v2-cbor": "UnknownOperationException",
    },
}


@pytest.mark.parametrize("protocol", _SPEAKERS)
@pytest.mark.parametrize("error", _CODES)
def test_general_errors_have_the_protocols_own_code(protocol: str, error: type[ServiceError]) -> None:
    pair = Pair(_SPEAKERS[protocol], "rest-xml" if protocol == "s3" else protocol)
    fault = Fault(error.code, "why <it> is so", error.status, error.sender)
    general, _ = pair.fault(pair.service.operation_names[0], fault)
    assert general["Error"]["Code"] == _CODES[error][protocol]
    assert general["Error"]["Message"] == "why <it> is so"
    assert 400 <= general["ResponseMetadata"]["HTTPStatusCode"] < 500
    assert general["ResponseMetadata"]["RequestId"] == "request-id"


def test_an_error_without_operation_is_answered_all_the_same() -> None:
    for name, protocol in [("iam", "query"), ("dynamodb", "json"), ("s3", "rest-xml")]:
        response = codec_for(Pair(name).service, protocol).encode_fault(None, Fault("X", "y"), "id")
        assert b"y" in body_bytes(response)


def test_query_compatible_services_tell_the_code_of_old_in_a_header() -> None:
    pair = Pair("sqs")
    fault = Fault(
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist.",
        query_code="AWS.SimpleQueueService.NonExistentQueue",
        shape="QueueDoesNotExist",
    )
    general, _ = pair.fault("GetQueueUrl", fault)
    assert general["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert general["Error"]["QueryErrorCode"] == "QueueDoesNotExist"
    assert general["Error"]["Type"] == "Sender"


def test_s3_errors_are_not_wrapped_and_carry_their_fields() -> None:
    pair = Pair("s3")
    fault = Fault("NoSuchBucket", "The specified bucket does not exist", 404, fields={"BucketName": "a&b"})
    response = pair.codec.encode_fault(pair.operation("ListObjectsV2"), fault, "id")
    assert response.status == 404
    assert body_bytes(response) == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchBucket</Code>'
        b"<Message>The specified bucket does not exist</Message><BucketName>a&amp;b</BucketName>"
        b"<RequestId>id</RequestId><HostId>id</HostId></Error>"
    )
    assert ("x-amz-request-id", "id") in response.headers


def test_s3_tells_a_buckets_location_in_the_root_element() -> None:
    pair = Pair("s3")
    response = pair.codec.encode(pair.operation("GetBucketLocation"), {"LocationConstraint": "eu-west-1"}, "id")
    assert body_bytes(response).endswith(
        b'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>'
    )
