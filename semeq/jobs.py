"""Many files, one curve: who becomes what, carried out one by one, told in a line each."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semeq.apply import ApplyOptions, Rendered, apply_file, apply_pair, checked_output
from semeq.artefact import load_model
from semeq.audio import AudioInfo, open_audio
from semeq.audio.info import SUFFIXES
from semeq.errors import AudioError, SettingsError, UsageError
from semeq.language import Language
from semeq.model import Model
from semeq.pipeline import Progress
from semeq.render import Samples, choose_engine
from semeq.report import way
from semeq.response import auto_preamp_db
from semeq.settings import EqSettings
from semeq.sidecar import sidecar_path, write_sidecar
from semeq.suggest import Suggestion, checked_intensity, suggest
from semeq.terminal import db_text

if TYPE_CHECKING:
    from semeq.hearing.adaptive import Adapted
    from semeq.hearing.listening import ReferenceLike

BITS = {"16": "PCM_16", "24": "PCM_24", "32": "PCM_32", "float": "FLOAT", "double": "DOUBLE"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """The curve to render, and the words behind it where there are any."""

    settings: EqSettings
    title: str
    asked: Suggestion | None = None
    model: Model | None = None
    adapted: Adapted | None = None
    follow: tuple[float, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know."""
        asked = self.asked.notes if self.asked else ()
        heard = (*self.adapted.notes, str(self.adapted)) if self.adapted else ()
        return tuple(dict.fromkeys((*asked, *heard)))


def wanted(
    request: str,
    intensity: object,
    *,
    model: str | Path | Model,
    language: Language,
    variant: int | None = None,
    vary: int | None = None,
    audio: Path | None = None,
    reference: ReferenceLike = "music",
    mode: str = "missing",
) -> Wanted:
    """Read ``request``: words, or the name of a JSON file of settings (as `semeq eq --json` prints)."""
    if request.lower().endswith(".json"):
        if variant is not None or vary is not None:
            raise UsageError("--variant and --vary are for words; a file of settings has neither")
        stored, strength = read_settings_file(Path(request)), checked_intensity(intensity)
        if audio is None:
            return Wanted(settings=stored.scaled(strength), title=Path(request).stem)
        from semeq.hearing.adaptive import adapt
        from semeq.hearing.listening import listen

        if mode != "missing":
            raise UsageError("--mode is for words; a file of settings has no place in the latent space")
        adapted = adapt(stored, strength, listen(audio, reference=reference))
        return Wanted(settings=adapted.settings, title=Path(request).stem, adapted=adapted)
    loaded = model if isinstance(model, Model) else load_model(model)
    full = checked_intensity(intensity)
    asked = suggest(
        request,
        full,
        model=loaded,
        language=language,
        variant=variant,
        vary=vary,
        audio=audio,
        reference=reference,
        mode=mode,
    )
    title = f"{asked.request}, {way(asked)}intensity {asked.intensity:g}"
    return Wanted(settings=asked.settings, title=title, asked=asked, model=loaded, adapted=asked.adapted)


def followed(source: Path, curve: Wanted, full: Wanted, intensity: float, reference: ReferenceLike) -> Wanted:
    """The same wish, moving with the sections of ``source``; ``full`` is it at intensity 1, without listening."""
    from semeq.hearing.follow import follow
    from semeq.hearing.listening import listen

    adapted, factors = follow(source, full.settings, intensity, listen(source, reference=reference))
    return replace(curve, settings=adapted.settings, adapted=adapted, follow=factors)


def read_settings_file(path: Path) -> EqSettings:
    """Settings from a JSON file: bare, or under the key "settings" as the commands and sidecars write them."""
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; give a JSON file of settings, or words") from None
    except (ValueError, RecursionError):
        raise SettingsError(f"{path}: not JSON; give a JSON file of settings, or words") from None
    inner = data.get("settings", data) if isinstance(data, dict) else data
    try:
        return EqSettings.from_dict(inner)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from None


def subtype_named(bits: str | None) -> str | None:
    """The sample format for ``--bits``."""
    if bits is not None and bits not in BITS:
        raise UsageError(f"bits {bits!r}: use one of {', '.join(BITS)}")
    return BITS[bits] if bits else None


def plan(
    sources: Sequence[Path], output: Path, *, pair: bool = False, make_folder: bool = True, inputs: int | None = None
) -> list[tuple[Path, tuple[Path, ...]]]:
    """Which targets each source gets: ``output`` itself for one file, a name inside it for many or for a folder.

    ``inputs`` is how many were given, where not all of them are to be rendered.
    """
    inputs = len(sources) if inputs is None else inputs
    into_folder = inputs > 1 or output.is_dir()
    if into_folder:
        if output.suffix.lower() in SUFFIXES and not output.is_dir():
            raise UsageError(f"{output}: looks like a file; give a folder for {inputs} inputs")
        if output.exists() and not output.is_dir():
            raise UsageError(f"{output}: is a file; give a folder for {inputs} inputs")
        taken: dict[str, Path] = {}
        for source in sources:
            if (other := taken.setdefault(_target_name(source).casefold(), source)) is not source:
                raise UsageError(f"{other} and {source} would get the same name in {output}; render them apart")
        try:
            if make_folder:
                output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AudioError(f"{output}: {error.strerror}; give a folder that can be written") from None
    jobs: list[tuple[Path, tuple[Path, ...]]] = []
    for source in sources:
        target = output / _target_name(source) if into_folder else output
        ab = (target.with_suffix(f".a{target.suffix}"), target.with_suffix(f".b{target.suffix}"))
        jobs.append((source, ab if pair else (target,)))
    return jobs


def _target_name(source: Path) -> str:
    return f"{source.stem}.wav" if source.suffix.lower() == ".mp3" else source.name  # MP3 is only read


def carry_out(
    source: Path,
    targets: tuple[Path, ...],
    curve: Wanted,
    options: ApplyOptions,
    *,
    sidecar: bool = True,
    progress: Progress | None = None,
) -> tuple[Rendered, ...]:
    """Render one source into its target, or its pair of targets."""
    options = replace(options, follow=curve.follow)
    for target in targets if sidecar and not options.overwrite else ():
        if (beside := sidecar_path(target)).exists():
            raise AudioError(f"{beside}: exists; use --force to replace it, or another name for the output")
    if len(targets) == 2:
        done: tuple[Rendered, ...] = apply_pair(source, (targets[0], targets[1]), curve.settings, options, progress)
    else:
        done = (apply_file(source, targets[0], curve.settings, options, progress),)
    if sidecar:
        for rendered in done:
            write_sidecar(rendered, curve.asked, curve.model, curve.adapted)
    return done


def rehearse(
    source: Path, targets: tuple[Path, ...], curve: Wanted, options: ApplyOptions, new_folder: Path | None = None
) -> dict[str, Any]:
    """What would be done to one source, under "text" in a line; nothing is written."""
    with open_audio(source) as reader:
        info = reader.info
    held = [checked_output(source, target, info, options, new_folder) for target in targets]
    preamp_db = options.preamp_db
    if preamp_db is None:
        preamp_db = auto_preamp_db(curve.settings.with_preamp(0.0), info.rate_hz)
    level = "loudness matched" if options.match_loudness or len(targets) == 2 else f"preamp {db_text(preamp_db)}"
    names = " and ".join(str(target) for target in targets)
    engine = choose_engine(curve.settings, info.rate_hz, options.engine)
    return {
        "text": f"would write {names}: {describe(held[0])}; {level}; {engine} filters",
        "input": str(source),
        "outputs": [str(target) for target in targets],
        "subtype": held[0].subtype,
        "engine": engine,
        "settings": curve.settings.to_dict(),
    }


def describe(info: AudioInfo) -> str:
    """Length, channels, rate and depth in a few words."""
    channels = {1: "mono", 2: "stereo"}.get(info.channels, f"{info.channels} channels")
    minutes, seconds = divmod(info.dur_s, 60)
    clock = f"{minutes:.0f}:{seconds:04.1f}" if minutes else f"{seconds:.3g} s"
    return f"{clock} {channels} {info.rate_hz} Hz {info.subtype}"


def summary(rendered: Rendered) -> str:
    """One line about a file that was written."""
    against_clipping = " so that nothing clips" if rendered.automatic and not rendered.info.is_float else ""
    parts = [f"{rendered.target}: {describe(rendered.info)}"]
    preamp_db = rendered.settings.preamp_db
    if rendered.lufs_in is not None and rendered.lufs_out is not None:
        parts.append(f"{rendered.lufs_in:.1f} -> {rendered.lufs_out:.1f} LUFS with preamp {db_text(preamp_db)}")
    elif preamp_db:
        parts.append(f"preamp {db_text(preamp_db)}{against_clipping}")
    else:
        parts.append("preamp 0 dB")
    parts.append(f"peak {_dbfs(rendered.peak_in)} -> {_dbfs(rendered.peak_out)} dBFS")
    if rendered.clipped:
        parts.append(f"WARNING: {rendered.clipped} samples clipped, lower the preamp")
    return "; ".join([*parts, *rendered.notes])


def _dbfs(peak: float) -> str:
    return f"{round(20 * math.log10(peak), 1) + 0.0:.1f}" if peak > 0 else "-inf"


def as_dict(rendered: Rendered) -> dict[str, Any]:
    """The same for machines; levels that do not exist are null."""

    def level(peak: float) -> float | None:
        return round(20 * math.log10(peak), 3) if peak > 0 else None

    def lufs(value: float | None) -> float | None:
        return round(value, 3) if value is not None and math.isfinite(value) else None

    return {
        "input": str(rendered.source),
        "output": str(rendered.target),
        "rate_hz": rendered.info.rate_hz,
        "channels": rendered.info.channels,
        "frames": rendered.info.frames,
        "subtype": rendered.info.subtype,
        "engine": rendered.engine,
        "mode": rendered.mode,
        "settings": rendered.settings.to_dict(),
        "peak_in_dbfs": level(rendered.peak_in),
        "peak_out_dbfs": level(rendered.peak_out),
        "clipped_samples": rendered.clipped,
        "lufs_in": lufs(rendered.lufs_in),
        "lufs_out": lufs(rendered.lufs_out),
        "notes": list(rendered.notes),
    }


def picture(rendered: Rendered, path: Path, title: str) -> None:
    """Save the spectrum of a rendered file before and after."""
    from semeq.plot import plot_spectra
    from semeq.spectrum import average_spectrum_db

    freqs_hz, before_db = average_spectrum_db(blocks_of(rendered.source), rendered.info.rate_hz)
    _, after_db = average_spectrum_db(blocks_of(rendered.target), rendered.info.rate_hz)
    plot_spectra(
        before_db,
        after_db,
        freqs_hz,
        rendered.settings,
        path,
        title=title,
        subtitle=rendered.source.name,
        rate_hz=rendered.info.rate_hz,
        predicted=rendered.mode == "eq",
    )


def blocks_of(path: Path) -> Iterator[Samples]:
    """The samples of a file, piece by piece."""
    with open_audio(path) as reader:
        while (block := reader.read(1 << 16)).shape[1]:
            yield block
