"""The compiler core: recursion, reuse, failures, threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cloudward.model import ServiceModel, Shape
from cloudward.protocols import WireRequest, codec_for
from cloudward.protocols.source import Compiler, Source
from tests.protocols.oracle import Pair


def _service() -> ServiceModel:
    tree = {"type": "structure", "members": {"class": {"shape": "Name"}, "More": {"shape": "Trees"}}}
    shapes = {"Tree": tree, "Trees": {"type": "list", "member": {"shape": "Tree"}}, "Name": {"type": "string"}}
    metadata = {"protocol": "json", "apiVersion": "1", "endpointPrefix": "trees", "targetPrefix": "T"}
    put = {"name": "Put", "input": {"shape": "Tree"}, "output": {"shape": "Tree"}}
    return ServiceModel("trees", {"metadata": metadata, "operations": {"Put": put}, "shapes": shapes})


def test_recursive_shapes_and_names_of_python_work() -> None:
    service = _service()
    codec = codec_for(service, "json")
    body = b'{"class": "a", "More": [{"class": "b", "More": [{}]}, {"More": []}]}'
    values = codec.decode(service.operation("Put"), WireRequest("POST", "/", "", [], body), {})
    assert values == {"class": "a", "more": [{"class": "b", "More": [{}]}, {"More": []}]}
    answer = {"class": "a", "More": values["more"]}
    assert codec.encode(service.operation("Put"), answer, "id").body == (
        b'{"class":"a","More":[{"class":"b","More":[{}]},{"More":[]}]}'
    )


def test_a_function_is_compiled_once() -> None:
    written: list[str] = []

    def emit(compiler: Compiler, source: Source, shape: Shape, variant: str) -> None:
        written.append(shape.name)
        for member in shape.members.values():
            compiler.reference("x", member.shape)
        source.line(f"return {shape.name!r}")

    compiler = Compiler("test", {"x": emit}, {"x": ""}, {})
    tree = _service().shape("Tree")
    assert compiler.function("x", tree)() == "Tree"
    assert compiler.function("x", tree) is compiler.function("x", tree)
    assert sorted(written) == ["Name", "Tree", "Trees"]


def test_a_failed_compilation_leaves_nothing_half_done() -> None:
    failing = [True]

    def emit(compiler: Compiler, source: Source, shape: Shape, variant: str) -> None:
        if failing[0]:
            raise LookupError(shape.name)
        source.line("return 1")

    compiler = Compiler("test", {"x": emit}, {"x": ""}, {})
    shape = _service().shape("Name")
    with pytest.raises(LookupError):
        compiler.function("x", shape)
    failing[0] = False
    assert compiler.function("x", shape)() == 1


def test_threads_may_compile_at_once() -> None:
    pair = Pair("iam")
    names = pair.service.operation_names

    def use(number: int) -> list[Any]:
        return [pair.codec.encode(pair.operation(name), {}, "id").body for name in names[number % 7 :: 3]]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(use, range(16)))
    assert results[0] == results[7]
    assert all(isinstance(body, bytes) and b"Response" in body for answers in results for body in answers)


def test_a_protocol_that_a_service_does_not_speak_is_refused() -> None:
    with pytest.raises(KeyError):
        codec_for(_service(), "query")
