"""IAM and STS over the query protocol: what a caller reads when the input is right and when it is not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import botocore.loaders
import msgspec
import pytest

from cloudward.errors import MalformedRequest, ValidationError
from cloudward.model import ServiceModel
from cloudward.protocols import Codec, Fault, WireRequest, codec_for
from tests.protocols.oracle import body_bytes

_FORM = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")]


@pytest.fixture(scope="module")
def iam() -> ServiceModel:
    return ServiceModel("iam", botocore.loaders.Loader().load_service_model("iam", "service-2"))


@pytest.fixture(scope="module")
def codec(iam: ServiceModel) -> Codec:
    return codec_for(iam, "query")


def _decode(codec: Codec, iam: ServiceModel, operation: str, form: str, raw_query: str = "") -> dict[str, Any]:
    request = WireRequest("POST", "/", raw_query, _FORM, form.encode())
    return codec.decode(iam.operation(operation), request, {})


def test_members_become_parameters(codec: Codec, iam: ServiceModel) -> None:
    form = "Action=CreateUser&Version=2010-05-08&UserName=a%40b+c".replace("+c", "")
    tags = "&Tags.member.2.Key=b&Tags.member.2.Value=&Tags.member.1.Key=a&Tags.member.1.Value=%C3%A9+x"
    assert _decode(codec, iam, "CreateUser", form + tags) == {
        "user_name": "a@b",
        "tags": [{"Key": "a", "Value": "é x"}, {"Key": "b", "Value": ""}],
    }


def test_parameters_come_from_the_query_string_too(codec: Codec, iam: ServiceModel) -> None:
    request = WireRequest("GET", "/", "Action=GetUser&UserName=alice&X-Amz-Date=20260101T000000Z")
    assert codec.decode(iam.operation("GetUser"), request, {}) == {"user_name": "alice"}


@pytest.mark.parametrize(
    ("operation", "form", "message"),
    [
        (
            "CreateUser",
            "",
            (
                "1 validation error detected: Value null at 'userName' failed to satisfy constraint: "
                "Member must not be null"
            ),
        ),
        (
            "CreateUser",
            "UserName=" + "a" * 65,
            "1 validation error detected: Value '" + "a" * 65 + "' at 'userName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64",
        ),
        (
            "ListUsers",
            "MaxItems=1001",
            (
                "1 validation error detected: Value '1001' at 'maxItems' failed to satisfy constraint: "
                "Member must have value less than or equal to 1000"
            ),
        ),
        (
            "ListUsers",
            "MaxItems=0",
            (
                "1 validation error detected: Value '0' at 'maxItems' failed to satisfy constraint: "
                "Member must have value greater than or equal to 1"
            ),
        ),
        (
            "UpdateAccessKey",
            "AccessKeyId=AKIAIOSFODNN7EXAMPLE&Status=Off",
            (
                "1 validation error detected: Value 'Off' at 'status' failed to satisfy constraint: "
                "Member must satisfy enum value set: [Active, Inactive, Expired]"
            ),
        ),
        (
            "TagUser",
            "UserName=a&Tags.member.1.Key=k",
            (
                "1 validation error detected: Value null at 'tags.1.member.value' failed to satisfy constraint: "
                "Member must not be null"
            ),
        ),
        (
            "TagUser",
            "UserName=a&Tags.member.1.Key=" + "k" * 129,
            "2 validation errors detected: Value '" + "k" * 129 + "' at 'tags.1.member.key' failed to satisfy "
            "constraint: Member must have length less than or equal to 128; Value null at 'tags.1.member.value' "
            "failed to satisfy constraint: Member must not be null",
        ),
        (
            "UntagUser",
            "UserName=a&TagKeys.member.1=ok&TagKeys.member.2=%3B",
            (
                "1 validation error detected: Value '[ok, ;]' at 'tagKeys' failed to satisfy constraint: Member must "
                "satisfy constraint: [Member must have length less than or equal to 128, Member must have length "
                "greater than or equal to 1, "
                r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+]"
            ),
        ),
    ],
)
def test_violations_are_worded_as_aws_words_them(
    codec: Codec, iam: ServiceModel, operation: str, form: str, message: str
) -> None:
    with pytest.raises(ValidationError) as error:
        _decode(codec, iam, operation, form)
    assert error.value.text == message


def test_a_pattern_with_a_message_of_its_own_answers_with_that(iam: ServiceModel) -> None:
    document = msgspec.json.decode(msgspec.json.encode(iam.document))
    document["shapes"]["userNameType"]["cloudward:patternMessage"] = "The specified value for {member} is invalid."
    service = ServiceModel("iam", document)
    with pytest.raises(ValidationError, match=r"^The specified value for userName is invalid\.$"):
        _decode(codec_for(service, "query"), service, "CreateUser", "UserName=a%21")


def test_sensitive_values_are_not_repeated(codec: Codec, iam: ServiceModel) -> None:
    with pytest.raises(ValidationError) as error:
        _decode(codec, iam, "CreateLoginProfile", "UserName=a&Password=" + "s" * 129)
    assert "Value at 'password' failed" in error.value.text
    assert "sss" not in error.value.text


@pytest.mark.parametrize(
    "form",
    [
        "UserName=%ff",
        "UserName=a&UserName=a",
        "UserName=&UserName=",
        "UserName.x=a",
        "UserName=a&Tags.member.x.Key=a",
        "UserName=a&Tags.member.-1.Key=a",
        "UserName=a&Tags.member.99999999999999.Key=a",
        "UserName=a&Tags=b&Tags.member.1.Key=a",
        "UserName=a&Tags.member.1=text",
        "UserName=a&" + "a." * 5000 + "a=1",
    ],
)
def test_malformed_forms_are_refused(codec: Codec, iam: ServiceModel, form: str) -> None:
    with pytest.raises(MalformedRequest):
        _decode(codec, iam, "CreateUser", form)


def test_other_content_types_are_refused(codec: Codec, iam: ServiceModel) -> None:
    request = WireRequest("POST", "/", "", [("content-type", "application/json")], b"{}")
    with pytest.raises(MalformedRequest):
        codec.decode(iam.operation("CreateUser"), request, {})


def test_an_absurd_list_position_is_just_the_only_element(codec: Codec, iam: ServiceModel) -> None:
    tag = "Tags.member.999999999.Key=k&Tags.member.999999999.Value=v"
    assert _decode(codec, iam, "TagUser", "UserName=a&" + tag)["tags"] == [{"Key": "k", "Value": "v"}]


class User(msgspec.Struct, frozen=True):
    user_name: str
    path: str
    user_id: str
    arn: str
    create_date: datetime
    password_last_used: datetime | None = None


def test_records_and_dicts_are_written_alike(codec: Codec, iam: ServiceModel) -> None:
    user = User('a<b>&"c', "/", "AIDA", "arn", datetime(2026, 1, 31, 12, tzinfo=UTC))
    as_dict = {"UserName": user.user_name, "Path": "/", "UserId": "AIDA", "Arn": "arn", "CreateDate": user.create_date}
    operation = iam.operation("GetUser")
    body = body_bytes(codec.encode(operation, {"User": user}, "the-id"))
    assert body == body_bytes(codec.encode(operation, {"User": as_dict}, "the-id"))
    assert body.decode() == (
        '<GetUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetUserResult><User><Path>/</Path>'
        "<UserName>a&lt;b&gt;&amp;&quot;c</UserName><UserId>AIDA</UserId><Arn>arn</Arn>"
        "<CreateDate>2026-01-31T12:00:00Z</CreateDate></User></GetUserResult>"
        "<ResponseMetadata><RequestId>the-id</RequestId></ResponseMetadata></GetUserResponse>"
    )


def test_an_operation_without_output_answers_the_request_id_alone(codec: Codec, iam: ServiceModel) -> None:
    response = codec.encode(iam.operation("DeleteUser"), None, "the-id")
    assert dict(response.headers) == {"Content-Type": "text/xml", "x-amzn-RequestId": "the-id"}
    assert re.fullmatch(
        rb"<DeleteUserResponse xmlns=[^>]+><ResponseMetadata><RequestId>the-id</RequestId></ResponseMetadata>"
        rb"</DeleteUserResponse>",
        body_bytes(response),
    )


def test_an_error_names_its_side(codec: Codec) -> None:
    response = codec.encode_fault(None, Fault("InternalFailure", "oops", 500, sender=False), "the-id")
    assert response.status == 500
    assert body_bytes(response) == (
        b'<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Receiver</Type>'
        b"<Code>InternalFailure</Code><Message>oops</Message></Error><RequestId>the-id</RequestId></ErrorResponse>"
    )


def test_a_traceback_through_compiled_code_shows_its_source(codec: Codec, iam: ServiceModel) -> None:
    import traceback

    with pytest.raises(TypeError) as error:
        codec.encode(iam.operation("ListUsers"), {"Users": [{"Tags": [1], "UserName": 5}]}, "id")
    lines = traceback.format_exception(error.value)
    assert any("<iam query" in line and "escape(" in line for line in lines)
