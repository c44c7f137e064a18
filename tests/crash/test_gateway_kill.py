"""SIGKILL of the whole gateway under concurrent calls of real clients."""

import itertools
import signal
import threading

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from tests.contract.process import started

THREADS = 4
ROUNDS = 3


def iam(url):
    return boto3.client(
        "iam",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20),
    )


def write_until_killed(gateway, number):
    """Make users with a policy and a group each; return what was answered before the gateway was killed."""
    answered = []
    enough = threading.Event()

    def work(thread):
        client = iam(gateway.url)
        for step in itertools.count():
            name = f"u-{number}-{thread}-{step}"
            try:
                client.create_user(UserName=name, Tags=[{"Key": "k", "Value": name}])
                answered.append(("user", name))
                client.create_access_key(UserName=name)
                answered.append(("key", name))
            except (BotoCoreError, ClientError, ResponseParserError):
                return  # cut off, perhaps between the head and the body of an answer
            if len(answered) > 60:
                enough.set()

    threads = [threading.Thread(target=work, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    gateway.process.send_signal(signal.SIGKILL)
    for thread in threads:
        thread.join()
    gateway.process.wait(10)
    return answered


@pytest.mark.parametrize("flags", [(), ("--durability", "full"), ("--workers", "2")], ids=["normal", "full", "workers"])
def test_what_was_answered_is_there_after_sigkill(tmp_path, flags):
    answered = []
    for number in range(ROUNDS):
        with started(tmp_path, "--state", "state", *flags) as gateway:
            answered += write_until_killed(gateway, number)
        # Workers whose parent was killed finish by themselves; the lock is free when the last one has.
        for _ in range(200):
            try:
                with started(tmp_path, "--state", "state") as gateway:
                    client = iam(gateway.url)
                    pages = client.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1000})
                    users = {user["UserName"] for page in pages for user in page["Users"]}
                    for kind, name in answered:
                        assert name in users
                        if kind == "key":
                            assert len(client.list_access_keys(UserName=name)["AccessKeyMetadata"]) == 1
                    for name in users - {name for _, name in answered}:
                        tags = client.list_user_tags(UserName=name)["Tags"]
                        assert tags == [{"Key": "k", "Value": name}], "half of a user"
                break
            except AssertionError as error:
                if "is using this state" not in str(error):
                    raise
        else:
            pytest.fail("the state stayed locked")
