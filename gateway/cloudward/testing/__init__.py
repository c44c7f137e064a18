"""A plugin author's kit: a gateway inside the test process, boto3 clients bound to it, and a contract for providers.

Needs `pip install cloudward[testing]`.
"""

from cloudward.testing.contract import check_plugin
from cloudward.testing.gateway import Gateway, running_gateway

__all__ = ["Gateway", "check_plugin", "running_gateway"]
