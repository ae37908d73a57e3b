"""Numbers and names as other programs want them: a dot, no exponent, nothing that ends a line, a string or a folder."""

from __future__ import annotations

import re
import unicodedata

_MOST_NAME = 200  # characters that a program shows
_MOST_FILE = 100  # bytes that every file system takes, with room for a suffix
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_SLASHES = str.maketrans(dict.fromkeys('<>:"/\\|?*', "_"))


def fixed(value: float, decimals: int) -> str:
    """``value`` with so many decimals; never "-0.0".

    >>> fixed(-0.001, 2), fixed(1e-7, 3), fixed(12345.678, 2)
    ('0.00', '0.000', '12345.68')
    """
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if not text.strip("-0.") else text


def plain(value: float, significant: int = 9) -> str:
    """``value`` with so many digits, no exponent, no trailing zeros.

    >>> plain(1e-7), plain(200.0), plain(1 / 3, 4)
    ('0.0000001', '200', '0.3333')
    """
    if not value:
        return "0"
    exponent = int(f"{abs(value):e}".partition("e")[2])
    text = f"{value:.{max(0, significant - 1 - exponent)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def pointed(value: float) -> str:
    """As `plain`, and always with a point, where a whole number would be of another type.

    >>> pointed(200.0), pointed(0.7071)
    ('200.0', '0.7071')
    """
    text = plain(value)
    return text if "." in text else f"{text}.0"


def one_line(text: str, most: int = _MOST_NAME) -> str:
    """``text`` without anything that ends a line or is no character."""
    kept = "".join(c if _printable(c) else " " for c in text)
    return " ".join(kept.split())[:most].rstrip()


def _printable(char: str) -> bool:
    return unicodedata.category(char) not in ("Cc", "Cs", "Cn", "Zl", "Zp", "Co") and char not in "\ufffe\uffff"


def xml(text: str) -> str:
    """``text`` for an attribute or between tags of XML."""
    for char, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&apos;")):
        text = text.replace(char, name)
    return text


def quoted(text: str) -> str:
    """``text`` as a string of Turtle, C and the like."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def safe_name(text: str) -> str:
    """A file name, without suffix, that no system refuses and that leads nowhere else.

    >>> safe_name("../a/b"), safe_name("con"), safe_name("?"), safe_name("70% warm + 30% full")
    ('_a_b', '_con', '_', '70% warm + 30% full')
    """
    name = unicodedata.normalize("NFC", one_line(text, 1000)).translate(_SLASHES)
    name = re.sub(r"__+", "_", name).strip(" .")
    while len(name.encode()) > _MOST_FILE:
        name = name[:-1].rstrip(" .")
    if _RESERVED.fullmatch(name):
        name = f"_{name}"
    return name or "preset"
