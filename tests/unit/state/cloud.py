"""A small service for the tests of state."""

from datetime import datetime

from cloudward.scope import Per, Scope
from cloudward.state import Record, State, index, single, table


class User(Record):
    user_name: str
    user_id: str
    path: str = "/"
    tags: tuple[str, ...] = ()
    created: datetime | None = None


class AccessKey(Record):
    access_key_id: str
    user_name: str


class InlinePolicy(Record):
    user_name: str
    policy_name: str
    document: str = "{}"


class PasswordPolicy(Record):
    minimum_length: int = 6


class CloudState(State, per=Per.ACCOUNT, service="cloud"):
    users = table(
        User,
        key="user_name",
        fold_case=True,
        indexes=(index("user_id", unique_in=Per.PARTITION), index("path"), index("tags", multi=True)),
    )
    access_keys = table(
        AccessKey,
        key="access_key_id",
        unique_in=Per.PARTITION,
        indexes=(index("user_name", fold_case=True),),
        references=("users", "user_name"),
    )
    inline = table(InlinePolicy, key=("user_name", "policy_name"), fold_case=True, references=("users", "user_name"))
    password_policy = single(PasswordPolicy)


class Queue(Record):
    name: str


class RegionState(State, per=Per.REGION, service="queues"):
    queues = table(Queue, key="name")


class PartitionState(State, per=Per.PARTITION, service="names"):
    buckets = table(Queue, key="name")


A = Scope("aws", "111111111111")
B = Scope("aws", "222222222222")
CHINA = Scope("aws-cn", "111111111111")


def user(name: str, **more: object) -> User:
    return User(user_name=name, **{"user_id": f"AIDA{name.upper()}", **more})
