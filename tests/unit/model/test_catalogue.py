"""The catalogue: overlays, plugins' models, the cache, and the index."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from cloudward.model import Catalogue
from cloudward.model.cache import FileCache, default_cache_dir
from cloudward.model.index import ServiceEntry, ServiceIndex, is_region
from cloudward.model.overlays import Overlay, merge_patch
from scripts.make_service_index import build

ROOT = Path(__file__).parents[3]
GREETER: dict[str, Any] = {
    "metadata": {
        "apiVersion": "2026-01-01",
        "endpointPrefix": "greeter",
        "protocol": "json",
        "targetPrefix": "Greeter",
    },
    "operations": {"Greet": {"name": "Greet", "http": {"method": "POST", "requestUri": "/"}}},
    "shapes": {},
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@pytest.fixture(autouse=True)
def _no_own_models(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path_factory.getbasetemp()))
    monkeypatch.delenv("AWS_DATA_PATH", raising=False)


def test_a_model_from_the_cache_is_the_one_from_botocore(tmp_path: Path) -> None:
    fresh = Catalogue(cache_dir=tmp_path)
    names = ["iam", "sts", "s3", "cloudwatch", "apigateway"]
    documents = {name: fresh.service(name).document for name in names}
    assert len(list(tmp_path.rglob("*.msgpack"))) == len(names)
    again = Catalogue(cache_dir=tmp_path)
    for name in names:
        assert again.service(name).document == documents[name]
        raw = Loader().load_service_model(name, "service-2")
        assert again.service(name).operation_names == tuple(sorted(raw["operations"]))
        assert set(again.service(name).document["shapes"]) == set(raw["shapes"])


def test_only_documentation_is_stripped(tmp_path: Path) -> None:
    raw = Loader().load_service_model("apigateway", "service-2")
    document = Catalogue(cache_dir=tmp_path).service("apigateway").document
    assert '"documentation": "<p>' not in json.dumps(document)
    for name, shape in raw["shapes"].items():  # API Gateway has members that are called so
        assert list(shape.get("members", {})) == list(document["shapes"][name].get("members", {}))
        kept = {
            key: value for key, value in shape.items() if key in ("type", "required", "enum", "min", "max", "pattern")
        }
        assert kept.items() <= document["shapes"][name].items()


def test_a_warm_start_does_not_import_botocores_loader(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from cloudward.model import Catalogue;"
        "Catalogue(cache_dir=Path(sys.argv[1])).service('iam');"
        "print('botocore.loaders' in sys.modules)"
    )
    path = ":".join([str(ROOT / "gateway"), str(ROOT / "specs")])
    answers = [
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)], env={"PYTHONPATH": path}, capture_output=True, check=True
        ).stdout.strip()
        for _ in range(2)
    ]
    assert answers == [b"True", b"False"]


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\xc1garbage", b"\x80", b"\x81\xa1a\x01"])
def test_a_damaged_entry_is_made_again(tmp_path: Path, damage: bytes) -> None:
    whole = Catalogue(cache_dir=tmp_path).service("sts").document
    [entry] = tmp_path.rglob("*.msgpack")
    good = entry.read_bytes()
    entry.write_bytes(damage)
    assert Catalogue(cache_dir=tmp_path).service("sts").document == whole
    assert entry.read_bytes() == good
    entry.write_bytes(good[:-20])
    assert Catalogue(cache_dir=tmp_path).service("sts").document == whole


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert Catalogue(cache_dir=blocked / "below").service("sts").has_operation("AssumeRole")
    assert list(tmp_path.iterdir()) == [blocked]


def test_entries_are_written_whole(tmp_path: Path) -> None:
    files = FileCache(tmp_path)
    files.write("a/b", b"one")
    files.write("a/b", b"two")
    assert files.read("a/b") == b"two"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]
    (tmp_path / "a" / "taken").mkdir()
    files.write("a/taken", b"x")  # a folder stands there: nothing is written, nothing is left
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["b", "taken"]


def test_where_the_cache_is() -> None:
    assert default_cache_dir({"CLOUDWARD_CACHE_DIR": "/x", "XDG_CACHE_HOME": "/y"}) == Path("/x")
    assert default_cache_dir({"XDG_CACHE_HOME": "/y"}) == Path("/y/cloudward")
    assert default_cache_dir({}).parts[-2:] == (".cache", "cloudward")


def test_another_overlay_is_another_entry(tmp_path: Path) -> None:
    patch = {"shapes": {"userNameType": {"max": 7}}}
    overlay = Overlay(service="sts", source="test", reason="test", patch=patch)
    assert Catalogue(cache_dir=tmp_path).service("sts").shape("userNameType").max == 32
    assert Catalogue(overlays=[overlay], cache_dir=tmp_path).service("sts").shape("userNameType").max == 7
    assert Catalogue(cache_dir=tmp_path).service("sts").shape("userNameType").max == 32


def test_overlays_of_a_folder_are_applied(tmp_path: Path) -> None:
    folder = tmp_path / "specs"
    folder.mkdir()
    (folder / "greeter.service-2.json").write_text(json.dumps(GREETER))
    error = {"type": "structure", "members": {}, "exception": True, "error": {"code": "Rude", "httpStatusCode": 418}}
    overlay = {
        "service": "greeter",
        "source": "test",
        "reason": "test",
        "patch": {"shapes": {"Rude": error, "Late": error}, "metadata": {"serviceId": "Greeter"}},
        "errors": {"Greet": ["Rude"], "*": ["Rude", "Late"]},
    }
    (folder / "greeter.overlay.json").write_text(json.dumps(overlay))
    (folder / "README.md").write_text("not looked at")
    found = Catalogue.with_overlays([folder], tmp_path / "cache")
    assert "greeter" in list(found.services())
    assert "iam" in list(found.services())
    operation = found.service("greeter").operation("Greet")
    assert [shape.name for shape in operation.errors] == ["Rude", "Late"]
    assert operation.errors[0].error is not None
    assert operation.errors[0].error.status == 418
    assert found.index.by_target["Greeter"] == ("greeter",)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("iam.overlay.json", "{", "iam.overlay.json"),
        ("iam.overlay.json", '{"service": "sts", "source": "", "reason": ""}', "differ"),
        ("iam.overlay.json", '{"service": "iam", "source": "", "reason": "", "pach": {}}', "pach"),
        ("x.service-2.json", '{"metadata": {}, "operations": {}, "shapes": {}}', "metadata lacks apiVersion"),
        ("x.service-2.json", '{"metadata": 1}', "needs an object metadata"),
        ("x.service-2.json", "[]", "x.service-2.json"),
    ],
)
def test_files_that_cannot_be_used_are_named(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=r".*" + said) as caught:
        Catalogue.with_overlays([tmp_path])
    assert str(tmp_path / name) in str(caught.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="missing: no folder"):
        Catalogue.with_overlays([tmp_path / "missing"])


@pytest.mark.parametrize("errors", [{"Nope": ("ExpiredTokenException",)}, {"AssumeRole": ("Nope",)}, {"*": ("Nope",)}])
def test_overlays_name_only_what_the_model_has(tmp_path: Path, errors: dict[str, tuple[str, ...]]) -> None:
    overlay = Overlay(service="sts", source="here", reason="test", errors=errors)
    with pytest.raises(ValueError, match=r"overlay of sts \(here\): the model has no .* Nope"):
        Catalogue(overlays=[overlay], cache_dir=tmp_path).service("sts")


def test_shipped_overlays_change_only_what_models_have() -> None:
    for path in (ROOT / "specs/cloudward_specs/overlays").glob("*.overlay.json"):
        overlay = json.loads(path.read_bytes())
        raw = Loader().load_service_model(overlay["service"], "service-2")
        for name, traits in overlay.get("patch", {}).get("shapes", {}).items():
            assert name in raw["shapes"]
            if "cloudward:patternMessage" in traits:
                assert raw["shapes"][name]["pattern"]
                assert "{member}" in traits["cloudward:patternMessage"]


def test_iam_names_its_own_pattern_messages() -> None:
    shape = Catalogue().service("iam").shape("userNameType")
    assert shape.traits["cloudward:patternMessage"].format(member="userName") == (
        "The specified value for userName is invalid. "
        "It must contain only alphanumeric characters and/or the following: +=,.@_-"
    )


@given(json_values, json_values)
def test_merge_patches_follow_rfc_7396(target: Any, patch: Any) -> None:
    before = json.dumps([target, patch])
    merged = merge_patch(target, patch)
    assert json.dumps([target, patch]) == before
    if not isinstance(patch, dict):
        assert merged == patch
        return
    assert merge_patch(merged, patch) == merged
    for key, value in patch.items():
        assert (key in merged) == (value is not None)
    untouched = target.items() if isinstance(target, dict) else ()
    assert all(merged[key] == value for key, value in untouched if key not in patch)


def test_unknown_services_are_key_errors(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Catalogue(cache_dir=tmp_path).service("nothing")
    with pytest.raises(KeyError):
        Catalogue(cache_dir=tmp_path).service("../../etc/passwd")
    assert list(tmp_path.rglob("*")) == []


def test_the_shipped_index_is_up_to_date() -> None:
    """`scripts/make_service_index.py` writes it."""
    index = Catalogue().index
    if index.version != botocore.__version__:
        pytest.skip("botocore is newer than the index; the catalogue copes, the next test shows how")
    assert index.entries == build()


def test_a_newer_botocore_refreshes_the_index_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore, "__version__", "99.0.0")
    found = Catalogue(cache_dir=tmp_path)
    shipped = found.index
    assert shipped.version != "99.0.0"
    monkeypatch.setattr(type(found._loader), "list_available_services", lambda *_: ["iam", "sts", "omics"])
    assert list(found.services()) == ["iam", "omics", "sts"]
    assert found.refresh_index()
    assert not found.refresh_index()
    assert sorted(found.index.entries) == ["iam", "omics", "sts"]
    assert found.index.entries["omics"] == shipped.entries["omics"]
    assert Catalogue(cache_dir=tmp_path).index.version == "99.0.0"  # from the cache
    [stored] = tmp_path.glob("index-*.json")
    stored.write_text("damaged")
    assert Catalogue(cache_dir=tmp_path).index.version == shipped.version


def test_the_users_own_models_are_not_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path / "data"))
    assert Catalogue(cache_dir=tmp_path / "cache").service("sts").has_operation("AssumeRole")
    assert not (tmp_path / "cache").exists()


def test_regions() -> None:
    for region in ("us-east-1", "eu-central-2", "us-gov-west-1", "eusc-de-east-1", "mx-central-1", "us-iso-east-1"):
        assert is_region(region)
    for label in ("s3-us-west-2", "my-bucket-1x", "iam", "a-1", "runtime-v2-lex", ""):
        assert not is_region(label)


def test_error_shapes_tell_who_is_at_fault() -> None:
    shapes = Catalogue().service("iam").error_shapes
    failure, missing = shapes["ServiceFailureException"].error, shapes["NoSuchEntityException"].error
    assert failure is not None
    assert missing is not None
    assert (failure.status, failure.sender) == (500, False)
    assert (missing.code, missing.status, missing.sender) == ("NoSuchEntity", 404, True)


def test_index_look_ups() -> None:
    entry = ServiceEntry(id="A", prefix="a", signing=("x", "y"), protocols=("query",), version="1", actions="Do Undo")
    index = ServiceIndex("1", {"a": entry}).with_entries({"b": entry})
    assert index.by_signing_name == {"x": ("a", "b"), "y": ("a", "b")}
    assert index.by_action == {"Do": ("a", "b"), "Undo": ("a", "b")}
    assert index.by_target == {}
