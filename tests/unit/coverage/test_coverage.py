"""Coverage reports: what they count, and that every form says the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from cloudward.coverage import FORMATS, Coverage, OperationCoverage, render, report
from cloudward.coverage.formats import percent
from cloudward.coverage.report import load_reasons
from cloudward.model import Catalogue

NASTY = 'a <b>"reason"</b> | [red]x[/red] & more'


@dataclass(frozen=True)
class Handler:
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class HalfAnIam:
    service: str = "iam"
    plugin: str = "half"
    operations: Mapping[str, Handler] = field(
        default_factory=lambda: {
            "CreateUser": Handler(("user_name", "path")),
            "ListUsers": Handler(("path_prefix", "marker", "max_items")),
            "GetAccountSummary": Handler(()),
            "CreateOpenIDConnectProvider": Handler(("url", "client_id_list", "thumbprint_list", "tags")),
        }
    )


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue()


@pytest.fixture
def coverage(catalogue: Catalogue) -> Coverage:
    return report(catalogue, {"iam": HalfAnIam()}, ["sts", "iam"], {"iam": {"*.Tags": NASTY}})


def operation(coverage: Coverage, name: str) -> OperationCoverage:
    return next(op for op in coverage.services[0].operations if op.name == name)


def test_the_signature_is_the_coverage(coverage: Coverage) -> None:
    create = operation(coverage, "CreateUser")
    assert create.implemented
    assert [member.name for member in create.taken] == ["Path", "UserName"]
    assert [(member.name, member.reason) for member in create.not_taken] == [
        ("PermissionsBoundary", ""),
        ("Tags", NASTY),
    ]
    assert {"EntityAlreadyExists", "LimitExceeded", "NoSuchEntity"} <= set(create.errors)
    assert operation(coverage, "CreateOpenIDConnectProvider").not_taken == ()
    missing = operation(coverage, "DeleteUser")
    assert not missing.implemented
    assert [(member.name, member.required) for member in missing.not_taken] == [("UserName", True)]


def test_totals(coverage: Coverage, catalogue: Catalogue) -> None:
    iam, sts = coverage.services
    assert (iam.service, iam.title, iam.plugin, sts.plugin) == ("iam", "IAM", "half", "")
    assert len(iam.operations) == len(catalogue.service("iam").operation_names)
    assert (len(iam.implemented), len(sts.implemented)) == (4, 0)
    assert (iam.members_taken, iam.members_total) == (9, 11)
    assert (coverage.members_taken, coverage.members_total) == (9, 11)
    assert coverage.operations_total == len(iam.operations) + len(sts.operations)
    assert coverage.provided_services == 1
    assert coverage.known_services == len(list(catalogue.services()))


def test_services_with_a_provider_are_covered_when_none_is_named(catalogue: Catalogue) -> None:
    assert [service.service for service in report(catalogue, {"iam": HalfAnIam()}).services] == ["iam"]
    with pytest.raises(KeyError):
        report(catalogue, {}, ["nothing"])


def test_json(coverage: Coverage) -> None:
    document = json.loads(render(coverage, "json"))
    assert document["format"] == 1
    assert document["totals"]["operations_implemented"] == 4
    create = document["services"]["iam"]["operations"]["CreateUser"]
    assert create["taken"] == ["Path", "UserName"]
    assert create["not_taken"] == [
        {"member": "PermissionsBoundary", "required": False, "reason": None},
        {"member": "Tags", "required": False, "reason": NASTY},
    ]
    assert document["services"]["sts"]["plugin"] is None


def test_the_table_names_everything(coverage: Coverage) -> None:
    text = render(coverage, "table")
    assert "4 of" in text
    assert "[red]" in text  # not read as markup
    for op in coverage.services[0].operations:
        assert op.name in text
    assert text.splitlines()[-1].startswith(
        "4 of 191 operations are implemented (2%); these take 9 of 11 input members"
    )


def test_markdown_cells_hold(coverage: Coverage) -> None:
    lines = render(coverage, "md").splitlines()
    [row] = [line for line in lines if line.startswith("| CreateUser ")]
    assert row.replace("\\|", "").count("|") == 5
    assert "<b>" not in row
    assert "| [IAM](#iam) | 4/180 | 2% | 9/11 | 81% |" in lines


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name in ("href", "src"):
                self.links.append(str(value))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_needs_nothing_beside_itself(coverage: Coverage) -> None:
    page = Page()
    page.feed(render(coverage, "html"))
    assert page.links == ["#iam", "#sts"]
    assert page.ids == ["iam", "sts"]
    assert "b" not in page.tags  # the reason's markup is shown, not obeyed
    assert NASTY in page.words
    for service in coverage.services:
        for op in service.operations:
            assert op.name in page.words
    assert "$" not in "".join(page.words).partition("const form")[0]


def test_an_empty_report_can_be_written(catalogue: Catalogue) -> None:
    empty = report(catalogue, {})
    for form in FORMATS:
        assert render(empty, form)


def test_unknown_forms_are_refused(coverage: Coverage) -> None:
    with pytest.raises(ValueError, match="no format pdf; there are table, json, md, html"):
        render(coverage, "pdf")


def test_only_all_is_a_hundred_per_cent() -> None:
    assert [percent(0, 0), percent(0, 3), percent(1999, 2000), percent(7, 7)] == ["–", "0%", "99%", "100%"]


def test_written_reasons_name_members_that_no_handler_takes(catalogue: Catalogue) -> None:
    from cloudward_iam import plugin as iam
    from cloudward_sts import plugin as sts

    providers = {p.service: p for p in (*iam.cloudward_providers(), *sts.cloudward_providers())}
    reasons = load_reasons()
    assert set(reasons) <= set(providers)
    for service in report(catalogue, providers).services:
        open_members = {f"{op.name}.{m.name}" for op in service.implemented for m in op.not_taken}
        open_members |= {f"*.{name.partition('.')[2]}" for name in open_members}
        assert set(reasons.get(service.service, {})) <= open_members
