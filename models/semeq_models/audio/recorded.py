"""The audio bench on recordings: against "music", and against the other tracks of their folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semeq.artefact import load_model
from semeq.audio import open_audio
from semeq.errors import AudioError
from semeq.hearing.analysis import analysis_of, nameable
from semeq.hearing.encoder import AudioEncoder
from semeq.hearing.listening import listen
from semeq.hearing.longterm import Spectrum
from semeq.hearing.reference import load_reference, own_reference
from semeq.model import Word
from semeq.render import Samples
from semeq.response import Floats
from semeq_models.audio.figures import Figure, mean
from semeq_models.audio.sources import EQ_DB, Source, correction_db, heard_of, listened, oracle, with_word
from semeq_models.curves import level_free, rms_db
from semeq_models.errors import DataError
from semeq_models.synthesis.material import with_curve

RECORDED_S = 60.0
_BEST = 10


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Track:
    """What came out of one track: shares of EQs removed beside either reference, and what it is said to be."""

    removed: tuple[float, ...]
    removed_by_own: tuple[float, ...]
    false_db: float
    top: str
    bright: float
    tilt: float
    rose: tuple[bool, ...]


def recorded_figures(
    folders: Sequence[Path], curves: Floats, ears: AudioEncoder, eqs: int, rng: np.random.Generator
) -> list[Figure]:
    """The same on recordings, against "music" and against the other tracks of the folder; words, tilt, top words."""
    words = sorted(nameable(load_model().vocabulary("en").values()), key=lambda one: -one.agreement)[:_BEST]
    tracks: list[_Track] = []
    for folder in folders:
        pieces = list(_pieces(folder))
        heard = [heard_of(audio, rate_hz) for audio, rate_hz in pieces]
        for place, (audio, rate_hz) in enumerate(pieces):
            others = [one.spectrum for number, one in enumerate(heard) if number != place]
            source = Source(name=str(place), audio=audio, rate_hz=rate_hz, reference=load_reference("music"))
            tracks.append(_track(source, others, words, curves[rng.integers(len(curves), size=eqs)], ears))
    if not tracks:
        raise DataError("no recordings of a minute found; give folders that hold some")
    return _figures(tracks, f"{len(tracks)} tracks, {eqs} EQs each of {EQ_DB:g} dB", oracle(curves))


def _track(
    source: Source, others: Sequence[Spectrum], words: Sequence[Word], curves: Floats, ears: AudioEncoder
) -> _Track:
    general, here, model = source.reference, listened(source, ears), load_model()
    found = analysis_of(here, model)
    rose = []
    for word in words:
        after = analysis_of(with_word(source, ears, word, 0.7), model)
        rose.append(after.percent(word.name) > found.percent(word.name))
    own = own_reference(others, "own", general) if others else None
    removed: dict[str, list[float]] = {"music": [], "own": []}
    for curve in curves:
        bent = heard_of(with_curve(source.audio, curve, source.rate_hz), source.rate_hz)
        for reference in (general, own):
            if reference is not None:
                eq_db = correction_db(listen(bent, reference=reference, encoder=ears))
                removed[reference.name].append(1.0 - float(rms_db(level_free(curve + eq_db))) / EQ_DB)
    return _Track(
        removed=tuple(removed["music"]),
        removed_by_own=tuple(removed["own"]),
        false_db=float(rms_db(level_free(correction_db(here)))),
        top=found.known[0].word,
        bright=found.percent("bright"),
        tilt=found.tilt_db_per_octave,
        rose=tuple(rose),
    )


def _figures(tracks: Sequence[_Track], about: str, ceiling: float) -> list[Figure]:
    gains = [gain for one in tracks for gain in one.removed]
    by_own = [gain for one in tracks for gain in one.removed_by_own]
    better = [float(np.mean(one.removed) > 0) for one in tracks]
    false = [one.false_db for one in tracks]
    rises = np.mean([one.rose for one in tracks], axis=0)
    tops = [one.top for one in tracks]
    share = max(tops.count(word) for word in set(tops)) / len(tops)
    ranked = _ranked([one.bright for one in tracks], [one.tilt for one in tracks])
    figures = [mean("real: share removed, reference music", "", gains, about=about, ceiling=ceiling)]
    if by_own:
        figures.append(mean("real: share removed, own reference", ">= .45", by_own, about=about, ceiling=ceiling))
    return [
        *figures,
        mean("real: tracks better than doing nothing", ">= .85", better, about=about),
        mean("real: EQs better than doing nothing", "", [float(gain > 0) for gain in gains], about=about),
        mean("real: false correction, dB RMS", "<= 1.5", false, about=about),
        Figure(name="real: word rises after 70 % of it, worst word", bar=">= .95", value=float(rises.min())),
        Figure(
            name=f"real: words of the {_BEST} best that rise on 95 %", bar="all", value=float(np.mean(rises >= 0.95))
        ),
        Figure(
            name="real: share of the commonest top word", bar="<= .35", value=share, about=", ".join(sorted(set(tops)))
        ),
        Figure(name="real: rank correlation of bright with tilt", bar=">= .9", value=ranked),
    ]


def _pieces(folder: Path) -> Iterator[tuple[Samples, int]]:
    """A minute of every track in a folder, from a quarter of its length on."""
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        try:
            with open_audio(path) as reader:
                rate_hz = reader.info.rate_hz
                wanted = round(RECORDED_S * rate_hz)
                first = max(reader.info.frames - wanted, 0) // 4
                while first > 0 and (got := reader.read(min(first, 1 << 18)).shape[1]):
                    first -= got
                audio = np.asarray(reader.read(wanted), dtype=np.float32)
        except AudioError:
            continue
        if audio.shape[1] > wanted // 3 and float(np.std(audio)) > 1e-4:
            yield audio, rate_hz


def _ranked(one: Sequence[float], other: Sequence[float]) -> float:
    first, second = (np.argsort(np.argsort(values)) - (len(one) - 1) / 2 for values in (one, other))
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))
