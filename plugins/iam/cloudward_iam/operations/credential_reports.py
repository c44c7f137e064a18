"""The credential report: at most one every four hours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cloudward.api import operation
from cloudward_iam.credential_csv import credential_csv
from cloudward_iam.errors import ReportExpired, ReportInProgress, ReportNotPresent
from cloudward_iam.records.reports import CredentialReport
from cloudward_iam.state import Ctx

LIFETIME = timedelta(hours=4)
"""How long a report is good; until then no other is made."""


@operation("GenerateCredentialReport")
def generate_credential_report(ctx: Ctx) -> dict[str, str]:
    """Make a credential report, or tell how far the present one is.

    The setting `credential_report_seconds` says how long that takes; at nothing, the default, the report is ready when
    the call returns.
    """
    report = ctx.state.credential_report.get()
    if report is not None and ctx.now < report.generated_time:
        return {"State": "INPROGRESS"}
    if report is not None and ctx.now - report.generated_time < LIFETIME:
        return {"State": "COMPLETE"}
    seconds = ctx.runtime.settings["credential_report_seconds"]
    ctx.state.credential_report.set(
        CredentialReport(content=credential_csv(ctx), generated_time=ctx.now + timedelta(seconds=seconds))
    )
    return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}


@operation("GetCredentialReport")
def get_credential_report(ctx: Ctx) -> dict[str, Any]:
    """Return the credential report."""
    report = ctx.state.credential_report.get()
    if report is None:
        raise ReportNotPresent.generate()
    if ctx.now < report.generated_time:
        raise ReportInProgress.wait()
    if ctx.now - report.generated_time >= LIFETIME:
        raise ReportExpired.generate()
    return {
        "Content": report.content.encode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": report.generated_time.replace(microsecond=0),
    }
