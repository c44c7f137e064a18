"""The errors that AWS was recorded to answer, in the same situations: code, message, type and status.

`recorded_errors.json` has them, with the calls that lead to each and, where a situation cannot be made, the reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

DATA = json.loads(Path(__file__).with_name("recorded_errors.json").read_text("utf-8"))
_UNCHECKED = ClientConfig(parameter_validation=False)
_REFERENCE = re.compile(r"\$\{(\w+)(?:\.(\w+))?\}")
_MASK = re.compile(r"<([\w-]+)(?::\d+)?>")


def _cases() -> list[Any]:
    return [
        pytest.param(case, each, id=f"{case['recorded']} {each}".strip())
        for case in DATA["cases"]
        for each in case.get("each", [""])
    ]


def _filled(value: Any, kept: Mapping[str, Any]) -> Any:
    """Return parameters with `${name}` and `${name.member}` replaced by what earlier steps kept."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: str(kept[found[1]][found[2]] if found[2] else kept[found[1]]), value)
    if isinstance(value, list):
        return [_filled(item, kept) for item in value]
    if isinstance(value, dict):
        return {name: _filled(item, kept) for name, item in value.items()}
    return value


def _matches(message: str, account: str) -> re.Pattern[str]:
    """Return the pattern of a message in which masked values stand: one of a name is the same everywhere."""
    parts, end, seen = [], 0, set()
    for mask in _MASK.finditer(message):
        name = mask[1].replace("-", "_")
        parts.append(re.escape(message[end : mask.start()]))
        if name == "account":
            parts.append(account)
        else:
            parts.append(f"(?P={name})" if name in seen else rf"(?P<{name}>[^\s:/]+)")
        seen.add(name)
        end = mask.end()
    return re.compile("".join(parts) + re.escape(message[end:]))


@pytest.mark.parametrize(("case", "each"), _cases())
def test_the_error_is_the_one_that_aws_answered(
    case: Mapping[str, Any], each: str, client: Callable[..., Any], account: str
) -> None:
    kept: dict[str, Any] = {
        "account": account,
        "each": each,
        "root": {"AccessKeyId": account, "SecretAccessKey": "test"},
    }

    def call(step: Mapping[str, Any]) -> Any:
        service, operation = step["call"].split(".")
        speaker = client(service, kept[step.get("as", "root")], config=_UNCHECKED)
        return getattr(speaker, operation)(**_filled(step["with"], kept))

    for step in case["before"]:
        answer = call(step)
        if "keep" in step:
            kept[step["keep"]] = answer[step["at"]]
    with pytest.raises(ClientError) as caught:
        call(case["call"])
    found, expected = caught.value.response, case["answer"]
    error = found["Error"]
    assert (error["Code"], error["Type"], found["ResponseMetadata"]["HTTPStatusCode"]) == (
        expected["Code"],
        expected["Type"],
        expected["HTTPStatus"],
    )
    wanted = _filled(expected["Message"], kept)
    assert _matches(wanted, account).fullmatch(error["Message"]), f"{error['Message']!r} is not {wanted!r}"


def test_every_recorded_error_is_a_case_or_has_a_reason() -> None:
    cases = sum(len(case.get("each", [""])) for case in DATA["cases"])
    assert cases + len(DATA["not_reproduced"]) == DATA["recorded_errors"]
    names = [param.id for param in _cases()] + [listed["recorded"] for listed in DATA["not_reproduced"]]
    assert len(set(names)) == len(names)
    assert all(listed["reason"] for listed in DATA["not_reproduced"])
