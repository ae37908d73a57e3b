"""OSC's wildcards, matched in one pass over the text: no pattern takes longer than its length times the address."""

from __future__ import annotations

from functools import lru_cache

from semeq_bridge.errors import OscError

MOST_CHARS, MOST_STARS = 128, 4
_WILD = frozenset("*?[]{}")


def is_pattern(address: str) -> bool:
    """Whether an address names more than one place."""
    return not _WILD.isdisjoint(address)


def matches(pattern: str, address: str) -> bool:
    """Whether a pattern means an address, part by part.

    >>> matches("/semeq/*/intensity", "/semeq/vox/intensity"), matches("/semeq/*", "/semeq/vox/intensity")
    (True, False)
    >>> matches("/semeq/{vox,gtr}/band/[1-3]/gain", "/semeq/gtr/band/2/gain")
    True
    """
    parts, names = pattern.split("/"), address.split("/")
    return len(parts) == len(names) and all(_part(part, name) for part, name in zip(parts, names, strict=True))


def _part(part: str, name: str) -> bool:
    if not is_pattern(part):
        return part == name
    places = {0}  # how much of the name may have been used up
    for kind, value in _tokens(part):
        if kind == "*":
            places = set(range(min(places), len(name) + 1))
        elif kind == "any":
            places = {place + len(text) for place in places for text in value if name.startswith(text, place)}
        else:
            places = {place + 1 for place in places if place < len(name) and (name[place] in value) == (kind == "in")}
        if not places:
            return False
    return len(name) in places


@lru_cache(maxsize=256)
def _tokens(part: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Kinds: "*"; "any" of some texts; "in" some characters; "not" in them (of none: any character)."""
    if len(part) > MOST_CHARS or part.count("*") > MOST_STARS:
        raise OscError(f"a pattern has {MOST_CHARS} characters and {MOST_STARS} stars at most")
    tokens: list[tuple[str, tuple[str, ...]]] = []
    place = 0
    while place < len(part):
        char = part[place]
        closing = {"[": "]", "{": "}"}.get(char)
        end = part.find(closing, place + 1) if closing else place
        if end < 0 or char in "]}":
            raise OscError("a pattern whose brackets do not close")
        inside = part[place + 1 : end]
        match char:
            case "*":
                tokens.append(("*", ()))
            case "?":
                tokens.append(("not", ()))
            case "{":
                tokens.append(("any", tuple(inside.split(","))))
            case "[":
                kind = "not" if inside[:1] == "!" else "in"
                tokens.append((kind, _characters(inside.lstrip("!"))))
            case _:
                tokens.append(("any", (char,)))
        place = end + 1
    return tuple(tokens)


def _characters(inside: str) -> tuple[str, ...]:
    found: set[str] = set()
    place = 0
    while place < len(inside):
        if inside[place + 1 : place + 2] == "-" and place + 2 < len(inside):
            low, high = ord(inside[place]), ord(inside[place + 2])
            found.update(map(chr, range(low, min(high, low + 255) + 1)))
            place += 3
        else:
            found.add(inside[place])
            place += 1
    return tuple(sorted(found))
