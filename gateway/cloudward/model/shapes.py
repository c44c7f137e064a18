"""The frozen form of a service model: services, operations, shapes and members with their traits.

Field names follow the Smithy and botocore vocabulary.  Shapes may refer to themselves, so a member holds its target's
name and looks it up in the service on first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

ShapeType = Literal[
    "structure",
    "list",
    "map",
    "string",
    "integer",
    "long",
    "short",
    "byte",
    "float",
    "double",
    "boolean",
    "blob",
    "timestamp",
    "bigdecimal",
    "biginteger",
    "character",
]
Location = Literal["header", "headers", "uri", "querystring", "statusCode"]
TimestampFormat = Literal["iso8601", "rfc822", "unixTimestamp"]


@dataclass(frozen=True, slots=True)
class ErrorTrait:
    """How an error shape is answered.

    Attributes:
        code: the error code on the wire (query-compatible services have a second one, see `query_code`).
        status: the HTTP status; 400 for sender faults and 500 for receiver faults when the model is silent.
        sender: whether the caller is at fault.
        query_code: the code of the `awsQueryError` trait, empty where there is none.
    """

    code: str
    status: int
    sender: bool
    query_code: str = ""


@dataclass(frozen=True, slots=True)
class HttpTrait:
    """An operation's HTTP binding.

    Attributes:
        method: the HTTP method.
        uri: the URI template, query part included (`/{Bucket}/{Key+}?uploads`).
        status: the response status of a success.
    """

    method: str = "POST"
    uri: str = "/"
    status: int = 200


@dataclass(frozen=True, eq=False)
class Member:
    """A reference to a shape with the traits of the reference laid over the target's.

    Attributes:
        name: the member's name in the model (`member`, `key`, `value` for lists and maps).
        target: the name of the target shape.
        location: where it travels in HTTP; None means the body.
        location_name: the wire name where it differs from `name`; None where it does not.
        query_name: the `queryName` trait (ec2).
        traits: what else the reference says, as botocore has it: flattened, xmlAttribute, xmlNamespace, streaming,
            eventheader, eventpayload, hostLabel, idempotencyToken, jsonvalue, timestampFormat, box, deprecated …
    """

    service: ServiceModel = field(repr=False)
    name: str
    target: str
    location: Location | None
    location_name: str | None
    query_name: str | None
    traits: Mapping[str, Any]

    @cached_property
    def shape(self) -> Shape:
        """The target shape."""
        return self.service.shape(self.target)

    @property
    def wire_name(self) -> str:
        """The name on the wire: `location_name`, or the member's own."""
        return self.location_name or self.name

    @cached_property
    def flattened(self) -> bool:
        """Whether a list or map is written without its wrapping element."""
        return bool(self.traits.get("flattened") or self.shape.traits.get("flattened"))

    @cached_property
    def timestamp_format(self) -> TimestampFormat | None:
        """The format that the member or its shape asks for; None means the protocol's default."""
        value: TimestampFormat | None = self.traits.get("timestampFormat") or self.shape.traits.get("timestampFormat")
        return value

    @cached_property
    def streaming(self) -> bool:
        """Whether the member is a streaming body."""
        return bool(self.traits.get("streaming") or self.shape.traits.get("streaming"))

    @cached_property
    def idempotency_token(self) -> bool:
        """Whether a missing value is to be filled in by the server side."""
        return bool(self.traits.get("idempotencyToken"))


@dataclass(frozen=True, eq=False, repr=False)
class Shape:
    """A shape of a service model.

    Attributes:
        name: its name.
        type: its simple or aggregate type.
        members: a structure's members by name, in model order.
        required: names of the required members.
        member: a list's element.
        key: a map's key.
        value: a map's value.
        min: least length (strings, lists, maps, blobs) or value (numbers).
        max: greatest length or value.
        pattern: the regular expression a string must match.
        enum: the values a string may have; empty when free.
        payload: the name of the member that is the whole body.
        error: for error shapes, how they are answered.
        union: whether exactly one member may be set.
        document: whether any JSON value is allowed.
        eventstream: whether the structure is an event stream.
        traits: everything else the model says, as botocore has it.
    """

    service: ServiceModel = field(repr=False)
    name: str
    type: ShapeType
    members: Mapping[str, Member]
    required: tuple[str, ...]
    member: Member | None
    key: Member | None
    value: Member | None
    min: float | None
    max: float | None
    pattern: str | None
    enum: tuple[str, ...]
    payload: str | None
    error: ErrorTrait | None
    union: bool
    document: bool
    eventstream: bool
    traits: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Shape({self.service.name}.{self.name}, {self.type})"


@dataclass(frozen=True, eq=False, repr=False)
class OperationModel:
    """An operation of a service.

    Attributes:
        name: the operation's name.
        http: its HTTP binding.
        input: the input shape; None when it takes nothing.
        output: the output shape; None when it answers nothing.
        result_wrapper: the query protocol's result element (`CreateUserResult`).
        errors: the declared error shapes.
        auth: botocore's auth list or type (`none`, `v4`, `bearer` …).
        endpoint_prefix: the host prefix (`endpoint.hostPrefix`), with labels in braces; empty where there is none.
        traits: everything else the model says.
    """

    service: ServiceModel = field(repr=False)
    name: str
    http: HttpTrait
    input: Shape | None
    output: Shape | None
    result_wrapper: str | None
    errors: tuple[Shape, ...]
    auth: tuple[str, ...]
    endpoint_prefix: str
    traits: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"OperationModel({self.service.name}.{self.name})"


class ServiceModel:
    """A service: its metadata, operations and shapes, read from botocore's JSON lazily.

    Args:
        name: botocore's service name (`iam`, `cognito-idp`).
        document: the parsed `service-2.json`, overlays applied.
    """

    def __init__(self, name: str, document: Mapping[str, Any]) -> None:
        self.name = name
        self.document = document
        self.metadata: Mapping[str, Any] = document["metadata"]
        self._shapes: dict[str, Shape] = {}
        self._operations: dict[str, OperationModel] = {}

    def __repr__(self) -> str:
        return f"ServiceModel({self.name!r})"

    @cached_property
    def protocols(self) -> tuple[str, ...]:
        """The protocols the service speaks, the preferred one first."""
        preferred: str = self.metadata["protocol"]
        return (preferred, *(p for p in self.metadata.get("protocols", ()) if p != preferred))

    @property
    def api_version(self) -> str:
        """The API version (`2010-05-08`)."""
        return str(self.metadata["apiVersion"])

    @property
    def signing_name(self) -> str:
        """The service's name in a credential scope."""
        return str(self.metadata.get("signingName") or self.metadata["endpointPrefix"])

    @property
    def target_prefix(self) -> str | None:
        """What stands before the operation in `X-Amz-Target`."""
        return self.metadata.get("targetPrefix")

    @property
    def json_version(self) -> str:
        """`1.0` or `1.1`, of the json protocol."""
        return str(self.metadata.get("jsonVersion", "1.0"))

    @property
    def xml_namespace(self) -> str | None:
        """The namespace of XML answers."""
        return self.metadata.get("xmlNamespace")

    @cached_property
    def operation_names(self) -> tuple[str, ...]:
        """The names of all operations, sorted."""
        return tuple(sorted(self.document["operations"]))

    def has_operation(self, name: str) -> bool:
        """Tell whether the service has an operation.

        Args:
            name: the operation's name.
        """
        return name in self.document["operations"]

    def operation(self, name: str) -> OperationModel:
        """Return an operation.

        Args:
            name: its name.

        Raises:
            KeyError: the service has none of that name.
        """
        known = self._operations.get(name)
        if known is None:
            known = self._operations[name] = self._read_operation(name, self.document["operations"][name])
        return known

    def shape(self, name: str) -> Shape:
        """Return a shape.

        Args:
            name: its name.

        Raises:
            KeyError: the service has none of that name.
        """
        known = self._shapes.get(name)
        if known is None:
            known = self._shapes[name] = self._read_shape(name, self.document["shapes"][name])
        return known

    @cached_property
    def error_shapes(self) -> Mapping[str, Shape]:
        """Every error shape of the service by its name."""
        return {name: self.shape(name) for name, raw in self.document["shapes"].items() if raw.get("exception")}

    def _read_operation(self, name: str, raw: Mapping[str, Any]) -> OperationModel:
        http = raw.get("http", {})
        output = raw.get("output")
        auth = raw.get("auth") or ([raw["authtype"]] if raw.get("authtype") else [])
        return OperationModel(
            service=self,
            name=name,
            http=HttpTrait(http.get("method", "POST"), http.get("requestUri", "/"), http.get("responseCode", 200)),
            input=self.shape(raw["input"]["shape"]) if raw.get("input") else None,
            output=self.shape(output["shape"]) if output else None,
            result_wrapper=output.get("resultWrapper") if output else None,
            errors=tuple(self.shape(error["shape"]) for error in raw.get("errors", ())),
            auth=tuple(auth),
            endpoint_prefix=raw.get("endpoint", {}).get("hostPrefix", ""),
            traits=raw,
        )

    def _read_shape(self, name: str, raw: Mapping[str, Any]) -> Shape:
        def member(member_name: str, ref: Mapping[str, Any]) -> Member:
            return Member(
                self, member_name, ref["shape"], ref.get("location"), ref.get("locationName"), ref.get("queryName"), ref
            )

        return Shape(
            service=self,
            name=name,
            type=raw["type"],
            members={key: member(key, ref) for key, ref in raw.get("members", {}).items()},
            required=tuple(raw.get("required", ())),
            member=member("member", raw["member"]) if "member" in raw else None,
            key=member("key", raw["key"]) if "key" in raw else None,
            value=member("value", raw["value"]) if "value" in raw else None,
            min=raw.get("min"),
            max=raw.get("max"),
            pattern=raw.get("pattern"),
            enum=tuple(raw.get("enum", ())),
            payload=raw.get("payload"),
            error=_read_error(name, raw) if raw.get("exception") else None,
            union=bool(raw.get("union")),
            document=bool(raw.get("document")),
            eventstream=bool(raw.get("eventstream")),
            traits=raw,
        )


def _read_error(name: str, raw: Mapping[str, Any]) -> ErrorTrait:
    error = raw.get("error", {})
    status = error.get("httpStatusCode")
    receiver = bool(raw.get("fault")) or (status is not None and status >= 500)
    sender = bool(error.get("senderFault", not receiver))
    return ErrorTrait(
        code=error.get("code", name),
        status=error.get("httpStatusCode", 400 if sender else 500),
        sender=sender,
        query_code=error.get("code", "") if "error" in raw else "",
    )
