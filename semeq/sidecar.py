"""The note beside a rendered file: all it takes to make the same file again, byte for byte."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from semeq.apply import ApplyOptions, Rendered, apply_file
from semeq.errors import AudioError, SettingsError
from semeq.model import Model
from semeq.pipeline import Mode, Progress
from semeq.render import Engine
from semeq.settings import EqSettings
from semeq.suggest import Suggestion

if TYPE_CHECKING:
    from semeq.hearing.adaptive import Adapted

FORMAT = "semeq.sidecar/1"
_RENDERERS = ("numpy", "pedalboard", "scipy", "soundfile")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sidecar:
    """What a sidecar says."""

    settings: EqSettings
    engine: Engine
    mode: Mode
    subtype: str
    dither: bool
    output_name: str
    input_sha256: str
    output_sha256: str
    made_with: dict[str, str]
    follow: tuple[float, ...] = ()


def sidecar_path(target: Path) -> Path:
    """``out.wav`` has its sidecar in ``out.wav.semeq.json``."""
    return target.with_name(f"{target.name}.semeq.json")


def write_sidecar(
    rendered: Rendered, asked: Suggestion | None, model: Model | None, adapted: Adapted | None = None
) -> Path:
    """Write the sidecar of a rendered file and return its path."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "made_with": installed_versions(),
        "settings": rendered.settings.to_dict(),
        "engine": rendered.engine,
        "mode": rendered.mode,
        "subtype": rendered.info.subtype,
        "dither": rendered.dither,
        "input": {"name": rendered.source.name, "sha256": file_sha256(rendered.source)},
        "output": {"name": rendered.target.name, "sha256": file_sha256(rendered.target)},
    }
    if asked is not None and model is not None:
        said["asked"] = {
            "request": str(asked.request),
            "intensity": asked.intensity,
            "variant": asked.variant,
            "vary": asked.vary,
            "language": asked.request.language,
            "model": {"name": model.name, "sha256": model.sha256},
        }
    if rendered.follow:
        said["follow"] = list(rendered.follow)
    if adapted is not None:
        said["adapted"] = adapted.to_dict()
    path = sidecar_path(rendered.target)
    write_text(path, json.dumps(said, indent=2, ensure_ascii=False) + "\n")
    return path


def write_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise AudioError(f"{path}: {error.strerror}; it was not written, give another place") from None


def read_sidecar(path: Path) -> Sidecar:
    """Read what `write_sidecar` wrote."""
    try:
        said = json.loads(path.read_bytes())
    except OSError as error:
        raise AudioError(f"{path}: {error.strerror}; give the .semeq.json beside a rendered file") from None
    except (ValueError, RecursionError):
        raise AudioError(f"{path}: not a sidecar; give the .semeq.json beside a rendered file") from None
    try:
        if said["format"] != FORMAT:
            raise AudioError(f"{path}: {said['format']}; this semeq reads {FORMAT}, update it")
        sidecar = Sidecar(
            settings=EqSettings.from_dict(said["settings"]),
            engine=said["engine"],
            mode=said["mode"],
            subtype=said["subtype"],
            dither=said["dither"],
            output_name=said["output"]["name"],
            input_sha256=said["input"]["sha256"],
            output_sha256=said["output"]["sha256"],
            made_with=said["made_with"],
            follow=tuple(map(float, said.get("follow", ()))),
        )
        _check(sidecar)
    except (KeyError, TypeError, AttributeError, ValueError, SettingsError) as error:
        raise AudioError(f"{path}: damaged sidecar ({error}); give another one") from None
    return sidecar


def _check(sidecar: Sidecar) -> None:
    """Raise where a value is none that `write_sidecar` writes."""
    if sidecar.engine not in get_args(Engine) or sidecar.mode not in get_args(Mode):
        raise TypeError(f"engine {sidecar.engine!r}, mode {sidecar.mode!r}")
    texts = (sidecar.subtype, sidecar.output_name, sidecar.input_sha256, sidecar.output_sha256)
    if not all(isinstance(text, str) for text in texts) or not isinstance(sidecar.dither, bool):
        raise TypeError("subtype, names and checksums are text, dither is true or false")
    if not all(0.0 <= factor <= 1.0 for factor in sidecar.follow):  # also refuses NaN
        raise TypeError("follow holds numbers from 0 to 1")
    if not isinstance(sidecar.made_with, dict):
        raise TypeError("made_with is an object")


def reproduce(
    sidecar: Path, source: Path, target: Path, *, overwrite: bool = False, progress: Progress | None = None
) -> tuple[Rendered, bool]:
    """Make the file of a sidecar again; also says whether it is the same, byte for byte."""
    said = read_sidecar(sidecar)
    if not source.is_file():
        raise AudioError(f"{source}: no such file; give the one that {said.output_name} was made from")
    if target.suffix.lower() != (suffix := Path(said.output_name).suffix.lower()):
        raise AudioError(f"{target}: the first one was a {suffix} file; end the name with that")
    if file_sha256(source) != said.input_sha256:
        raise AudioError(f"{source}: not the file that {sidecar.name} was made from (its SHA-256 differs)")
    options = ApplyOptions(
        preamp_db=said.settings.preamp_db,
        mode=said.mode,
        engine=said.engine,
        subtype=said.subtype,
        dither=said.dither,
        overwrite=overwrite,
        follow=said.follow,
    )
    rendered = apply_file(source, target, said.settings, options, progress)
    return rendered, file_sha256(target) == said.output_sha256


def installed_versions() -> dict[str, str]:
    """Versions of semeq and of the libraries that touch samples."""
    return {name: version(name) for name in ("semeq", *_RENDERERS)}


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
