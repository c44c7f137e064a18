"""Settings of the STS plugin: one table, read and checked once at start.

They come from `CLOUDWARD_STS_<NAME>` or the file's table `[plugin.sts]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from cloudward.api import PluginSetting, read_flag, read_names

LOOPBACK = ("127.0.0.1", "localhost", "::1")
REQUIRED, OPTIONAL, OFF = "required", "optional", "off"


def _addresses(text: str) -> Mapping[str, str]:
    found = {}
    for pair in read_names(text):
        issuer, equals, url = pair.partition("=")
        parts = urlsplit(url)
        plain = parts.scheme == "http" and parts.hostname in LOOPBACK
        if not equals or not (plain or parts.scheme == "https"):
            raise ValueError(f"{pair!r} is not ISSUER=URL with an https URL, or an http one on this machine")
        found[issuer.strip().removeprefix("https://")] = url
    return found


def _mode(text: str) -> str:
    if text not in (REQUIRED, OPTIONAL, OFF):
        raise ValueError(f"it must be {REQUIRED}, {OPTIONAL} or {OFF}")
    return text


SETTINGS: Mapping[str, PluginSetting] = {
    "disabled_regions": PluginSetting((), read_names, "Regions in which STS is not activated, separated by commas."),
    "hand_out": PluginSetting(
        True, read_flag, "Whether tokens, SAML responses and roles' credentials are made for whoever asks."
    ),
    "imds": PluginSetting(
        REQUIRED,
        _mode,
        "Instance metadata: `required` (version 2 only), `optional` (version 1 too) or `off`.",
    ),
    "issuer_addresses": PluginSetting(
        {},
        _addresses,
        "Where token issuers are that are not where their names say: `ISSUER=URL`, separated by commas.",
    ),
}
