"""Processor time of the policy engine; each measuring function returns seconds."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from time import process_time
from typing import Any

from benchmarks.figures import Figure
from cloudward_policy import (
    AttachedPolicy,
    PolicyKind,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    compile,  # noqa: A004
    evaluate,
    explain,
    parse,
)

ACCOUNT = "111111111111"
USER = Principal(PrincipalKind.USER, f"arn:aws:iam::{ACCOUNT}:user/bob", ACCOUNT)
CONTEXT = {"aws:principaltag/team": "red", "aws:username": "bob", "aws:securetransport": "true"}


def statement(service: int, number: int) -> dict[str, Any]:
    return {
        "Sid": f"S{number}",
        "Effect": "Allow",
        "Action": [f"svc{service}:Get*", f"svc{service}:Put{number}"],
        "Resource": [f"arn:aws:svc{service}:us-east-1:{ACCOUNT}:thing/{number}/*"],
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}},
    }


def policy_text(service: int, statements: int) -> str:
    body = [statement(service, number) for number in range(statements)]
    return json.dumps({"Version": "2012-10-17", "Statement": body}, indent=2)


def attached(text: str, name: str = "p") -> AttachedPolicy:
    return AttachedPolicy(compile(parse(text), PolicyKind.IDENTITY), name)


def best_of(run: Callable[[], object], times: int, rounds: int = 5) -> float:
    """Return the CPU seconds of one run: the best of several rounds, so that neighbours do not count."""
    best = float("inf")
    gc.disable()
    try:
        for _ in range(rounds):
            start = process_time()
            for _ in range(times):
                run()
            best = min(best, (process_time() - start) / times)
    finally:
        gc.enable()
    return best


def warm_decision(*, everything_matches: bool = False) -> float:
    """One decision on 20 policies of 10 statements, made before; one statement matches, or one in every policy."""
    services = [3] * 20 if everything_matches else range(20)
    policies = PolicySet(identity=tuple(attached(policy_text(service, 10)) for service in services))
    request = Request(USER, "svc3:GetThing", f"arn:aws:svc3:us-east-1:{ACCOUNT}:thing/4/x", CONTEXT)
    if not evaluate(request, policies).allowed:
        raise AssertionError("the benchmark's request must be allowed")
    return best_of(lambda: evaluate(request, policies), 5000)


def new_resource() -> float:
    """One decision on 20 policies of 10 statements about a resource not seen before."""
    policies = PolicySet(identity=tuple(attached(policy_text(service, 10)) for service in range(20)))
    numbers = iter(range(10**9))

    def run() -> None:
        resource = f"arn:aws:svc3:us-east-1:{ACCOUNT}:thing/4/{next(numbers)}"
        evaluate(Request(USER, "svc3:GetThing", resource, CONTEXT), policies)

    return best_of(run, 1000)


def compile_statement() -> float:
    """Parsing and compiling one statement of a policy of fifty."""
    text = policy_text(1, 50)
    return best_of(lambda: attached(text), 10) / 50


def simulate(*, warm: bool = False) -> float:
    """A simulation of 10 actions on 10 resources; unless warm, with compiling its policy of 3 statements."""
    text = policy_text(3, 3)
    actions = [f"svc3:Get{number}" for number in range(10)]
    resources = [f"arn:aws:svc3:us-east-1:{ACCOUNT}:thing/{number}/x" for number in range(10)]
    compiled = attached(text)

    def run() -> int:
        policies = PolicySet(identity=(compiled if warm else attached(text),))
        return sum(
            evaluate(Request(USER, action, resource, CONTEXT), policies).allowed
            for action in actions
            for resource in resources
        )

    if run() != 30:
        raise AssertionError("three of the ten resources must be allowed for every action")
    return best_of(run, 20)


def explanation() -> float:
    """One explanation over 20 policies of 10 statements."""
    policies = PolicySet(identity=tuple(attached(policy_text(service, 10)) for service in range(20)))
    request = Request(USER, "svc3:GetThing", f"arn:aws:svc3:us-east-1:{ACCOUNT}:thing/4/x", CONTEXT)
    return best_of(lambda: explain(request, policies), 20)


CASES: list[tuple[str, Callable[[], float], float | None]] = [
    ("warm decision, 20 policies x 10 statements, one matches", warm_decision, 10e-6),
    ("warm decision, one statement of every policy matches", lambda: warm_decision(everything_matches=True), None),
    ("decision on a new resource, 20 x 10", new_resource, None),
    ("cold compile, a statement", compile_statement, 0.5e-3),
    ("simulation, 10 actions x 10 resources, cold", simulate, 1e-3),
    ("simulation, 10 actions x 10 resources, warm", lambda: simulate(warm=True), 1e-3),
    ("explanation, 20 x 10", explanation, None),
]


def figures() -> Iterator[Figure]:
    """Yield the policy engine's figures."""
    for name, measure, target in CASES:
        yield Figure("policy", name, measure() * 1e6, "µs", target and target * 1e6)
