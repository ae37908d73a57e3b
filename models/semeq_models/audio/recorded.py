"""The audio bench on recordings: against "music", and against the other tracks of their folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from semeq.artefact import load_model
from semeq.audio import open_audio
from semeq.errors import AudioError
from semeq.hearing.analysis import analysis_of, nameable
from semeq.hearing.encoder import AudioEncoder
from semeq.hearing.heard import hear
from semeq.hearing.reference import load_reference, own_reference
from semeq.render import Samples
from semeq.response import Floats
from semeq_models.audio.figures import Figure, mean
from semeq_models.audio.sources import EQ_DB, Source, correction_db, listened, oracle, with_word
from semeq_models.curves import level_free, rms_db
from semeq_models.errors import DataError
from semeq_models.synthesis.material import with_curve

RECORDED_S = 60.0


def recorded_figures(
    folders: Sequence[Path], curves: Floats, ears: AudioEncoder, eqs: int, rng: np.random.Generator
) -> list[Figure]:
    """The same on recordings, against "music" and against the other tracks of the folder; words, tilt, top words."""
    general, model = load_reference("music"), load_model()
    best = sorted(nameable(model.vocabulary("en").values()), key=lambda one: -one.agreement)[:10]
    removed: dict[str, list[float]] = {"music": [], "own": []}
    tracks: list[list[float]] = []
    false, rises, tops, brights, tilts = [], [], [], [], []
    rose: dict[str, list[bool]] = {word.name: [] for word in best}
    for folder in folders:
        pieces = list(_pieces(folder))
        heard = [hear(audio, rate_hz) for audio, rate_hz in pieces]
        for place, (audio, rate_hz) in enumerate(pieces):
            source = Source(name=str(place), audio=audio, rate_hz=rate_hz, reference=general)
            others = [one.spectrum for number, one in enumerate(heard) if number != place]
            own = replace(source, reference=own_reference(others, "own", general)) if others else None
            here = listened(source, ears)
            false.append(float(rms_db(level_free(correction_db(here)))))
            found = analysis_of(here, model)
            tops.append(found.known[0].word)
            brights.append(found.percent("bright"))
            tilts.append(found.tilt_db_per_octave)
            for word in best:
                after = analysis_of(with_word(source, ears, word, 0.7), model)
                rose[word.name].append(after.percent(word.name) > found.percent(word.name))
            gains = []
            for curve in curves[rng.integers(len(curves), size=eqs)]:
                bent = with_curve(audio, curve, rate_hz)
                for name, one in (("music", source), ("own", own)):
                    if one is not None:
                        eq_db = correction_db(listened(one, ears, bent))
                        gain = 1.0 - float(rms_db(level_free(curve + eq_db))) / EQ_DB
                        removed[name].append(gain)
                        gains += [gain] if name == "music" else []
            tracks.append(gains)
    if not tracks:
        raise DataError("no recordings of a minute found; give folders that hold some")
    rises = [float(np.mean(rose[word.name])) for word in best]
    about = f"{len(tracks)} tracks, {eqs} EQs each of {EQ_DB:g} dB"
    share = max(tops.count(word) for word in set(tops)) / len(tops)
    figures = [
        mean("real: share removed, reference music", "", removed["music"], about=about, ceiling=oracle(curves)),
        mean(
            "real: tracks better than doing nothing", ">= .85", [float(np.mean(one) > 0) for one in tracks], about=about
        ),
        mean("real: EQs better than doing nothing", "", [float(g > 0) for one in tracks for g in one], about=about),
        mean("real: false correction, dB RMS", "<= 1.5", false, about=about),
        Figure(name="real: word rises after 70 % of it, worst word", bar=">= .95", value=min(rises), about=about),
        Figure(
            name="real: words of the 10 best that rise on 95 %",
            bar="all",
            value=float(np.mean(np.array(rises) >= 0.95)),
        ),
        Figure(
            name="real: share of the commonest top word", bar="<= .35", value=share, about=", ".join(sorted(set(tops)))
        ),
        Figure(
            name="real: rank correlation of bright with tilt", bar=">= .9", value=_ranked(brights, tilts), about=about
        ),
    ]
    if removed["own"]:
        own_figure = mean(
            "real: share removed, own reference", ">= .45", removed["own"], about=about, ceiling=oracle(curves)
        )
        figures.insert(1, own_figure)
    return figures


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
