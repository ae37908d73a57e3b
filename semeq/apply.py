"""One audio file in, one out: the preamp it needs, what is kept, and what is told about it."""

from __future__ import annotations

import secrets
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from semeq.audio import AudioInfo, create_audio, open_audio, output_info, same_file
from semeq.audio.tags import read_tags
from semeq.errors import AudioError, UsageError
from semeq.loudness import LoudnessMeter
from semeq.pipeline import Mode, Progress, filtered, workers
from semeq.render import ENGINES, Engine, EngineChoice, check_rate, choose_engine
from semeq.response import auto_preamp_db
from semeq.settings import PREAMP_LIMIT_DB, EqSettings

_HEADROOM_DB = 0.001
_DITHER_SEED = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplyOptions:
    """How to render: the defaults give the EQ with the preamp that keeps it from clipping, and nothing else."""

    preamp_db: float | None = None
    """None: automatic, the peak of the curve and more where a hot file would clip; it replaces any in the settings."""
    match_loudness: bool = False
    mode: Mode = "eq"
    engine: EngineChoice = "auto"
    subtype: str | None = None
    dither: bool = False
    overwrite: bool = False
    follow: tuple[float, ...] = ()
    """How much of the gains to use (0 to 1) in each second; empty: all of them, all the time."""

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise UsageError(f"engine {self.engine!r}: use one of {', '.join(ENGINES)}")
        if self.preamp_db is not None and self.match_loudness:
            raise UsageError("a fixed preamp and --match-loudness contradict each other; choose one")
        if self.mode == "delta" and self.match_loudness:
            raise UsageError("--delta and --match-loudness contradict each other; choose one")
        if self.preamp_db is not None and not abs(self.preamp_db) <= PREAMP_LIMIT_DB:
            raise UsageError(f"preamp {self.preamp_db:g} dB: use -{PREAMP_LIMIT_DB:g} to {PREAMP_LIMIT_DB:g} dB")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """What was written and what it took; ``settings`` hold the preamp that was used."""

    source: Path
    target: Path
    info: AudioInfo
    settings: EqSettings
    engine: Engine
    mode: Mode
    dither: bool
    peak_in: float
    peak_out: float
    clipped: int
    automatic: bool
    """Whether the preamp was found, not given."""
    lufs_in: float | None = None
    lufs_out: float | None = None
    follow: tuple[float, ...] = ()
    notes: tuple[str, ...] = field(default=())


def apply_file(
    source: Path | str,
    target: Path | str,
    settings: EqSettings,
    options: ApplyOptions = ApplyOptions(),  # frozen
    progress: Progress | None = None,
) -> Rendered:
    """Render ``source`` through ``settings`` into ``target``; the source is never touched."""
    source, target = Path(source), Path(target)
    with open_audio(source) as reader:
        read = reader.info
    info = checked_output(source, target, read, options)
    engine = choose_engine(settings, read.rate_hz, options.engine)
    notes = _unbuildable(settings, read.rate_hz)
    lufs_in = lufs_out = None
    if options.match_loudness:
        measured = _measure(source, settings.with_preamp(0.0), engine, _part(progress, 0, 2), options.follow)
        progress = _part(progress, 1, 2)
        preamp_db, note = _matching_gain_db(measured, info)
        lufs_in, lufs_out = measured.lufs_in, measured.lufs_out + preamp_db
        notes += [note] if note else []
    elif options.preamp_db is not None:
        preamp_db = options.preamp_db
    else:
        preamp_db = 0.0 if options.mode == "delta" else auto_preamp_db(settings.with_preamp(0.0), read.rate_hz)
    automatic = options.preamp_db is None
    used = settings.with_preamp(preamp_db)
    peaks = _render(source, target, info, used, engine, options, progress, refuse_clipping=automatic)
    if peaks.clipped and automatic:  # hot input: phase shifts raise peaks above what the curve alone tells
        lower_db = -20 * np.log10(peaks.peak_out) - _HEADROOM_DB
        notes.append(f"{-lower_db:.1f} dB of it because its peaks would clip")
        used = used.with_preamp(preamp_db + float(lower_db))
        lufs_out = None if lufs_out is None else lufs_out + float(lower_db)
        peaks = _render(source, target, info, used, engine, options, None, refuse_clipping=False)
    return Rendered(
        source=source,
        target=target,
        info=info,
        settings=used,
        engine=engine,
        mode=options.mode,
        dither=options.dither,
        follow=options.follow,
        peak_in=peaks.peak_in,
        peak_out=peaks.peak_out,
        clipped=peaks.clipped,
        automatic=automatic,
        lufs_in=lufs_in,
        lufs_out=lufs_out,
        notes=(*notes, *peaks.notes),
    )


def apply_pair(
    source: Path | str,
    targets: tuple[Path, Path],
    settings: EqSettings,
    options: ApplyOptions = ApplyOptions(),  # frozen
    progress: Progress | None = None,
) -> tuple[Rendered, Rendered]:
    """Write the original and the rendered version equally loud, so that louder cannot pass for better."""
    source = Path(source)
    with open_audio(source) as reader:
        info = reader.info
    for target in targets:
        checked_output(source, target, info, options)
    engine = choose_engine(settings, info.rate_hz, options.engine)
    measured = _measure(source, settings.with_preamp(0.0), engine, _part(progress, 0, 3), options.follow)
    gain_db, _ = _matching_gain_db(measured, None)
    rooms_db = [_room_db(measured.peak_in), _room_db(measured.peak_out) - gain_db]
    both_db = min(0.0, *rooms_db)
    versions = (settings.scaled(0.0).with_preamp(both_db), settings.with_preamp(gain_db + both_db))
    loudness = (measured.lufs_in + both_db, measured.lufs_out + gain_db + both_db)
    drafts = [target.with_name(f".semeq-{secrets.token_hex(6)}{target.suffix}") for target in targets]
    try:
        pair = []
        for number, (draft, version) in enumerate(zip(drafts, versions, strict=True)):
            fixed = replace(options, preamp_db=version.preamp_db, engine=engine)
            pair.append(apply_file(source, draft, version, fixed, _part(progress, number + 1, 3)))
        for draft, target in zip(drafts, targets, strict=True):  # both, or none
            draft.replace(target)
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)
    first, second = (
        replace(rendered, target=target, lufs_in=measured.lufs_in, lufs_out=lufs)
        for rendered, target, lufs in zip(pair, targets, loudness, strict=True)
    )
    return first, second


def _part(progress: Progress | None, number: int, passes: int) -> Progress | None:
    """One of several passes over the file, as its share of the whole."""
    return progress and (lambda done: progress((number + done) / passes))


def _unbuildable(settings: EqSettings, rate_hz: float) -> list[str]:
    """A note where bands lie beyond what the sample rate can hold."""
    beyond = [f"{band.freq_hz:.0f} Hz" for band in settings.bands if band.gain_db and band.freq_hz >= rate_hz / 2]
    return [f"{rate_hz:g} Hz holds no band at {', '.join(beyond)}: without it"] if beyond else []


def checked_output(
    source: Path, target: Path, read: AudioInfo, options: ApplyOptions, new_folder: Path | None = None
) -> AudioInfo:
    """What the target will hold, or an error before anything is written; ``new_folder`` will be there by then."""
    check_rate(read.rate_hz)
    if same_file(source, target):
        raise AudioError(f"{target}: that is the input; write to another name")
    if target.is_dir():
        raise AudioError(f"{target}: is a folder; name a file, such as {target / source.name}")
    if target.exists() and not options.overwrite:
        raise AudioError(f"{target}: exists; choose another name or use --force to replace it")
    if not target.parent.is_dir() and target.parent != new_folder:
        raise AudioError(f"{target.parent}: no such folder; make it first")
    return output_info(target, read, options.subtype)


# one pass over a file


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pass:
    peak_in: float
    peak_out: float
    clipped: int = 0
    lufs_in: float = 0.0
    lufs_out: float = 0.0
    notes: tuple[str, ...] = ()


def _render(
    source: Path,
    target: Path,
    info: AudioInfo,
    settings: EqSettings,
    engine: Engine,
    options: ApplyOptions,
    progress: Progress | None,
    *,
    refuse_clipping: bool,
) -> _Pass:
    """Write ``target``; with ``refuse_clipping`` a file that would clip is not kept."""
    peak_in = peak_out = 0.0
    tags = read_tags(source)
    rng = np.random.default_rng(_DITHER_SEED) if options.dither else None
    with open_audio(source) as reader:
        writer = create_audio(target, info, tags=tags, dither_rng=rng, overwrite=options.overwrite)
        try:
            with writer:
                with workers() as pool:
                    written: Future[None] | None = None
                    for block in filtered(
                        source, reader, settings, engine, options.mode, pool, progress, options.follow
                    ):
                        peak_in, peak_out = max(peak_in, block.peak_in), max(peak_out, block.peak_out)
                        if written is not None:
                            written.result()
                        written = pool.submit(writer.write, block.after)
                    if written is not None:
                        written.result()
                if writer.clipped and refuse_clipping:
                    raise _WouldClip
        except _WouldClip:
            return _Pass(peak_in=peak_in, peak_out=peak_out, clipped=writer.clipped)
    lost = tags.lost_in(info)
    notes = (f"tags that {info.container.upper()} cannot hold: {', '.join(lost)}",) if lost else ()
    return _Pass(peak_in=peak_in, peak_out=peak_out, clipped=writer.clipped, notes=notes)


class _WouldClip(Exception):  # noqa: N818  # a signal to our own caller, never seen outside
    pass


def _measure(
    source: Path, settings: EqSettings, engine: Engine, progress: Progress | None, follow: tuple[float, ...] = ()
) -> _Pass:
    """Loudness and peaks before and after, without writing."""
    with open_audio(source) as reader:
        meters = [LoudnessMeter(reader.info.rate_hz, reader.info.channels) for _ in range(2)]
        with workers() as pool:
            for block in filtered(source, reader, settings, engine, "eq", pool, progress, follow):
                parts = zip(meters, (block.before, block.after), strict=True)
                for job in [pool.submit(meter.update, part) for meter, part in parts]:
                    job.result()
    before_meter, after_meter = meters
    return _Pass(
        peak_in=before_meter.peak,
        peak_out=after_meter.peak,
        lufs_in=before_meter.integrated_lufs(),
        lufs_out=after_meter.integrated_lufs(),
    )


def _room_db(peak: float) -> float:
    """How far a peak is below full scale."""
    return float(-20 * np.log10(peak)) - _HEADROOM_DB if peak > 0 else np.inf


def _matching_gain_db(measured: _Pass, info: AudioInfo | None) -> tuple[float, str | None]:
    """The gain that restores the loudness of the input, less where an integer format would clip."""
    gain_db = measured.lufs_in - measured.lufs_out
    if not np.isfinite(gain_db):
        return 0.0, "silence: there is no loudness to match"
    gain_db = float(np.clip(gain_db, -PREAMP_LIMIT_DB, PREAMP_LIMIT_DB))
    room_db = np.inf if info is None or info.is_float else _room_db(measured.peak_out)
    if gain_db <= room_db:
        return gain_db, None
    return room_db, f"{gain_db - room_db:.1f} dB quieter than the input, because its peaks would clip"
