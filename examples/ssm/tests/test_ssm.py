"""The plugin through boto3, and the contract that every provider keeps."""

import cloudward_ssm.plugin
import pytest

from cloudward.testing import check_plugin, running_gateway


@pytest.fixture
def ssm():
    with running_gateway() as gateway:
        yield gateway.client("ssm")


def test_contract():
    assert len(check_plugin(cloudward_ssm.plugin).operations) == 8


def test_versions(ssm):
    assert ssm.put_parameter(Name="/app/db", Value="one", Type="String")["Version"] == 1
    with pytest.raises(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(Name="/app/db", Value="two", Type="String")
    assert ssm.put_parameter(Name="/app/db", Value="two", Overwrite=True)["Version"] == 2
    assert ssm.get_parameter(Name="/app/db")["Parameter"]["Value"] == "two"
    assert ssm.get_parameter(Name="/app/db:1")["Parameter"]["Value"] == "one"
    with pytest.raises(ssm.exceptions.ParameterVersionNotFound):
        ssm.get_parameter(Name="/app/db:3")
    history = ssm.get_paginator("get_parameter_history").paginate(Name="/app/db", PaginationConfig={"PageSize": 1})
    assert [version["Value"] for page in history for version in page["Parameters"]] == ["one", "two"]


def test_hierarchy_and_paging(ssm):
    for number in range(25):
        ssm.put_parameter(Name=f"/app/p{number:02}", Value=str(number), Type="String")
    ssm.put_parameter(Name="/app/deep/x", Value="x", Type="StringList")
    pages = ssm.get_paginator("get_parameters_by_path")
    names = [p["Name"] for page in pages.paginate(Path="/app") for p in page["Parameters"]]
    assert names == [f"/app/p{number:02}" for number in range(25)]
    assert len([p for page in pages.paginate(Path="/app", Recursive=True) for p in page["Parameters"]]) == 26
    lists = [{"Key": "Type", "Values": ["StringList"]}]
    assert [p["Name"] for p in ssm.describe_parameters(ParameterFilters=lists)["Parameters"]] == ["/app/deep/x"]


def test_several_and_missing(ssm):
    ssm.put_parameter(Name="a", Value="1", Type="String")
    answer = ssm.get_parameters(Names=["a", "b"])
    assert [p["Value"] for p in answer["Parameters"]] == ["1"]
    assert answer["InvalidParameters"] == ["b"]
    assert ssm.delete_parameters(Names=["a", "b"])["InvalidParameters"] == ["b"]
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.delete_parameter(Name="a")


def test_secure_values_are_hidden_until_decrypted(ssm):
    ssm.put_parameter(Name="s", Value="secret", Type="SecureString")
    assert "secret" not in ssm.get_parameter(Name="s")["Parameter"]["Value"]
    assert ssm.get_parameter(Name="s", WithDecryption=True)["Parameter"]["Value"] == "secret"
