"""Write specs/cloudward_specs/service_index.json from the installed botocore.  Run it after every botocore release.

The models tell most; the endpoint rules add host names (`api.ecr`) and signing names (`s3express`).
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import botocore
import msgspec
from botocore.loaders import Loader

from cloudward.model.index import ServiceEntry, entry_of, is_region

TARGET = Path(__file__).parents[1] / "specs/cloudward_specs/service_index.json"
# What other partitions, local test set-ups and sites of S3 on Outposts have in their names.
FOREIGN = (".gov", ".uk", ".eu", "amazonwebservices", "aws.", "us-gov", "localhost", "signin.aws", "ec2")


def main() -> None:
    """Write the index."""
    TARGET.write_text(rendered(build()), encoding="utf-8")


def build() -> dict[str, ServiceEntry]:
    """Return the entries of all services."""
    loader = Loader()
    names = loader.list_available_services("service-2")
    documents = {name: loader.load_service_model(name, "service-2") for name in names}
    targets = Counter(d["metadata"].get("targetPrefix") for d in documents.values())
    entries = {}
    for name, document in documents.items():
        hosts, signing_names = read_endpoint_rules(loader.load_service_model(name, "endpoint-rule-set-1"))
        shared = targets[document["metadata"].get("targetPrefix", "")] > 1
        entry = entry_of(document, shared_target=shared, hosts=hosts)
        signing = (*entry.signing, *sorted(signing_names - set(entry.signing)))
        entries[name] = msgspec.structs.replace(entry, signing=signing)
    return entries


def read_endpoint_rules(rules: Any) -> tuple[set[str], set[str]]:
    """Return the beginnings of host names, and the signing names, that a service's endpoint rules tell."""
    hosts: set[str] = set()
    signing: set[str] = set()
    pending = [rules]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, dict):
            pending.extend(node.values())
            if isinstance(url := node.get("url"), str):
                hosts.add(host_beginning(url))
            if isinstance(name := node.get("signingName"), str) and "{" not in name:
                signing.add(name)
    return hosts - {""}, signing


def host_beginning(url: str) -> str:
    """Return what a URL template's host has before region and domain; empty where it has nothing."""
    host = url.partition("://")[2].partition("/")[0]
    for blank in ("{PartitionResult#dnsSuffix}", "{PartitionResult#dualStackDnsSuffix}"):
        host = host.replace(blank, "amazonaws.com")
    labels = host.split(".amazonaws.com")[0].removesuffix(".api.aws").removesuffix(".on.aws").split(".")
    kept = [x.removesuffix("-fips") for x in labels if "{" not in x and x != "dualstack" and not is_region(x)]
    beginning = ".".join(kept)
    return "" if any(mark in f"{beginning}." for mark in FOREIGN) else beginning


def rendered(entries: dict[str, ServiceEntry]) -> str:
    """Return the file's text: one service a line, so that a change reads well."""
    lines = [f"{json.dumps(name)}: {msgspec.json.encode(entry).decode()}" for name, entry in entries.items()]
    head = f'{{"source": "botocore service models and endpoint rules", "version": {json.dumps(botocore.__version__)},'
    return head + '\n"services": {\n' + ",\n".join(lines) + "\n}}\n"


if __name__ == "__main__":
    main()
