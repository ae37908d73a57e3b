"""Numbers, strings and comments as C99 and C++ read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from semeq.response import Floats

_PER_LINE = 8
_PLAIN = re.compile(r"[A-Za-z0-9 _-]")


def float_text(number: float) -> str:
    """A number in single precision with all its digits.

    >>> float_text(0.1), float_text(1.0)
    ('0.100000001f', '1.0f')
    """
    return f"{_with_point(f'{float(np.float32(number)):.9g}')}f"


def double_text(number: float) -> str:
    """A number in double precision with all its digits.

    >>> double_text(0.1), double_text(48_000)
    ('0.1', '48000.0')
    """
    return _with_point(repr(float(number)))


def _with_point(text: str) -> str:
    return text if set(text) & set(".e") else f"{text}.0"


def string_text(text: str) -> str:
    r"""A string; every byte of UTF-8 that could mean anything else is written as its octal number.

    >>> print(string_text('cálido "x"'))
    "c\303\241lido \042x\042"
    """
    return f'"{"".join(c if _PLAIN.fullmatch(c) else _octal(c) for c in text)}"'


def _octal(character: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8"))


def comment_text(text: str) -> str:
    """Text that may stand within a comment: one line of ASCII that neither opens nor ends one.

    >>> comment_text("Warm*/ what??")
    'Warm* / what? ?'
    """
    plain = " ".join(text.encode("ascii", "backslashreplace").decode("ascii").split())
    plain = re.sub(r"[^ -~]", "?", plain)
    return re.sub(r"(?<=\*)(?=/)|(?<=/)(?=\*)|(?<=\?)(?=\?)", " ", plain)


def array_of_floats(name: str, numbers: npt.NDArray[np.float32], about: str) -> str:
    """A constant in single precision."""
    shape = " x ".join(map(str, numbers.shape))
    return _array("float", name, [float_text(x) for x in numbers.ravel().tolist()], f"{about}: {shape}")


def array_of_doubles(name: str, numbers: Floats, about: str) -> str:
    """A constant in double precision."""
    return _array("double", name, [double_text(x) for x in numbers.ravel().tolist()], about)


def array_of_ints(name: str, numbers: Sequence[int]) -> str:
    """A constant of whole numbers."""
    return _array("int", name, [str(number) for number in numbers], "columns")


def _array(kind: str, name: str, items: list[str], about: str) -> str:
    held = items or ["0"]  # C knows no empty array
    return f"/* {comment_text(about)} */\nstatic const {kind} {name}[{len(held)}] = {{\n{rows(held)}}};\n"


def rows(items: Sequence[str], indent: str = "    ") -> str:
    """Items of an initialiser, some to a line."""
    lines = (items[start : start + _PER_LINE] for start in range(0, len(items), _PER_LINE))
    return "".join(f"{indent}{', '.join(line)},\n" for line in lines)


def braces(numbers: Iterable[float]) -> str:
    """A short row of numbers in single precision."""
    return f"{{{', '.join(float_text(number) for number in numbers)}}}"


def comment(lines: Iterable[str]) -> str:
    """A block of comment; each line is made harmless."""
    inner = "".join(f" * {line}".rstrip() + "\n" for line in lines)
    return f"/*\n{inner} */\n"
