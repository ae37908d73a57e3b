"""The two-minute tour: a piece of music made here, said "warm", written, measured and drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semeq.apply import ApplyOptions, Rendered
from semeq.artefact import DEFAULT_MODEL
from semeq.audio import AudioInfo, create_audio
from semeq.errors import AudioError
from semeq.jobs import Wanted, blocks_of, carry_out, picture, wanted
from semeq.response import octave_centres_hz

RATE_HZ = 48_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Tour:
    """Everything the tour made; ``changes_db`` are measured on the audio, preamp taken out."""

    curve: Wanted
    rendered: Rendered
    changes_db: dict[float, float]
    pictures: tuple[Path, ...]


def tour(folder: Path, request: str = "warm", intensity: float = 0.7, *, overwrite: bool = False) -> Tour:
    """Make music, render it through ``request`` and draw both into ``folder``."""
    from semeq.demo import music
    from semeq.plot import plot_settings

    curve = wanted(request, intensity, model=DEFAULT_MODEL, language="en")
    name = re.sub(r"[^\w%]+", "-", request).strip("-")[:60] or "eq"
    source, target = folder / "music.wav", folder / f"music-{name}.wav"
    pictures = (folder / "curve.png", folder / "spectrum.png")
    for path in (source, target, *pictures) if not overwrite else ():
        if path.exists():
            raise AudioError(f"{path}: exists; use --force to replace it, or another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioError(f"{folder}: {error.strerror}; give a folder that can be written") from None
    samples = music(rate_hz=RATE_HZ)
    info = AudioInfo(
        container="wav", subtype="PCM_24", rate_hz=RATE_HZ, channels=samples.shape[0], frames=samples.shape[1]
    )
    with create_audio(source, info) as writer:
        writer.write(samples)
    (rendered,) = carry_out(source, (target,), curve, ApplyOptions(overwrite=True))
    plot_settings(curve.settings, pictures[0], title=request, subtitle=f"intensity {intensity:g}")
    picture(rendered, pictures[1], curve.title)
    return Tour(curve=curve, rendered=rendered, changes_db=measured_changes_db(rendered), pictures=pictures)


def measured_changes_db(rendered: Rendered) -> dict[float, float]:
    """Change in each octave band between the two files, without the preamp."""
    from semeq.spectrum import average_spectrum_db

    rate_hz = rendered.info.rate_hz
    freqs_hz, before_db = average_spectrum_db(blocks_of(rendered.source), rate_hz)
    _, after_db = average_spectrum_db(blocks_of(rendered.target), rate_hz)
    change_db = after_db - before_db - rendered.settings.preamp_db
    changes = {}
    for centre_hz in octave_centres_hz(rate_hz):
        inside = (freqs_hz >= centre_hz / np.sqrt(2)) & (freqs_hz <= centre_hz * np.sqrt(2))
        changes[centre_hz] = float(change_db[inside].mean())
    return changes
