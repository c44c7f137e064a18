"""What Parameter Store keeps, per account and region."""

from datetime import datetime

from cloudward.api import Per, Record, State, index, table


class Version(Record):
    """One version of a parameter; the fields are those of SSM's Parameter and ParameterHistory shapes."""

    name: str
    version: int
    type: str
    value: str
    arn: str
    last_modified_date: datetime
    last_modified_user: str
    data_type: str = "text"
    tier: str = "Standard"
    description: str | None = None
    allowed_pattern: str | None = None
    key_id: str | None = None
    tags: dict[str, str] = {}  # noqa: RUF012 - msgspec copies it for every record


class SsmState(State, per=Per.REGION, service="ssm"):
    """Parameters of one account in one region."""

    latest = table(Version, key="name", indexes=(index("type"),))
    versions = table(Version, key=("name", "version"))
