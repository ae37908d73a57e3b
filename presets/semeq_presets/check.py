"""Play a preset through the program it is for, and measure how true it is."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semeq.response import RATE_HZ, Floats, response_db
from semeq.settings import EqSettings
from semeq_presets.errors import FormatError
from semeq_presets.export import bank_of, files_of, preset_of
from semeq_presets.plan import grid_hz, plan, played_db
from semeq_presets.table import FORMATS, Format

TRIAL = EqSettings.of((120, 300, 1500, 5000, 9000), (4.5, -3, 5, -6, -4), (0.7071, 1.4, 0.6, 3, 0.7071))
"""What a format is tried with: something of everything."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """Errors against the curve that was wanted, in dB, and the highest point that came out."""

    measured_db: float
    at_hz: float
    predicted_db: float
    highest_db: float


def checkable() -> tuple[str, ...]:
    """The formats that can be played here, where their programs are installed."""
    return tuple(name for name, form in FORMATS.items() if form.peer)


def check(
    settings: Sequence[EqSettings], form: Format, *, rate_hz: float = RATE_HZ, refit: bool = False
) -> list[Checked]:
    """Export the settings, play them through the real program, compare with what was wanted and predicted."""
    plans = [plan(one, form, rate_hz=rate_hz, refit=refit) for one in settings]
    presets = [preset_of(planned, f"p{number:04d}", "check") for number, planned in enumerate(plans)]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if form.peer == "lv2":
            files = dict(bank_of(form, presets, "bank"))
        else:
            files = {name: data for preset in presets for name, data in files_of(form, preset).items()}
        for name, data in files.items():
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_bytes(data)
        tops = sorted({place / name.partition("/")[0] for name in files})
        heard = play(form, tops, rate_hz, names=[preset.stem for preset in presets])
    results = []
    for planned, response in zip(plans, heard, strict=True):
        results.append(_compared(planned.wanted, planned.held, planned.error_db, response, rate_hz))
    return results


def check_file(path: Path, form: Format, settings: EqSettings, *, rate_hz: float = RATE_HZ) -> Checked:
    """Play a file as it is and compare with ``settings``, what it says."""
    at_hz = grid_hz(rate_hz)
    predicted = played_db(settings, form, at_hz, rate_hz) - response_db(settings, at_hz, rate_hz)
    (response,) = play(form, [path], rate_hz, names=[""])
    return _compared(settings, settings, float(np.abs(predicted).max()), response, rate_hz)


def _compared(wanted: EqSettings, held: EqSettings, predicted_db: float, response: Floats, rate_hz: float) -> Checked:
    from semeq_presets.peers.measure import curve_db

    at_hz = grid_hz(rate_hz)
    got = curve_db(response, at_hz, rate_hz) - held.preamp_db
    error = np.abs(got - response_db(wanted.with_preamp(0.0), at_hz, rate_hz))
    everywhere = np.concatenate([[0.0], np.geomspace(5.0, 0.5 * rate_hz, 4000)])
    return Checked(
        measured_db=float(error.max()),
        at_hz=float(at_hz[int(error.argmax())]),
        predicted_db=predicted_db,
        highest_db=float(curve_db(response, everywhere, rate_hz).max()),
    )


def play(form: Format, paths: Sequence[Path], rate_hz: float, *, names: Sequence[str]) -> list[Floats]:
    """Impulse responses from the real program; for LV2 the one bundle holds all ``names``."""
    match form.peer:
        case "lv2":
            from semeq_presets.formats.lv2 import PLUGINS
            from semeq_presets.peers import lv2

            bundle = paths[0] if paths[0].is_dir() else paths[0].parent
            heard = lv2.played(bundle, rate_hz)
            first = PLUGINS[form.name].uris[0]
            stereo = sorted(name for name, uri in lv2.preset_plugins(bundle).items() if uri == first)
            return [heard[name] for name in stereo or sorted(heard)][: len(names)]
        case "ffmpeg" | "mpv" | "sox" | "ir-wav":
            from semeq_presets.peers import chains

            return [chains.played(form.peer, path, rate_hz) for path in paths]
        case "pipewire":
            from semeq_presets.peers import session

            _only_48k(form, rate_hz)
            return session.pipewire_played([(_node_in(path.read_bytes()), path.read_bytes()) for path in paths])
        case "easyeffects":
            from semeq_presets.peers import session

            _only_48k(form, rate_hz)
            return session.easyeffects_played([path.read_bytes() for path in paths])
    raise FormatError(f"{form.name} cannot be played here; these can: {', '.join(checkable())}")


def _only_48k(form: Format, rate_hz: float) -> None:
    if rate_hz != RATE_HZ:
        raise FormatError(f"{form.name} is checked at {RATE_HZ:g} Hz; leave out --rate")


def _node_in(data: bytes) -> str:
    import re

    found = re.search(rb'node\.name\s*=\s*"effect_input\.([^"]{1,300})"', data)
    if found is None:
        raise FormatError('no node "effect_input. ..." in it; give a file that semeq-presets export wrote')
    return found[1].decode("utf-8", "replace")
