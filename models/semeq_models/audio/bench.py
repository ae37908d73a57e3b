"""The bench of what listens: adaptive EQ, matching and balance, on made material and on recordings it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from semeq.artefact import load_model
from semeq.hearing.adaptive import adapt
from semeq.hearing.balance import balance_of
from semeq.hearing.encoder import AudioEncoder
from semeq.hearing.longterm import BANDS_HZ
from semeq.hearing.reference import load_reference
from semeq.latent import curves_of, decode, encode_curves
from semeq.response import Floats, response_db
from semeq_models.audio.cost import cost_figure
from semeq_models.audio.figures import Figure, mean
from semeq_models.audio.recorded import recorded_figures
from semeq_models.audio.recordings import check_folders
from semeq_models.audio.sources import EQ_DB, Source, correction_db, listened, with_word
from semeq_models.audio.study import study_figures
from semeq_models.audio.train import train_audio
from semeq_models.bench.trial import splits_of
from semeq_models.cleaning import Contribution, Corpus
from semeq_models.curves import cosine, level_free, rms_db, unit
from semeq_models.errors import DataError
from semeq_models.synthesis.material import makers, with_curve
from semeq_models.synthesis.music import SPREAD_DB, typical_db
from semeq_models.systems import Spec, spec_named

RATE_HZ, DUR_S = 44_100, 8.0
WORDS = ("warm", "bright", "airy", "muffled", "crisp")
AMOUNTS = np.linspace(-0.5, 1.5, 9)
_FOLDS = 5

Say = Callable[[str], None]


def evaluate_audio(
    judged: Spec | str | AudioEncoder,
    corpus: Corpus,
    *,
    recordings: Sequence[Path] = (),
    clips: int = 16,
    eqs: int = 6,
    seed: int = 0,
    say: Say = lambda _text: None,
) -> list[Figure]:
    """Every figure; each folder of ``recordings`` is one album or artist, and nothing in it was learnt from.

    A system is trained anew without a fifth of the contributors, and the EQs are theirs. A finished encoder is judged
    as it is, on the EQs of all: that is honest only for rows it has never seen.

    >>> from semeq.hearing.encoder import load_encoder
    >>> from semeq_models.made_up import made_up_corpus
    >>> figures = evaluate_audio(load_encoder("audio-cnn"), made_up_corpus(), clips=1, eqs=1)
    >>> figures[0].name
    'music-like: matching error, dB (no model: 4.4)'
    """
    check_folders(recordings)
    rng = np.random.default_rng(seed)
    if isinstance(judged, AudioEncoder):
        ears, said = judged, corpus.contributions
    else:
        spec = spec_named(judged) if isinstance(judged, str) else judged
        split = splits_of(corpus, _FOLDS, seed, 1)[0]
        said = (*split.english.test, *split.spanish.test)
        say("training without a fifth of the people ...")
        ears = train_audio(spec, split.training(corpus)).model
    curves = eq_curves(said)
    say("made material ...")
    music, pink = _made(rng, clips)
    if ears.hears == "mel":
        return study_figures({"music-like": music, "pink": pink}, curves, ears, eqs, rng)
    figures = [*_laws(music[:4], ears), *_adaptivity([*music[:6], *pink[:2]], ears)]
    for kind, sources, match_bar, bar, false_bar in (
        ("music-like", music, "<= 2.7", ">= .36", "<= 1.8"),
        ("pink", pink, "<= 1.5", ">= .60", ""),
    ):
        figures += _matching(kind, sources, curves, ears, eqs, rng, match_bar, bar, false_bar)
    figures.append(cost_figure(rng))
    if recordings:
        say("recordings ...")
        figures += recorded_figures(recordings, curves, ears, eqs, rng)
    return figures


def eq_curves(said: Sequence[Contribution]) -> Floats:
    """Level-free curves of people's settings with an RMS of 4.4 dB, nearly flat ones left out: ``[R, bands]``."""
    rows = [row for row in said if row.settings]
    if not rows:
        raise DataError("the audio bench draws EQs from SAFE-DB; give --data or --safe")
    curves = level_free(curves_of([row.settings for row in rows], BANDS_HZ))
    return EQ_DB * unit(curves[rms_db(curves) > 0.5])


def _made(rng: np.random.Generator, clips: int) -> tuple[list[Source], list[Source]]:
    general = load_reference("music")
    share = SPREAD_DB / general.spread_db
    recipe = replace(
        general,
        name="recipe",
        about="how the mixes are made",
        mean_db=typical_db(),
        spread_db=SPREAD_DB,
        covariance=general.covariance * share**2,
        usual_db=general.usual_db * share,
    )
    kinds = makers(SPREAD_DB)
    music = [
        Source(name=f"music {n}", audio=kinds["music"](rng, RATE_HZ, DUR_S)[0], rate_hz=RATE_HZ, reference=recipe)
        for n in range(clips)
    ]
    noise = load_reference("pink")
    pink = [
        Source(name=f"pink {n}", audio=kinds["pink"](rng, RATE_HZ, DUR_S)[0], rate_hz=RATE_HZ, reference=noise)
        for n in range(max(clips // 4, 2))
    ]
    return music, pink


def _laws(sources: Sequence[Source], ears: AudioEncoder) -> Iterator[Figure]:
    """Flat at 0; the same however loud, whichever channel is left."""
    word = load_model().vocabulary("en")["warm"].settings
    flat, moved = 0.0, 0.0
    for source in sources:
        here = listened(source, ears)
        flat = max(flat, *map(abs, adapt(word, 0.0, here).settings.gains_db))
        curve = response_db(adapt(word, 1.0, here).settings, BANDS_HZ)
        for other in (source.audio * 10 ** (-26.0 / 20.0), source.audio[::-1]):
            again = response_db(adapt(word, 1.0, listened(source, ears, other)).settings, BANDS_HZ)
            moved = max(moved, float(np.abs(again - curve).max()))
    yield Figure(name="EQ at intensity 0, with audio: largest dB", bar="0", value=flat)
    yield Figure(name="change when 26 dB quieter or channels swapped, dB", bar="<= .01", value=moved)


def _adaptivity(sources: Sequence[Source], ears: AudioEncoder) -> list[Figure]:
    """Five words on every source, with -0.5 to 1.5 of the word there already."""
    slopes, left, ratios, over = [], [], [], []
    vocabulary = load_model().vocabulary("en")
    for source in sources:
        for name in WORDS:
            word = vocabulary[name]
            curve = level_free(response_db(word.settings, BANDS_HZ))
            shares = np.array([adapt(word.settings, 1.0, with_word(source, ears, word, a)).share for a in AMOUNTS])
            slopes.append((source.name, float(np.polyfit(AMOUNTS, shares, 1)[0])))
            left.append(float(np.interp(1.0, AMOUNTS, shares)))
            strength = float(rms_db(curve))
            ratios.append((strength * np.abs(AMOUNTS + shares - 1.0).sum(), strength * np.abs(AMOUNTS - 1.0).sum()))
            over.append(float(np.mean(np.maximum(AMOUNTS + shares - np.maximum(AMOUNTS, 1.0), 0.0))))
    inverted = {name for name, _ in slopes if np.mean([slope for source, slope in slopes if source == name]) >= 0}
    after, before = np.sum(ratios, axis=0)
    about = f"{len(WORDS)} words, {len(sources)} sources, {len(AMOUNTS)} amounts"
    return [
        mean("slope of the boost against what is there", "<= -.52", [slope for _, slope in slopes], about=about),
        Figure(name="sources with an inverted slope", bar="0", value=float(len(inverted)), about=about),
        mean("EQ left when it is there already", "<= .45", left, about=about),
        mean("overshoot", "<= .25", over, about=about),
        Figure(name="distance to the target, after / before", bar="<= .62", value=float(after / before), about=about),
    ]


def _matching(
    kind: str,
    sources: Sequence[Source],
    curves: Floats,
    ears: AudioEncoder,
    eqs: int,
    rng: np.random.Generator,
    match_bar: str,
    bar: str,
    false_bar: str,
) -> list[Figure]:
    """How near the EQ is seen, how much of it is taken back, and what is done where there is none."""
    model = load_model()
    off, removed, words, oracle, false = [], [], [], [], []
    for source in sources:
        false.append(float(rms_db(level_free(correction_db(listened(source, ears))))))
        for curve in curves[rng.integers(len(curves), size=eqs)]:
            here = listened(source, ears, with_curve(source.audio, curve, source.rate_hz))
            seen = level_free(curves_of(decode(model, here.place), BANDS_HZ))
            off.append(float(rms_db(seen - curve)))
            found = balance_of(here)
            removed.append(1.0 - float(rms_db(level_free(curve + response_db(found.settings, BANDS_HZ)))) / EQ_DB)
            if found.try_:
                words.append(float(cosine(_said(found.request), curve)))
            best = decode(model, encode_curves(model, -curve))
            oracle.append(1.0 - float(rms_db(level_free(curve + curves_of(best, BANDS_HZ)))) / EQ_DB)
    about = f"{len(sources)} clips, {eqs} EQs each of {EQ_DB:g} dB"
    top = float(np.mean(oracle))
    missed = EQ_DB * (1.0 - top)
    figures = [
        mean(f"{kind}: matching error, dB (no model: {EQ_DB:g})", match_bar, off, about=about, ceiling=missed),
        mean(f"{kind}: share of the EQ removed", bar, removed, about=about, ceiling=top),
        mean(f"{kind}: better than doing nothing", "", [float(one > 0) for one in removed], about=about),
        mean(f"{kind}: false correction, dB RMS", false_bar, false, about=about),
    ]
    if words:
        figures.append(mean(f"{kind}: cosine of the words to try with the EQ", "<= -.65", words, about=about))
    return figures


def _said(request: str) -> Floats:
    from semeq.suggest import eq

    return level_free(response_db(eq(request), BANDS_HZ))
