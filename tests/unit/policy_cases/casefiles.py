"""Reads the case files of `tests/policy_cases` and turns a case into the values of the engine and of the reference."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cloudward_policy
from cloudward_policy import AttachedPolicy, PolicyKind, PolicySet, Principal, PrincipalKind, Request, parse
from tests.unit.policy_cases.reference_evaluator import Policies, Policy

CASE_FOLDER = Path(__file__).parents[2] / "policy_cases"
CASE_FILES = sorted(path for path in CASE_FOLDER.glob("*.json") if path.name != "schema.json")

Case = dict[str, Any]


@cache
def load_cases() -> tuple[tuple[str, Case], ...]:
    """Every case of every file, with the file's name."""
    return tuple((path.stem, case) for path in CASE_FILES for case in json.loads(path.read_text("utf-8"))["cases"])


def request_of(case: Case) -> Request:
    fields = dict(case["request"])
    principal = dict(fields.pop("principal"))
    context = {
        key: tuple(value) if isinstance(value, list) else value for key, value in fields.pop("context", {}).items()
    }
    return Request(
        principal=Principal(kind=PrincipalKind(principal.pop("kind")), **principal), context=context, **fields
    )


def reference_policies(case: Case) -> Policies:
    return Policies(**case["policies"])


def _attach(policies: Iterable[Policy], kind: PolicyKind, where: str) -> tuple[AttachedPolicy, ...]:
    return tuple(
        AttachedPolicy(
            cloudward_policy.compile(parse(json.dumps(policy, indent=2)), kind), name=f"{where}-{index}", source=where
        )
        for index, policy in enumerate(policies)
    )


def engine_policies(policies: Policies | Mapping[str, Any]) -> PolicySet:
    plain = policies if isinstance(policies, Policies) else Policies(**policies)

    def levels(given: Sequence[Sequence[Policy]], kind: PolicyKind) -> tuple[tuple[AttachedPolicy, ...], ...]:
        return tuple(_attach(level, kind, f"level-{depth}") for depth, level in enumerate(given))

    resource_kind = PolicyKind[plain.resource_kind]
    return PolicySet(
        identity=_attach(plain.identity, PolicyKind.IDENTITY, "identity"),
        boundary=None if plain.boundary is None else _attach([plain.boundary], PolicyKind.BOUNDARY, "boundary")[0],
        session=None if plain.session is None else _attach(plain.session, PolicyKind.SESSION, "session"),
        scps=levels(plain.scps, PolicyKind.SCP),
        rcps=levels(plain.rcps, PolicyKind.RCP),
        resource=_attach(plain.resource, resource_kind, "resource"),
        resource_kind=resource_kind,
        vpc_endpoint=None
        if plain.vpc_endpoint is None
        else _attach(plain.vpc_endpoint, PolicyKind.VPC_ENDPOINT, "endpoint"),
    )
