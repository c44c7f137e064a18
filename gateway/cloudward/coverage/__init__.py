"""Coverage: which operations, input members and errors are implemented, from specs and handlers alone."""

from cloudward.coverage.formats import FORMATS, render
from cloudward.coverage.report import (
    Coverage,
    HandledOperation,
    HandlingProvider,
    MemberCoverage,
    OperationCoverage,
    ServiceCoverage,
    report,
)

__all__ = [
    "FORMATS",
    "Coverage",
    "HandledOperation",
    "HandlingProvider",
    "MemberCoverage",
    "OperationCoverage",
    "ServiceCoverage",
    "render",
    "report",
]
