"""The shipped catalogue of AWS managed policies."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files

import jsonschema

from cloudward_iam import aws_policies
from cloudward_policy import PolicyKind, check_document

INDEX = files("cloudward_specs").joinpath("managed_policies", "index.json")
SCHEMA = files("cloudward_specs").joinpath("managed_policies", "index.schema.json")


def test_the_index_follows_its_schema() -> None:
    jsonschema.validate(
        json.loads(INDEX.read_text("utf-8")),
        json.loads(SCHEMA.read_text("utf-8")),
        format_checker=jsonschema.FormatChecker(),
    )


def test_every_document_is_a_policy_that_iam_accepts() -> None:
    for policy in aws_policies.after("aws", None):
        check_document(aws_policies.document("aws", policy.policy_name), PolicyKind.IDENTITY, managed=True)


def test_ids_never_change() -> None:
    policy = aws_policies.find("aws", "/", "AdministratorAccess")
    assert policy is not None
    assert policy.policy_id == "ANPA6DVNKPZIRO3KD5TLF"
    assert len({found.policy_id for found in aws_policies.after("aws", None)}) == aws_policies.count()


def test_names_go_on_after_the_last_one() -> None:
    names = [policy.policy_name for policy in aws_policies.after("aws", None)]
    assert names == sorted(names, key=str.lower)
    assert [policy.policy_name for policy in aws_policies.after("aws", names[99])] == names[100:]


def test_policies_are_found_by_path_and_name_together() -> None:
    assert aws_policies.find("aws", "/job-function/", "SupportUser") is not None
    assert aws_policies.find("aws", "/", "SupportUser") is None
    assert aws_policies.find("aws", "/job-function/", "supportuser") is None


def test_documents_name_the_partition_that_asks() -> None:
    text = aws_policies.document("aws-cn", "AWSAppMeshFullAccess")
    assert '"arn:aws-cn:iam::*:role/' in text
    assert '"arn:aws:' not in text


def test_nothing_is_read_before_the_first_policy_is_asked_for() -> None:
    program = (
        "import cloudward_iam.plugin\n"
        "from cloudward_iam import aws_policies\n"
        "assert aws_policies._catalogue.cache_info().currsize == 0\n"
        "aws_policies.count()\n"
        "assert aws_policies._catalogue.cache_info().currsize == 1\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
