"""Every error that the model declares for an operation: provoked here or in a named test, or listed with the reason.

One account is furnished so that every name is taken, every quota is used up and everything is in use.  Then each
operation is called in a way that must fail; nothing may change by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from cloudward.config import Config
from cloudward.testing import Gateway, running_gateway
from tests.contract.iam import declared
from tests.contract.iam.declared import ACCOUNT, EMPTY_ACCOUNT, QUOTAS
from tests.contract.iam.declared_places import ELSEWHERE, NEVER, NEVER_FOR

MODEL = botocore.session.Session().get_service_model("iam")
DECLARED = {
    (operation, str(error.metadata.get("error", {}).get("code", error.name)))
    for operation in MODEL.operation_names
    for error in MODEL.operation_model(operation).error_shapes
}


@dataclass(frozen=True)
class Furnished:
    """The account.

    Attributes:
        iam: root's client, without botocore's own checks.
        empty: root's client in an account without anything.
        named: values that came out of furnishing it, by the parameter that takes them.
    """

    iam: Any
    empty: Any
    named: dict[str, str]


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with running_gateway(Config(plugin_settings={"iam": {**QUOTAS, "password_hash_cost": 2}})) as running:
        yield running


@pytest.fixture(scope="module")
def furnished(gateway: Gateway) -> Furnished:
    config = ClientConfig(parameter_validation=False, retries={"total_max_attempts": 1})
    iam = gateway.client("iam", ACCOUNT, config=config)
    empty = gateway.client("iam", EMPTY_ACCOUNT, config=config)
    return Furnished(iam, empty, declared.furnish(iam, gateway))


def _parameters(operation: str, given: dict[str, Any], code: str) -> dict[str, Any]:
    """Return a request: what is given, and for the other required members what suits the error."""
    shape = MODEL.operation_model(operation).input_shape
    if shape is None:
        return {}
    defaults = declared.DEFAULTS | declared.BY_CODE.get(code, {})
    wanted = {*shape.required_members, *given}
    if code in declared.BY_CODE:
        wanted |= set(declared.BY_CODE[code]) & set(shape.members)
    return {name: given.get(name, defaults.get(name, "x")) for name in sorted(wanted)}


def _provocations() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the parameters by operation and code: from the table, and for three codes from the members' names."""
    found = {(operation, code): given for code, calls in declared.CALLS.items() for operation, given in calls.items()}
    for operation, code in DECLARED:
        if code in declared.BY_CODE and not any((operation, code) in taken for taken in (found, ELSEWHERE, NEVER_FOR)):
            found[operation, code] = {}
    return found


PROVOCATIONS = _provocations()


@pytest.mark.parametrize(("operation", "code"), sorted(PROVOCATIONS))
def test_the_error_is_answered_and_nothing_changes(furnished: Furnished, operation: str, code: str) -> None:
    given = {
        name: furnished.named.get(value, value) if isinstance(value, str) else value
        for name, value in _parameters(operation, PROVOCATIONS[operation, code], code).items()
    }
    iam = furnished.empty if (code, operation) in declared.IN_AN_EMPTY_ACCOUNT else furnished.iam
    before = _everything(iam)
    with pytest.raises(ClientError) as caught:
        getattr(iam, xform_name(operation))(**given)
    error = caught.value.response["Error"]
    assert error["Code"] == code, (error, given)
    assert _everything(iam) == before


def _everything(iam: Any) -> tuple[Any, Any]:
    details = iam.get_account_authorization_details()
    del details["ResponseMetadata"]
    return details, iam.get_account_summary()["SummaryMap"]


def test_every_declared_error_has_its_place() -> None:
    never = {(operation, code) for operation, code in DECLARED if code in NEVER} | set(NEVER_FOR)
    places = [set(PROVOCATIONS), set(ELSEWHERE), never]
    assert sorted(DECLARED - set().union(*places)) == []
    assert sorted(set().union(*places) - DECLARED) == []
    assert all(NEVER.values())
    assert all(NEVER_FOR.values())


@pytest.mark.parametrize(("pair", "file"), sorted(ELSEWHERE.items()))
def test_the_named_test_is_about_the_error(pair: tuple[str, str], file: str) -> None:
    operation, code = pair
    text = (Path(__file__).parent / file).read_text("utf-8")
    assert xform_name(operation) in text or operation in text
    assert code.removesuffix("Exception") in text
