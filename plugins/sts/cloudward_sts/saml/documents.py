"""SAML's XML, read without what XML can be abused for: no document type, no entities, no network, no comments.

Comments go because a text with one in it is two texts to most readers: `admin@example.com<!-- -->.evil.com`.
Canonical XML leaves them out as well, so signatures do not see them either.
Sources: OASIS "Assertions and Protocols for SAML 2.0"; OASIS "Security and Privacy Considerations for SAML 2.0".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from lxml import etree

from cloudward_sts.federation_errors import InvalidIdentityToken

ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
SIGNATURE = "http://www.w3.org/2000/09/xmldsig#"
ENCRYPTION = "http://www.w3.org/2001/04/xmlenc#"
ENCRYPTION11 = "http://www.w3.org/2009/xmlenc11#"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
NAME_ID_FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:"

_ID_ATTRIBUTES = ("ID", "Id", "id", "AssertionID")


def parse(data: bytes) -> etree._Element:
    """Return the root element of a document.

    Args:
        data: the XML.

    Raises:
        InvalidIdentityToken: it is not well-formed, declares a document type, or uses an id twice.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InvalidIdentityToken.not_xml(error) from None
    if root.getroottree().docinfo.doctype:
        raise InvalidIdentityToken.not_xml("a document type declaration is not allowed")
    seen: set[str] = set()
    for element in root.iter(etree.Element):
        for name in _ID_ATTRIBUTES:
            value = element.get(name)
            if value is not None:
                if value in seen:
                    raise InvalidIdentityToken.not_xml("an id is used twice")
                seen.add(value)
    return root


def children(element: etree._Element, name: str, namespace: str = ASSERTION) -> list[etree._Element]:
    """Return an element's own children of a name.

    Args:
        element: the element.
        name: the children's local name.
        namespace: their namespace.
    """
    return list(element.iterchildren(f"{{{namespace}}}{name}"))


def child(element: etree._Element, name: str, namespace: str = ASSERTION) -> etree._Element | None:
    """Return an element's only child of a name, None when it has none or several.

    Args:
        element: the element.
        name: the child's local name.
        namespace: its namespace.
    """
    found = children(element, name, namespace)
    return found[0] if len(found) == 1 else None


def text_of(element: etree._Element | None) -> str:
    """Return an element's text without white space around it; empty for None.

    Args:
        element: the element.
    """
    return "" if element is None else str(element.xpath("string()")).strip()


def attribute_values(assertion: etree._Element) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the names of an assertion's attributes with their values.

    Args:
        assertion: the assertion.
    """
    for statement in children(assertion, "AttributeStatement"):
        for attribute in children(statement, "Attribute"):
            yield attribute.get("Name") or "", tuple(map(text_of, children(attribute, "AttributeValue")))


def time_of(element: etree._Element, name: str) -> datetime | None:
    """Return a time that an attribute of an element has, None when it is not there.

    Args:
        element: the element.
        name: the attribute.

    Raises:
        InvalidIdentityToken: it is no time.
    """
    text = element.get(name)
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InvalidIdentityToken.saml_time(name) from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
