"""What the commands of plugins import beside `cloudward.api`: talking to a running gateway, or opening one on a file.

It is a module of its own because it needs the command line, which a gateway without one does not load.
"""

from cloudward.cli.endpoint import endpoint_option, fetch, server_sent_events, stream
from cloudward.cli.offline import gateway_on

__all__ = ["endpoint_option", "fetch", "gateway_on", "server_sent_events", "stream"]
