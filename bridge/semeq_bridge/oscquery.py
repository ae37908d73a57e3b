"""OSCQuery: the address space as JSON, so that a program can make its own faders. After Vidvox' OSCQueryProposal.

Pure: a state and the path that was asked for, in; status and body, out. Only what can be read is told, nothing is set.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from semeq_bridge.controls import Control, Value
from semeq_bridge.core import ABOUT_ALL, ROOT, controls_of
from semeq_bridge.state import Instance, State

NONE, READ, WRITE, BOTH = range(4)
_ATTRIBUTES = ("FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "VALUE", "RANGE", "DESCRIPTION", "UNIT", "CLIPMODE")
_MOST_CHARS = 512
_TYPES = {"subscribe": "ifs", "unsubscribe": "i", "ping": "s", "list": "", "programs": "", "dump": "", "status": ""}


def answer(state: State, target: str, host_info: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Status and JSON for the target of a request, such as ``/semeq/vox/intensity?VALUE``.

    >>> from semeq_bridge.core import new_state
    >>> answer(new_state(), "/semeq/main/intensity?RANGE", {})
    (200, {'RANGE': [{'MIN': -1.0, 'MAX': 2.0}]})
    """
    if len(target) > _MOST_CHARS or not target.startswith("/"):
        return 400, {"error": "ask for a path such as /semeq"}
    parts = urlsplit(target)
    if parts.query == "HOST_INFO":
        return 200, host_info
    if parts.query and parts.query not in _ATTRIBUTES:
        return 400, {"error": f"{parts.query[:40]!r}: ask for one of HOST_INFO, {', '.join(_ATTRIBUTES)}"}
    node = found(tree(state), unquote(parts.path))
    if node is None:
        return 404, {"error": "no such address; / has all of them"}
    if not parts.query:
        return 200, node
    return (200, {parts.query: node[parts.query]}) if parts.query in node else (204, {})


def found(root: dict[str, Any], path: str) -> dict[str, Any] | None:
    """The node at a path."""
    node: dict[str, Any] | None = root
    for name in path.strip("/").split("/") if path.strip("/") else ():
        node = (node or {}).get("CONTENTS", {}).get(name)
        if node is None:
            return None
    return node


def tree(state: State) -> dict[str, Any]:
    """Every address, as nodes within each other."""
    root = _branch("/", "semeq: words become EQ")
    _put(root, [ROOT[1:]], _branch(ROOT, "all instances"))
    for name, _, about in ABOUT_ALL:
        if name in _TYPES:
            said = {"FULL_PATH": f"{ROOT}/{name}", "TYPE": _TYPES[name], "ACCESS": WRITE, "DESCRIPTION": about}
            _put(root, [ROOT[1:], name], said)
    for instance in state.instances.values():
        _put(root, [ROOT[1:], instance.name], _branch(f"{ROOT}/{instance.name}", "one EQ"))
        for control in controls_of(instance):
            _put(root, [ROOT[1:], instance.name, *control.path.split("/")], _leaf(control, instance, state))
    return root


def _branch(path: str, about: str) -> dict[str, Any]:
    return {"FULL_PATH": path, "ACCESS": NONE, "DESCRIPTION": about, "CONTENTS": {}}


def _put(root: dict[str, Any], names: Sequence[str], node: dict[str, Any]) -> None:
    at = root
    for depth, name in enumerate(names[:-1]):
        at = at.setdefault("CONTENTS", {}).setdefault(name, _branch("/" + "/".join(names[: depth + 1]), ""))
    at.setdefault("CONTENTS", {})[names[-1]] = node


def _leaf(control: Control, instance: Instance, state: State) -> dict[str, Any]:
    access = (READ if control.get is not None else NONE) | (WRITE if control.put is not None else NONE)
    node: dict[str, Any] = {
        "FULL_PATH": f"{ROOT}/{instance.name}/{control.path}",
        "TYPE": control.kind or "I",  # a button: an impulse
        "ACCESS": access,
        "DESCRIPTION": control.about,
    }
    if control.get is not None:
        value: Value = control.get(instance, state)
        node["VALUE"] = [value]
    if control.low is not None and control.high is not None:
        number = int if control.kind == "i" else float
        node["RANGE"] = [{"MIN": number(control.low), "MAX": number(control.high)}]
        node["CLIPMODE"] = ["none"]  # out of range is refused, not bent
    if control.unit:
        node["UNIT"] = [control.unit]
    return node


def host_info(name: str, host: str, port: int, tcp_port: int | None) -> dict[str, Any]:
    """Who we are and where OSC is heard."""
    known = dict.fromkeys(_ATTRIBUTES[3:], True) | {"LISTEN": False, "PATH_CHANGED": False}
    said = {"NAME": name, "OSC_IP": host, "OSC_PORT": port, "OSC_TRANSPORT": "UDP", "EXTENSIONS": known}
    return said if tcp_port is None else said | {"SEMEQ_TCP_PORT": tcp_port}


def as_bytes(said: dict[str, Any]) -> bytes:
    """The body of an answer."""
    return json.dumps(said, ensure_ascii=False).encode("utf-8")
