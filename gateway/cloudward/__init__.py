"""cloudward: an extensible, AWS-compatible gateway.  Plugin authors import from `cloudward.api`."""

__version__ = "0.1.0"
