"""Where your own words are kept: one readable JSON file in your configuration folder, always written whole."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from semeq.artefact import load_model
from semeq.errors import SemeqError, UsageError
from semeq.language import Language
from semeq.personal import PersonalWord, check_new, plain_name, with_words
from semeq.settings import EqSettings

if TYPE_CHECKING:
    from pathlib import Path

    from semeq.model import Model

FORMAT = "semeq.words/1"
VARIABLE = "SEMEQ_CONFIG"
_FILE = "words.json"


def words_file() -> str:
    """The file of personal words: in $SEMEQ_CONFIG, else in the usual configuration folder of the system."""
    if named := os.environ.get(VARIABLE):
        return os.path.join(named, _FILE)  # noqa: PTH118  # this way costs no import at every start
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or "~"
    elif sys.platform == "darwin":
        base = "~/Library/Application Support"
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return os.path.join(os.path.expanduser(base), "semeq", _FILE)  # noqa: PTH111, PTH118


def personal_model(name: str) -> str | Model:
    """The model of this name with the user's own words; just the name where there are none."""
    path = words_file()
    try:
        os.stat(path)  # noqa: PTH116
    except OSError:
        return name
    return with_words(load_model(name), read_words(path))


def load_words() -> tuple[PersonalWord, ...]:
    """All personal words; none where there is no file."""
    path = words_file()
    return read_words(path) if os.path.exists(path) else ()  # noqa: PTH110


def read_words(path: str | Path) -> tuple[PersonalWord, ...]:
    """The words of a file, such as `semeq words export` writes."""
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            data = json.load(file)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; give a file that semeq words export wrote") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path}: damaged, no JSON; mend it or move it away") from None
    try:
        written = data["format"]
        if written != FORMAT and str(written).startswith(FORMAT.rpartition("/")[0]):
            raise UsageError(f"format {written!r}, this semeq reads {FORMAT!r}; update semeq")
        if written != FORMAT:
            raise KeyError
        return tuple(
            PersonalWord(
                name=entry["word"], language=entry["language"], settings=EqSettings.from_dict(entry["settings"])
            )
            for entry in data["words"]
        )
    except (KeyError, TypeError, AttributeError):
        raise UsageError(f"{path}: holds no words of yours; give a file that semeq words export wrote") from None
    except SemeqError as error:
        raise UsageError(f"{path}: {error}") from None


def write_words(path: str | Path, words: Iterable[PersonalWord]) -> None:
    """Write the words under a temporary name and rename: nobody ever reads half a file."""
    entries = [
        {"word": one.name, "language": one.language, "settings": one.settings.to_dict()}
        for one in sorted(words, key=lambda one: (one.language, one.name))
    ]
    text = json.dumps({"format": FORMAT, "words": entries}, indent=1, ensure_ascii=False) + "\n"
    draft = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)  # noqa: PTH100, PTH103, PTH120
        with open(draft, "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(text)
        os.replace(draft, path)  # noqa: PTH105
    except OSError as error:
        if os.path.exists(draft):  # noqa: PTH110
            os.unlink(draft)  # noqa: PTH108
        raise UsageError(f"{path}: {error.strerror}; set {VARIABLE} to a folder that can be written") from None


def teach(name: str, language: Language, settings: EqSettings, *, model: Model, replace: bool = False) -> PersonalWord:
    """Keep a word; ``model`` is the one whose words it must not hide."""
    word = PersonalWord(name=check_new(name, language, model), language=language, settings=settings)
    known = _by_key(load_words())
    if (language, word.name) in known and not replace:
        raise UsageError(f"you have a word {word.name!r} already; use --force to replace it")
    write_words(words_file(), {**known, (language, word.name): word}.values())
    return word


def forget(name: str, language: Language) -> None:
    """Drop a personal word."""
    known = _by_key(load_words())
    name = plain_name(name)
    if (language, name) not in known:
        yours = ", ".join(one.name for one in known.values()) or "none"
        raise UsageError(f"no word {name!r} of yours; you have: {yours}")
    write_words(words_file(), [one for key, one in known.items() if key != (language, name)])


def import_words(words: Sequence[PersonalWord], *, model: Model, replace: bool = False) -> tuple[int, int]:
    """Add words from elsewhere; how many were added, and how many were kept as they are (all or none)."""
    known = _by_key(load_words())
    for one in words:
        check_new(one.name, one.language, model)
    fresh = {(one.language, one.name): one for one in words if replace or (one.language, one.name) not in known}
    write_words(words_file(), {**known, **fresh}.values())
    return len(fresh), len(words) - len(fresh)


def _by_key(words: Iterable[PersonalWord]) -> dict[tuple[Language, str], PersonalWord]:
    return {(one.language, one.name): one for one in words}
