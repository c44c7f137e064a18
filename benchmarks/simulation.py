"""CPU figures of simulation.

Run `python -m benchmarks simulation`.  Each function returns seconds of CPU time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from time import process_time

from benchmarks.figures import Figure
from cloudward.api import App, Config
from cloudward.app import create_app
from cloudward.protocols import WireRequest
from cloudward_iam.simulation.documents import attached
from cloudward_iam.simulation.evaluation import Simulation, results
from cloudward_policy import PolicyKind, PolicySet, Principal, PrincipalKind

ACCOUNT = "111111111111"
ACTIONS = [f"s3:{verb}{number}" for verb in ("Get", "Put") for number in range(5)]
RESOURCES = [f"arn:aws:s3:::bucket{number}/key" for number in range(10)]
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [f"s3:Get{number}", "s3:List*"],
                "Resource": f"arn:aws:s3:::bucket{number}/*",
                "Condition": {"Bool": {"aws:SecureTransport": "true"}},
            }
            for number in range(10)
        ],
    }
)


def best_of(run: Callable[[], object], times: int, rounds: int = 5) -> float:
    """Return the CPU seconds of one run, the best of several rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = process_time()
        for _ in range(times):
            run()
        best = min(best, (process_time() - start) / times)
    return best


def simulation(*, fresh: bool) -> float:
    """All 100 results of 10 actions on 10 resources, by the operation's own code, without HTTP.

    Args:
        fresh: whether the engine has never seen the actions and resources; the policy is compiled in any case.
    """
    principal = Principal(PrincipalKind.USER, f"arn:aws:iam::{ACCOUNT}:user/bob", ACCOUNT)
    numbers = iter(range(1_000_000))

    def run() -> None:
        number = next(numbers) if fresh else 0
        simulated = Simulation(
            principal,
            PolicySet(identity=attached((POLICY,), PolicyKind.IDENTITY, "PolicyInputList")),
            tuple(f"{resource}{number}" for resource in RESOURCES),
            {"aws:securetransport": "true"},
        )
        assert sum(len(found["ResourceSpecificResults"]) for found in results(simulated, ACTIONS)) == 100

    run()
    return best_of(run, 20)


def _form(parameters: dict[str, str]) -> WireRequest:
    from urllib.parse import urlencode

    credential = f"Credential={ACCOUNT}/20260101/us-east-1/iam/aws4_request"
    return WireRequest(
        "POST",
        "/",
        "",
        [
            ("host", "127.0.0.1:4566"),
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("authorization", f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"),
            ("user-agent", "benchmark"),
        ],
        urlencode(parameters).encode(),
        "127.0.0.1",
        "http",
    )


def _app() -> App:
    return create_app(Config(auth="off", log_requests=False))


def operation() -> float:
    """The whole call of SimulateCustomPolicy: form, decisions, XML; without the server."""
    app = _app()
    parameters = {"Action": "SimulateCustomPolicy", "Version": "2010-05-08", "PolicyInputList.member.1": POLICY}
    parameters |= {f"ActionNames.member.{number}": name for number, name in enumerate(ACTIONS, 1)}
    parameters |= {f"ResourceArns.member.{number}": arn for number, arn in enumerate(RESOURCES, 1)}

    def run() -> None:
        response = app.handle(_form(parameters)).response
        assert response is not None
        assert response.status == 200

    run()
    return best_of(run, 20)


def figures() -> list[Figure]:
    """Return all figures."""
    return [
        Figure("simulation", "10 actions × 10 resources, seen before", simulation(fresh=False) * 1e3, "ms", 1.0),
        Figure("simulation", "10 actions × 10 resources, never seen", simulation(fresh=True) * 1e3, "ms", 1.0),
        Figure("simulation", "SimulateCustomPolicy, the whole call", operation() * 1e3, "ms"),
    ]
