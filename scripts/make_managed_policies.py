"""Maintainers' script: makes the shipped catalogue of AWS managed policies from a dump of ListPolicies.

    python scripts/make_managed_policies.py aws_managed_policies.json.xz 2026-11-23

The dump maps policy names to `Path`, `DefaultVersionId`, `CreateDate`, `UpdateDate` and `Document`.  The result is two
files: an index, read when the first policy is asked for, and the documents, each compressed alone so that one is read
without the others.
"""

from __future__ import annotations

import json
import lzma
import sys
import zlib
from pathlib import Path
from typing import Any

OUT = Path(__file__).parent.parent / "specs" / "cloudward_specs" / "managed_policies"
ELEMENTS = (
    "Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
    "NotResource", "Condition",
)  # fmt: skip


def in_order(element: Any) -> Any:
    """Return a document with its elements in the order that people write them; condition blocks keep theirs."""
    if isinstance(element, list):
        return [in_order(item) for item in element]
    if isinstance(element, dict) and element.keys() <= set(ELEMENTS):
        return {name: in_order(element[name]) for name in ELEMENTS if name in element}
    return element


def main(dump: str, date: str) -> None:
    """Write the catalogue.

    Args:
        dump: the dump's file, compressed with xz.
        date: when it was taken.
    """
    policies = json.loads(lzma.decompress(Path(dump).read_bytes()))
    rows = []
    documents = bytearray()
    for name in sorted(policies, key=str.lower):
        policy = policies[name]
        text = json.dumps(in_order(policy["Document"]), indent=4, ensure_ascii=False)
        packed = zlib.compress(text.encode(), 9)
        rows.append([
            name, policy["Path"], policy["DefaultVersionId"], policy["CreateDate"], policy["UpdateDate"],
            len(documents), len(packed),
        ])  # fmt: skip
        documents += packed
    head = {
        "source": "AWS's answers to ListPolicies and GetPolicyVersion, by way of a public package (Apache-2.0)",
        "date": date,
        "columns": ["name", "path", "default_version_id", "create_date", "update_date", "offset", "length"],
    }
    lines = ",\n".join(json.dumps(row) for row in rows)
    OUT.mkdir(exist_ok=True)
    (OUT / "index.json").write_text(json.dumps(head)[:-1] + f', "policies": [\n{lines}\n]}}\n', "utf-8")
    (OUT / "documents.bin").write_bytes(documents)
    print(f"{len(rows)} policies, {len(documents)} bytes of documents")


if __name__ == "__main__":
    main(*sys.argv[1:])
