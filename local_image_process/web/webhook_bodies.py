"""Which objects a notification speaks of, in whatever shape it comes.

The shapes: OSS events as JSON, plain or in Base64, alone or as the message inside MNS's JSON or
XML; one CloudEvent of EventBridge or several; a form or JSON of an upload callback. All else is
not understood, which is no error: a notification is only a hint.
"""

import base64
import binascii
import json
import re
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree as ET

DEEPEST = 3  # a message in a message in a message
MOST_FIELDS = 100
DECLARATION = re.compile(r"<!(?!\[CDATA\[|--)")  # DOCTYPE and ENTITY: no sender of ours has them
XML_START = re.compile(r"\s*<")


def keys_in(body: bytes) -> frozenset[str] | None:
    """Return the names of all objects spoken of; ``None`` when not all is understood."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    found = _in_message(text.strip(), depth=0)
    if found is None:
        found = _in_form(text.strip())
    return frozenset(found) if found else None


def concerns_only(body: bytes, own: frozenset[str]) -> bool:
    """Tell whether a notification speaks of nothing but these objects."""
    keys = keys_in(body)
    # nobody wrote down whether keys are percent-encoded: both are read
    return keys is not None and all(key in own or unquote(key) in own for key in keys)


def _in_message(text: str, *, depth: int) -> set[str] | None:
    if depth > DEEPEST:
        return None
    if XML_START.match(text):
        return _in_xml(text, depth)
    try:
        return _in_value(json.loads(text), depth)
    except (ValueError, RecursionError):
        return _in_base64(text, depth)


def _in_base64(text: str, depth: int) -> set[str] | None:
    try:
        inner = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return _in_message(inner, depth=depth + 1) if inner else None


def _in_xml(text: str, depth: int) -> set[str] | None:
    """Read MNS's ``<Notification>``; elements by their local names, its namespace is misspelt."""
    if DECLARATION.search(text):
        return None
    try:
        root = ET.fromstring(text)
    except ET.ParseError:
        return None
    for child in root:
        if child.tag.rpartition("}")[2] == "Message" and child.text:
            return _in_message(child.text.strip(), depth=depth + 1)
    return None


def _in_value(value: Any, depth: int) -> set[str] | None:
    if isinstance(value, list):
        return _in_all(value, depth)
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("events"), list):
        return _in_all(value["events"], depth)
    if isinstance(value.get("Message"), str):
        return _in_message(value["Message"].strip(), depth=depth + 1)
    if isinstance(value.get("data"), dict):
        return _in_event(value["data"])
    if isinstance(value.get("object"), str):
        return {value["object"]}
    return _in_event(value)


def _in_all(values: list[Any], depth: int) -> set[str] | None:
    found: set[str] = set()
    for value in values:
        one = _in_value(value, depth + 1) if isinstance(value, dict) and depth < DEEPEST else None
        if one is None:
            return None
        found |= one
    return found


def _in_event(event: dict[str, Any]) -> set[str] | None:
    try:
        key = event["oss"]["object"]["key"]
    except (KeyError, TypeError):
        return None
    return {key} if isinstance(key, str) else None


def _in_form(text: str) -> set[str] | None:
    try:
        fields = parse_qs(text, max_num_fields=MOST_FIELDS, strict_parsing=True)
    except ValueError:
        return None
    return set(fields.get("object", [])) or None
