"""A programme beside a reference: how they differ, what EQ the programme seems to have, and how far to trust that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from semeq.audio.info import SUFFIXES
from semeq.errors import AudioError, ModelError, UsageError
from semeq.hearing.course import same_piece
from semeq.hearing.encoder import DEFAULT_ENCODER, AudioEncoder, load_encoder
from semeq.hearing.heard import Audio, Heard, hear
from semeq.hearing.longterm import BANDS_HZ, SILENCE_DB, Spectrum
from semeq.hearing.reference import (
    DEFAULT_REFERENCE,
    STEADY_DB,
    Reference,
    before,
    load_reference,
    own_reference,
    references,
)
from semeq.model import Model
from semeq.response import Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tracks:
    """Tracks of the user's own, heard; what reference they are depends on what is put beside them."""

    name: str
    heard: tuple[Heard, ...] = field(repr=False)

    def beside(self, heard: Heard) -> tuple[Reference, tuple[str, ...]]:
        """The reference for one programme, and what to know about it.

        One track that is the same piece is what it was before; of several, those are left out.
        """
        general = load_reference("music")
        others = [one for one in self.heard if not same_piece(one.spectrum.course, heard.spectrum.course)]
        if others:
            found = own_reference([one.spectrum for one in others], self.name, general)
            left = len(self.heard) - len(others)
            same = f"reference {self.name}: {left} of its {len(self.heard)} tracks left out, the same piece as this"
            return found, (*self._doubts(others), *([same] if left else []))
        alone, *versions = self.heard
        if versions:
            raise UsageError(
                f"reference {self.name}: holds nothing but {heard.name or 'this audio'} itself, or versions of it; "
                "give other tracks, or one file: what it was before"
            )
        itself = np.array_equal(alone.spectrum.levels_db, heard.spectrum.levels_db)
        notes = (f"reference {self.name} is this track itself: nothing can differ",) if itself else ()
        return before(alone.spectrum, self.name, general), notes

    def _doubts(self, others: Sequence[Heard]) -> list[str]:
        sound_s = sum(one.spectrum.loud_s for one in others)
        return [f"reference {self.name}: only {sound_s:.1f} s of sound in it"] if sound_s < _SHORT_S else []


ReferenceLike = str | Path | Reference | Tracks
_HALF_TRUST_S, _SHORT_S = 0.5, 3.0  # of loud sound
_FEWEST_BANDS, _ENOUGH_BANDS = 20, 30
_TRUSTED = (0.3, 0.7)
_STEADY_S = 1.5
_COLOURED_DB = (5.0, 7.0)
_FULL_DBFS, _CLIPPED_CREST_DB = -0.1, 6.0
_MOST_FILES = 2000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Listened:
    """``deviation_db`` is how the programme differs from the reference; ``place`` the EQ that it seems to have.

    ``trust`` falls from 1 to 0 as there is less to hear: a click, a tone, a telephone; both are made smaller by it.
    ``measured_db`` is the difference as measured, however short the programme; less where few bands hold anything.
    """

    heard: Heard
    reference: Reference
    encoder: AudioEncoder = field(repr=False)
    deviation_db: Floats = field(repr=False)
    measured_db: Floats = field(repr=False)
    place: Floats = field(repr=False)
    trust: float
    notes: tuple[str, ...]

    def response_to(self, curve_db: Floats, curve_place: Floats) -> float:
        """How much of one more curve the encoder would see here, from 0 to 1: it is cautious where music varies."""
        spread = self.reference.spread_db
        more, less = self.encoder.place(self.deviation_db + np.stack([curve_db, -curve_db]) / 2.0, spread)
        return float((more - less) @ curve_place / max(float(curve_place @ curve_place), 1e-12))


def listen(
    audio: Audio | Heard,
    rate_hz: float | None = None,
    reference: ReferenceLike = DEFAULT_REFERENCE,
    *,
    encoder: AudioEncoder | None = None,
) -> Listened:
    """Listen to audio and compare it with a reference."""
    found = find_reference(reference)
    heard = audio if isinstance(audio, Heard) else hear(audio, rate_hz)
    encoder = encoder or load_encoder(DEFAULT_ENCODER)
    chosen, known = found.beside(heard) if isinstance(found, Tracks) else (found, ())
    chosen, deviation, trust, said = judged(heard.spectrum, chosen)
    notes = [*known, *said]
    notes += [said for said in (_doubt(heard), _clipping(heard)) if said is not None]
    place = np.zeros(encoder.network.outputs)
    if trust and encoder.hears == "mel":
        place = trust * _heard_itself(audio, rate_hz, encoder)
    elif trust:
        place = trust * encoder.place(deviation, chosen.spread_db)
    return Listened(
        heard=heard,
        reference=chosen,
        encoder=encoder,
        deviation_db=trust * deviation,
        measured_db=_trust_of_bands(heard.spectrum) * deviation,
        place=place,
        trust=trust,
        notes=tuple(notes),
    )


def judged(spectrum: Spectrum, reference: Reference) -> tuple[Reference, Floats, float, tuple[str, ...]]:
    """What a spectrum is compared with after all, how it differs, how far to trust that, what to know about it."""
    if not (is_steady(spectrum) and reference.name in ("music", "speech")):
        return reference, reference.deviation_db(spectrum), _trust(spectrum), ()
    pink = load_reference("pink")
    deviation = pink.deviation_db(spectrum)
    trust = _trust(spectrum) * _trust_of_colour(deviation)
    notes = ["steady noise, neither music nor speech: compared with pink noise"]
    if not trust:
        notes.append("too far from pink to be pink noise with an EQ: not judged")
    return pink, deviation, trust, tuple(notes)


def _heard_itself(audio: Audio | Heard, rate_hz: float | None, encoder: AudioEncoder) -> Floats:
    """The mean place of some windows of the sound."""
    from semeq.hearing.windows import mel_windows

    if isinstance(audio, Heard):
        raise UsageError(f"{encoder.name} hears sound itself: give the samples or the file")
    return np.asarray(encoder.network(mel_windows(audio, rate_hz)).mean(axis=0))


def find_reference(reference: ReferenceLike) -> Reference | Tracks:
    """A reference by name, or the user's tracks in a file or a folder."""
    if isinstance(reference, Reference | Tracks):
        return reference
    if isinstance(reference, str) and reference in references():
        return load_reference(reference)
    path = Path(reference)
    if not path.exists():
        known = ", ".join(references())
        raise UsageError(f"no reference {str(reference)!r}; choose {known}, or give a file or a folder of your tracks")
    heard = tuple(_heard_in(path, one) for one in _tracks(path))
    if not any(one.spectrum.heard.any() for one in heard):
        raise UsageError(f"reference {path.name}: nothing to hear in it; give tracks with sound")
    return Tracks(name=path.name, heard=heard)


def _heard_in(reference: Path, track: Path) -> Heard:
    try:
        return hear(track)
    except AudioError as error:
        raise AudioError(f"reference {reference}: {error}") from None


def _tracks(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    found = sorted(one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES and one.is_file())
    if not found:
        raise UsageError(f"{path}: no audio files in it; give a folder of your tracks")
    if len(found) > _MOST_FILES:
        raise UsageError(f"{path}: {len(found)} audio files; give a folder of at most {_MOST_FILES}")
    return found


def is_steady(spectrum: Spectrum) -> bool:
    """Whether no band moves more than noise does, for long enough to tell."""
    moving = spectrum.flutter_db[spectrum.heard]
    lasting = spectrum.loud_s >= _STEADY_S and len(moving) >= _ENOUGH_BANDS
    return lasting and float(moving.mean()) < STEADY_DB


def checked_space(encoder: AudioEncoder, model: Model) -> None:
    """Refuse an encoder that leads elsewhere than the model's latent space."""
    if encoder.space != model.name:
        raise ModelError(f"{encoder.name} leads into the space of {encoder.space}, not of {model.name}")


def sure(trust: float) -> float:
    """How far to act on so much trust: not at all on a click or a fifth of a second, fully on a piece."""
    little, enough = _TRUSTED
    return smooth((trust - little) / (enough - little))


def smooth(share: float) -> float:
    """From 0 to 1 without a corner."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)


def _trust(spectrum: Spectrum) -> float:
    return _trust_of_bands(spectrum) * spectrum.loud_s / (spectrum.loud_s + _HALF_TRUST_S)


def _trust_of_colour(deviation_db: Floats) -> float:
    """Full as far from pink as an EQ takes noise, none where it must be noise of another colour."""
    near, far = _COLOURED_DB
    return float(np.clip((far - np.std(deviation_db)) / (far - near), 0.0, 1.0))


def _trust_of_bands(spectrum: Spectrum) -> float:
    return float(np.clip((spectrum.heard.sum() - _FEWEST_BANDS) / (_ENOUGH_BANDS - _FEWEST_BANDS), 0.0, 1.0))


def _doubt(heard: Heard) -> str | None:
    """What the user should know about how little there was to hear."""
    spectrum = heard.spectrum
    if not spectrum.loud_s:
        silent = heard.levels.peak_dbfs < SILENCE_DB
        return "silence: nothing to hear" if silent else f"{1000 * heard.dur_s:.3g} ms: too short to hear anything in"
    count = int(spectrum.heard.sum())
    if count <= _FEWEST_BANDS:
        return f"sound in {count} of {len(BANDS_HZ)} bands only: too little to judge"
    if spectrum.loud_s < _SHORT_S:
        return f"only {spectrum.loud_s:.1f} s of sound: hardly enough to judge"
    if not spectrum.heard[-4:].any():
        top = BANDS_HZ[spectrum.heard].max()
        return f"nothing to hear above {top / 1000:.1f} kHz (a cut, not a colour): judged by what is below"
    return None


def _clipping(heard: Heard) -> str | None:
    levels = heard.levels
    if levels.peak_dbfs > _FULL_DBFS and levels.crest_db < _CLIPPED_CREST_DB:
        return f"clipped or limited hard (crest {levels.crest_db:.1f} dB at full scale): an EQ cannot undo that"
    return None
