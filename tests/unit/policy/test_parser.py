from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudward_policy import PolicySyntaxError, Position, parse, size_without_whitespace
from cloudward_policy.json_reader import JsonNode, read_json

DOCUMENT = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "One", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"},
    {
      "Effect": "Deny",
      "NotAction": ["iam:*", "sts:*"],
      "Resource": ["arn:aws:s3:::a",
                   "arn:aws:s3:::b"],
      "Condition": {"StringEquals": {"aws:username": ["x", "y"]}, "Bool": {"aws:SecureTransport": false}}
    }
  ]
}"""


def place_of(part: str) -> Position:
    before = DOCUMENT[: DOCUMENT.index(part)]
    return Position(before.count("\n") + 1, len(before) - before.rfind("\n"))


def value_of(node: JsonNode) -> object:
    if node.kind == "object":
        return {name.text: value_of(value) for name, value in node.members}
    if node.kind == "array":
        return [value_of(item) for item in node.items]
    return node.text if node.kind == "string" else json.loads(node.text)


def test_every_element_knows_its_line_and_column():
    document = parse(DOCUMENT)
    assert not document.all_problems()
    first, second = document.statements
    assert (first.start, first.end) == (Position(4, 5), Position(4, 75))
    assert DOCUMENT.splitlines()[3][74] == "}"
    assert (second.start, second.end) == (Position(5, 5), Position(11, 5))
    assert second.action is not None
    assert second.action.negated
    assert second.action.values[1].start == place_of('"sts:*"')
    assert second.resource is not None
    assert second.resource.values[1].start == place_of('"arn:aws:s3:::b"')
    assert [(entry.key.value, entry.key.start) for entry in second.conditions] == [
        ("aws:username", place_of('"aws:username"')),
        ("aws:SecureTransport", place_of('"aws:SecureTransport"')),
    ]
    assert second.conditions[1].values[0].value == "false"


def test_a_single_statement_needs_no_list():
    document = parse('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    assert len(document.statements) == 1
    assert document.version is None
    assert not document.has_variables


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        ("{", 1, 2),
        ('{"a": 1,}', 1, 9),
        ('{"a" 1}', 1, 6),
        ("[1, 2", 1, 6),
        ('{\n  "a": tru\n}', 2, 8),
        ('{"a": "x}', 1, 7),
        ('{"a": "\\x"}', 1, 8),
        ('{"a": 1} {', 1, 10),
        ('{"a": 01}', 1, 8),
        ("{'a': 1}", 1, 2),
        ('{"a": NaN}', 1, 7),
        ('\ufeff{"a": 1}', 1, 1),
    ],
)
def test_text_that_is_not_json_is_refused_with_its_place(text: str, line: int, column: int):
    with pytest.raises(PolicySyntaxError) as caught:
        parse(text)
    assert caught.value.position == Position(line, column)
    assert f"line {line}, column {column}" in str(caught.value)


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"Statement":[', '[{"a":['])
def test_deep_nesting_is_refused_and_does_not_exhaust_the_stack(opening: str):
    with pytest.raises(PolicySyntaxError, match="nested"):
        parse(opening * 200_000)


@pytest.mark.parametrize(
    ("text", "element", "code"),
    [
        ("[]", "", "type"),
        ('{"Statement": []}', "Statement", "value"),
        ('{"Version": "2012-10-17"}', "Statement", "missing-field"),
        ('{"Statement": [1]}', "", "type"),
        ('{"Statement": {"Effect": "allow"}}', "Effect", "value"),
        ('{"Statement": {"Effect": 1}}', "Effect", "type"),
        ('{"Statement": {"Action": "*"}}', "Effect", "missing-field"),
        ('{"Statement": {"Effect": "Allow", "Action": ["a:b", 1]}}', "Action", "type"),
        ('{"Statement": {"Effect": "Allow", "Action": "a:b", "NotAction": "a:b"}}', "Action", "conflict"),
        ('{"Statement": {"Effect": "Allow", "Effect": "Deny"}}', "Effect", "duplicate"),
        ('{"Statement": {"Effect": "Allow", "Foo": 1}}', "Foo", "unknown-field"),
        ('{"Statement": {"Effect": "Allow", "Principal": "x"}}', "Principal", "type"),
        ('{"Statement": {"Effect": "Allow", "Principal": {"Human": "x"}}}', "Principal", "unknown-field"),
        ('{"Statement": {"Effect": "Allow", "Condition": []}}', "Condition", "type"),
        ('{"Statement": {"Effect": "Allow", "Condition": {"Bool": "x"}}}', "Condition", "type"),
        ('{"Statement": {"Effect": "Allow", "Condition": {"Bool": {"a": null}}}}', "Condition", "type"),
        ('{"Statement": {"Effect": "Allow"}, "Version": "2020-01-01"}', "Version", "value"),
        ('{"Statement": {"Effect": "Allow"}, "statement": []}', "statement", "unknown-field"),
        ('{"Statement": {"Effect": "Allow", "Sid": 5}}', "Sid", "type"),
    ],
)
def test_what_the_grammar_forbids_becomes_a_problem(text: str, element: str, code: str):
    assert (element, code) in [(problem.element, problem.code) for problem in parse(text).all_problems()]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_the_reader_reads_what_the_standard_library_wrote(value: object, indent: int | str | None, ascii_only: bool):
    written = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    node, _ = read_json(written)
    assert value_of(node) == value
    assert (node.start, node.end) == (0, len(written))


@given(st.text(alphabet='{}[]",:\\u0 \n1-.etrufalsn"', max_size=60) | st.text(max_size=40))
def test_the_reader_accepts_exactly_what_the_standard_library_accepts(text: str):
    def refuse(_constant: str) -> None:
        raise ValueError("NaN and Infinity are not JSON")

    try:
        expected = json.loads(text, parse_constant=refuse)
    except ValueError:
        with pytest.raises(PolicySyntaxError):
            read_json(text)
    else:
        assert value_of(read_json(text)[0]) == expected


FIELD = st.sampled_from(
    ["Version", "Id", "Statement", "Sid", "Effect", "Action", "NotAction", "Resource", "Principal", "Condition", "AWS"]
)
POLICY_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["*", "Allow", "Deny", "2012-10-17", "s3:*", "${"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELD, inner, max_size=5),
    max_leaves=25,
)


@given(POLICY_LIKE)
def test_no_json_crashes_the_parser(value: object):
    document = parse(json.dumps(value))
    well_formed = isinstance(value, dict) and isinstance(value.get("Statement"), list | dict) and value["Statement"]
    assert well_formed or document.all_problems()


def test_white_space_does_not_count_against_the_limits():
    assert size_without_whitespace('{ "a" :\t"b c"\r\n}\n') == len('{"a":"bc"}')
