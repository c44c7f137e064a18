"""What the commands of plugins import beside `cloudward.api`: talking to a running gateway.

It is a module of its own because it needs the command line, which a gateway without one does not load.
"""

from cloudward.cli.endpoint import endpoint_option, fetch, server_sent_events

__all__ = ["endpoint_option", "fetch", "server_sent_events"]
