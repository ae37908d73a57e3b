"""The bench of encoders that hear sound itself, kept for study: what they make of an EQ, and of the formula of old."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from semeq.artefact import load_model
from semeq.hearing.adaptive import traverse
from semeq.hearing.encoder import AudioEncoder
from semeq.hearing.longterm import BANDS_HZ
from semeq.latent import curves_of, decode
from semeq.response import Floats, response_db
from semeq_models.audio.figures import Figure, mean
from semeq_models.audio.sources import EQ_DB, Source, listened
from semeq_models.curves import level_free, rms_db
from semeq_models.synthesis.material import with_curve


def study_figures(
    kinds: Mapping[str, Sequence[Source]], curves: Floats, ears: AudioEncoder, eqs: int, rng: np.random.Generator
) -> list[Figure]:
    """Matching, level, and what the formula does at intensity 0; the other figures need a reference."""
    model = load_model(ears.space)
    word = model.vocabulary("en")["warm"].latent
    figures, moved, at_zero = [], 0.0, []
    for kind, sources in kinds.items():
        off, removed = [], []
        for source in sources:
            plain = listened(source, ears)
            at_zero.append(float(np.abs(response_db(traverse(word, 0.0, plain, model).settings, BANDS_HZ)).max()))
            quiet = listened(source, ears, source.audio * 10 ** (-26.0 / 20.0))
            pair = [level_free(curves_of(decode(model, one.place), BANDS_HZ)) for one in (plain, quiet)]
            moved = max(moved, float(np.abs(pair[0] - pair[1]).max()))
            for curve in curves[rng.integers(len(curves), size=eqs)]:
                bent = with_curve(source.audio, curve, source.rate_hz)
                seen = level_free(curves_of(decode(model, listened(source, ears, bent).place), BANDS_HZ))
                off.append(float(rms_db(seen - curve)))
                removed.append(1.0 - off[-1] / EQ_DB)
        about = f"{len(sources)} clips, {eqs} EQs each of {EQ_DB:g} dB"
        figures.append(mean(f"{kind}: matching error, dB (no model: {EQ_DB:g})", "", off, about=about))
        figures.append(mean(f"{kind}: share of the EQ removed by its opposite", "", removed, about=about))
    figures.append(Figure(name="change when 26 dB quieter, dB", bar="", value=moved))
    figures.append(mean("traverse at intensity 0: largest dB", "", at_zero))
    return figures
