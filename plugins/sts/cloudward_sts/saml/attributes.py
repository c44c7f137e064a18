"""Attributes of assertions: AWS's own, and those that become condition keys.

Sources: IAM User Guide, "Configure SAML assertions for the authentication response" and "Available keys for SAML-based
AWS STS federation"; the object identifiers are eduPerson's, eduOrg's, X.500's and those of RFC 4524.
"""

from __future__ import annotations

from collections.abc import Mapping

PREFIXES: Mapping[str, str] = {"aws-cn": "https://www.amazonaws.cn/SAML/Attributes/"}
"""What AWS's attribute names begin with, where it is not `DEFAULT_PREFIX`, by partition."""

DEFAULT_PREFIX = "https://aws.amazon.com/SAML/Attributes/"

_EDU_PERSON = "urn:oid:1.3.6.1.4.1.5923.1.1.1."
_EDU_ORG = "urn:oid:1.3.6.1.4.1.5923.1.2.1."
_X500 = "urn:oid:2.5.4."
_COSINE = "urn:oid:0.9.2342.19200300.100.1."
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"

SINGLE: Mapping[str, str] = {
    f"{_EDU_PERSON}3": "edupersonorgdn",
    f"{_EDU_PERSON}5": "edupersonprimaryaffiliation",
    f"{_EDU_PERSON}6": "edupersonprincipalname",
    f"{_EDU_PERSON}8": "edupersonprimaryorgunitdn",
    f"{_CLAIMS}name": "name",
    "http://schemas.xmlsoap.org/claims/CommonName": "commonname",
    f"{_CLAIMS}givenname": "givenname",
    f"{_X500}42": "givenname",
    f"{_CLAIMS}surname": "surname",
    f"{_X500}4": "surname",
    f"{_CLAIMS}emailaddress": "mail",
    f"{_COSINE}3": "mail",
    f"{_COSINE}1": "uid",
    f"{_COSINE}45": "organizationstatus",
    f"{_X500}45": "x500uniqueidentifier",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": "primarygroupsid",
}
"""Attributes that become condition keys with one value, by name."""

MULTIPLE: Mapping[str, str] = {
    f"{_EDU_PERSON}1": "edupersonaffiliation",
    f"{_EDU_PERSON}2": "edupersonnickname",
    f"{_EDU_PERSON}4": "edupersonorgunitdn",
    f"{_EDU_PERSON}7": "edupersonentitlement",
    f"{_EDU_PERSON}9": "edupersonscopedaffiliation",
    f"{_EDU_PERSON}10": "edupersontargetedid",
    f"{_EDU_PERSON}11": "edupersonassurance",
    f"{_EDU_ORG}2": "eduorghomepageuri",
    f"{_EDU_ORG}3": "eduorgidentityauthnpolicyuri",
    f"{_EDU_ORG}4": "eduorglegalname",
    f"{_EDU_ORG}5": "eduorgsuperioruri",
    f"{_EDU_ORG}6": "eduorgwhitepagesuri",
    f"{_X500}3": "cn",
}
"""Attributes that become condition keys with several values, by name."""


def condition_keys(attributes: Mapping[str, tuple[str, ...]]) -> dict[str, str | tuple[str, ...]]:
    """Return the condition keys that an assertion's attributes become.

    Args:
        attributes: values by name.
    """
    found: dict[str, str | tuple[str, ...]] = {}
    for name, values in attributes.items():
        if name in SINGLE and values:
            found[f"saml:{SINGLE[name]}"] = values[0]
        elif name in MULTIPLE and values:
            found[f"saml:{MULTIPLE[name]}"] = values
    return found
