"""State that lasts, as users meet it: `cloudward start --state`, `cloudward state …`, kill -9."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import boto3
import psutil
import pytest
from botocore.exceptions import ClientError

from tests.contract.process import failing, started

ALLOW = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'


def iam(url, account="000000000000"):
    return boto3.client(
        "iam",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=account,
        aws_secret_access_key="test",
    )


def names(url, account="000000000000"):
    return [user["UserName"] for user in iam(url, account).list_users()["Users"]]


def post(url, path):
    with urllib.request.urlopen(urllib.request.Request(url + path, method="POST")) as answer:
        return json.loads(answer.read() or b"null")


@pytest.mark.parametrize("durability", ["normal", "full"])
def test_state_survives_kill_9(tmp_path, durability):
    flags = ("--state", str(tmp_path / "state"), "--durability", durability)
    with started(tmp_path, *flags) as gateway:
        iam(gateway.url).create_user(UserName="alice")
        iam(gateway.url, "111111111111").create_user(UserName="bob")
        gateway.process.send_signal(signal.SIGKILL)
        gateway.process.wait(10)
    with started(tmp_path, *flags) as gateway:
        assert names(gateway.url) == ["alice"]
        assert names(gateway.url, "111111111111") == ["bob"]


def test_persistence_1_keeps_state_in_the_default_folder(tmp_path):
    for expected in ([], ["alice"]):
        with started(tmp_path, PERSISTENCE="1", HOME=str(tmp_path)) as gateway:
            assert names(gateway.url) == expected
            if not expected:
                iam(gateway.url).create_user(UserName="alice")
    assert (tmp_path / ".local" / "share" / "cloudward" / "state.db").exists()


def test_without_the_flag_state_is_in_memory(tmp_path):
    with started(tmp_path) as gateway:
        iam(gateway.url).create_user(UserName="alice")
        assert "in memory" in gateway.banner
    with started(tmp_path) as gateway:
        assert names(gateway.url) == []


def test_a_state_that_cannot_be_used_ends_the_start_with_one_line(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "state.db").write_text("my diary\n" * 100)
    done = failing(tmp_path, "start", "--listen", "127.0.0.1:0", "--state", str(tmp_path / "state"))
    assert done.returncode == 2
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .endswith("is not a state file (not a SQLite database); it was left as it is")
    )
    assert "Traceback" not in done.stderr
    assert (tmp_path / "state" / "state.db").read_text() == "my diary\n" * 100


def test_a_second_gateway_on_one_state_is_refused(tmp_path):
    with started(tmp_path, "--state", "state") as gateway:
        done = failing(tmp_path, "start", "--listen", "127.0.0.1:0", "--state", "state")
        assert done.returncode == 2
        assert f"another cloudward (process {gateway.process.pid}) is using this state" in done.stderr
        offline = failing(tmp_path, "state", "export", "x.json", "--state", "state")
        assert offline.returncode == 2
        assert "is using this state" in offline.stderr


def cloudward(folder, *arguments):
    done = failing(folder, "state", *arguments)
    return done.returncode, done.stdout, done.stderr


def test_the_state_commands_on_a_running_gateway_and_on_its_file(tmp_path):
    state = ("--state", "state")
    with started(tmp_path, *state) as gateway:
        at = ("--endpoint", gateway.url)
        client = iam(gateway.url)
        client.create_user(UserName="alice")
        client.put_user_policy(UserName="alice", PolicyName="P", PolicyDocument=ALLOW)
        assert cloudward(tmp_path, "save", "one", *at) == (0, "saved one\n", "")
        client.create_user(UserName="bob")
        client.put_user_policy(UserName="alice", PolicyName="P", PolicyDocument=ALLOW.replace("s3:*", "sqs:*"))
        client.create_access_key(UserName="alice")
        code, text, _ = cloudward(tmp_path, "diff", "one", *at)
        assert code == 1
        assert "+ user bob added" in text
        assert "~ inline policy P of user alice" in text
        assert " of user alice added" in text
        assert "+ access key " in text
        assert '+      "Action": "sqs:*"' in text.replace("\x1b[32m", "")
        assert '-      "Action": "s3:*"' in text
        code, text, _ = cloudward(tmp_path, "list", *at)
        assert "one" in text
        assert cloudward(tmp_path, "export", "all.json", *at)[0] == 0
        code, text, _ = cloudward(tmp_path, "load", "one", *at)
        assert code == 0
        assert names(gateway.url) == ["alice"]
        assert client.list_access_keys(UserName="alice")["AccessKeyMetadata"] == []
        assert cloudward(tmp_path, "diff", "one", *at) == (0, "no differences\n", "")
        assert cloudward(tmp_path, "import", "all.json", *at)[0] == 0
        assert names(gateway.url) == ["alice", "bob"]
        (tmp_path / "bad.json").write_text((tmp_path / "all.json").read_text().replace('"iam"', '"cats"'))
        code, _, problem = cloudward(tmp_path, "import", "bad.json", *at)
        assert code == 2
        assert "unknown service 'cats'" in problem
        code, _, problem = cloudward(tmp_path, "save", "../evil", *at)
        assert code == 2
        code, _, problem = cloudward(tmp_path, "load", "none", *at)
        assert code == 2
        assert "no snapshot 'none'" in problem
        assert names(gateway.url) == ["alice", "bob"]

    code, _, problem = cloudward(tmp_path, "list", *at)
    assert code == 2
    assert "no gateway answers" in problem
    assert "one" in cloudward(tmp_path, "list", *state)[1]
    assert cloudward(tmp_path, "diff", "one", *state)[0] == 1
    assert cloudward(tmp_path, "export", "offline.json", *state)[0] == 0
    one, other = (json.loads((tmp_path / name).read_text()) for name in ("all.json", "offline.json"))
    for entry, later in zip(one["state"], other["state"], strict=True):
        # The gateway noted last accesses when it ended; everything else is as it was.
        assert {name: later["tables"].get(name) for name in entry["tables"]} == entry["tables"]
    assert cloudward(tmp_path, "reset", "--account", "000000000000", *state)[0] == 0
    assert cloudward(tmp_path, "save", "empty", *state)[0] == 0
    assert cloudward(tmp_path, "import", "all.json", *state)[0] == 0
    assert "- user bob removed" in cloudward(tmp_path, "diff", "one", "empty", *state)[1].replace("alice", "bob")
    assert cloudward(tmp_path, "delete", "empty", *state) == (0, "deleted empty\n", "")
    code, _, problem = cloudward(tmp_path, "export", "x.json", "--state", "nowhere")
    assert code == 2
    assert "no such state file" in problem
    with started(tmp_path, *state) as gateway:
        assert names(gateway.url) == ["alice", "bob"]


def test_an_account_full_of_things_can_be_exported_and_imported(tmp_path):
    with started(tmp_path, "--state", "state") as gateway:
        client = iam(gateway.url)
        client.create_user(UserName="alice", Path="/team/", Tags=[{"Key": "k", "Value": "v"}])
        client.create_access_key(UserName="alice")
        client.create_access_key()  # of the root user
        client.create_login_profile(UserName="alice", Password="Correct-horse-1")
        client.create_group(GroupName="devs")
        client.add_user_to_group(GroupName="devs", UserName="alice")
        trust = ALLOW.replace('"s3:*"', '"sts:AssumeRole"').replace('"Resource":"*"', '"Principal":{"AWS":"*"}')
        client.create_role(RoleName="r", AssumeRolePolicyDocument=trust)
        client.create_instance_profile(InstanceProfileName="p")
        client.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
        arn = client.create_policy(PolicyName="P", PolicyDocument=ALLOW)["Policy"]["Arn"]
        for attach, name in (
            (client.attach_user_policy, {"UserName": "alice"}),
            (client.attach_group_policy, {"GroupName": "devs"}),
            (client.attach_role_policy, {"RoleName": "r"}),
        ):
            attach(PolicyArn=arn, **name)
            attach(PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess", **name)
        client.put_group_policy(GroupName="devs", PolicyName="I", PolicyDocument=ALLOW)
        client.create_virtual_mfa_device(VirtualMFADeviceName="unassigned")
        client.update_user(UserName="alice", NewUserName="Alicia")
        client.create_account_alias(AccountAlias="my-account")
        at = ("--endpoint", gateway.url)
        assert cloudward(tmp_path, "export", "one.json", *at)[0] == 0
        assert cloudward(tmp_path, "reset", *at)[0] == 0
        assert names(gateway.url) == []
        code, _, problem = cloudward(tmp_path, "import", "one.json", *at)
        assert (code, problem) == (0, "")
        assert client.get_login_profile(UserName="alicia")["LoginProfile"]["UserName"] == "Alicia"
        assert len(client.list_attached_role_policies(RoleName="r")["AttachedPolicies"]) == 2
        assert cloudward(tmp_path, "export", "other.json", *at)[0] == 0
        one, other = (json.loads((tmp_path / name).read_text())["state"] for name in ("one.json", "other.json"))
        assert one == other
        evil = (tmp_path / "one.json").read_text().replace('"Alicia"', '"../../Alicia"')
        (tmp_path / "evil.json").write_text(evil)
        code, _, problem = cloudward(tmp_path, "import", "evil.json", *at)
        assert code == 2
        assert "'../../Alicia' is not a valid name" in problem
        assert names(gateway.url) == ["Alicia"]


def test_localstacks_state_routes(tmp_path):
    with started(tmp_path, "--snapshots", str(tmp_path / "snapshots")) as gateway:
        client = iam(gateway.url)
        client.create_user(UserName="alice")
        post(gateway.url, "/_localstack/state/save")
        post(gateway.url, "/_localstack/state/sts/reset")
        assert names(gateway.url) == ["alice"]
        post(gateway.url, "/_localstack/state/iam/reset")
        assert names(gateway.url) == []
        post(gateway.url, "/_localstack/state/load")
        assert names(gateway.url) == ["alice"]
        post(gateway.url, "/_cloudward/state/reset?account=111111111111")
        assert names(gateway.url) == ["alice"]
        post(gateway.url, "/_localstack/state/reset")
        assert names(gateway.url) == []
        for path, code in (
            ("/_cloudward/state/reset?service=cats", 400),
            ("/_cloudward/state/reset?account=1", 400),
            ("/_cloudward/state/snapshots/none/load", 404),
            ("/_cloudward/state/import", 400),
        ):
            with pytest.raises(urllib.error.HTTPError) as caught:
                post(gateway.url, path)
            assert caught.value.code == code
            caught.value.close()


def both_workers(parent):
    """The banner comes when the first one is ready; the second one follows."""
    while len(parent.children()) < 2:
        assert parent.is_running()
    return parent.children()


@pytest.mark.parametrize("durability", ["normal", "full"])
def test_two_workers_are_one_gateway(tmp_path, durability):
    flags = ("--state", "state", "--workers", "2", "--durability", durability)
    with started(tmp_path, *flags) as gateway:
        workers = both_workers(psutil.Process(gateway.process.pid))

        def work(number):
            client = iam(gateway.url)
            for step in range(15):
                name = f"u{number}-{step}"
                client.create_user(UserName=name)
                # Fresh connections, so that either worker may answer.
                assert iam(gateway.url).get_user(UserName=name)["User"]["UserName"] == name

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(work, range(6)))
        assert len(names(gateway.url)) == 90

        def create(number):
            try:
                iam(gateway.url).create_user(UserName="only-one")
            except ClientError as error:
                return error.response["Error"]["Code"]
            return "created"

        with ThreadPoolExecutor(6) as pool:
            outcomes = list(pool.map(create, range(6)))
        assert sorted(outcomes) == sorted(["created"] + ["EntityAlreadyExists"] * 5)
        gateway.process.terminate()
        assert gateway.process.wait(30) == 0
        assert not any(worker.is_running() for worker in workers)
    with started(tmp_path, *flags) as gateway:
        assert len(names(gateway.url)) == 91


def test_a_worker_that_dies_is_replaced_and_workers_end_with_their_parent(tmp_path):
    with started(tmp_path, "--state", "state", "--workers", "2") as gateway:
        parent = psutil.Process(gateway.process.pid)
        first, second = both_workers(parent)
        iam(gateway.url).create_user(UserName="alice")
        began = time.monotonic()
        while time.monotonic() - began < 6:  # sooner, it would count as one that cannot start
            assert names(gateway.url) == ["alice"]
        first.kill()
        while {child.pid for child in parent.children() if child.status() != psutil.STATUS_ZOMBIE} <= {second.pid}:
            assert names(gateway.url) == ["alice"]
        workers = parent.children()
        parent.kill()
        parent.wait(10)
        _, alive = psutil.wait_procs(workers, 20)
        assert alive == []
    with started(tmp_path, "--state", "state") as gateway:
        assert names(gateway.url) == ["alice"]


def test_workers_that_cannot_start_say_why_once(tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "state.db").write_text("my diary\n" * 100)
    done = failing(tmp_path, "start", "--listen", "127.0.0.1:0", "--state", "state", "--workers", "2")
    assert done.returncode == 2
    assert done.stderr.count("is not a state file") == 1
    done = failing(tmp_path, "start", "--listen", "127.0.0.1:0", "--workers", "2")
    assert done.returncode == 2
    assert "give --state too" in done.stderr
