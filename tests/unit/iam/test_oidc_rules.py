from __future__ import annotations

import pytest

from cloudward_iam.crypto import oidc


@pytest.mark.parametrize(
    ("url", "issuer"),
    [
        ("https://example.com", "example.com"),
        ("https://example.com/", "example.com/"),
        ("https://oidc.eks.eu-west-1.amazonaws.com/id/ABC", "oidc.eks.eu-west-1.amazonaws.com/id/ABC"),
        ("https://token.actions.githubusercontent.com", "token.actions.githubusercontent.com"),
    ],
)
def test_the_issuer_is_the_url_without_its_scheme(url, issuer):
    assert oidc.issuer_of(url) == issuer


@pytest.mark.parametrize(
    "url",
    [
        "example.com",
        "http://example.com",
        "https://",
        "https:///path",
        "https://example.com:8443",
        "https://example.com:port",
        "https://me@example.com",
        "https://example.com?a=b",
        "https://example.com?",
        "https://example.com/#x",
        "https://exa mple.com",
        "https://-example.com",
    ],
)
def test_other_addresses_are_refused(url):
    with pytest.raises(ValueError, match="URL"):
        oidc.issuer_of(url)


def test_thumbprints_are_forty_hexadecimal_digits():
    assert oidc.is_thumbprint("0123456789abcdefABCDEF0123456789abcdef01")
    assert not oidc.is_thumbprint("0123456789abcdefABCDEF0123456789abcdef0")
    assert not oidc.is_thumbprint("g" * 40)
