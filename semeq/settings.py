"""The 13 numbers: a five-band EQ as a frozen value, and its forms as vector, dict, JSON and text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar, get_args

from semeq.errors import SettingsError

Kind = Literal["low_shelf", "bell", "high_shelf"]
LAYOUT: tuple[Kind, ...] = ("low_shelf", "bell", "bell", "bell", "high_shelf")
KINDS: tuple[Kind, ...] = get_args(Kind)

GAIN_LIMIT_DB = 12.0
MIN_FREQ_HZ, MAX_FREQ_HZ = 20.0, 20_000.0
MIN_Q, MAX_Q = 0.1, 10.0
PREAMP_LIMIT_DB = 60.0
SHELF_Q = 0.7071
FLAT_FREQS_HZ = (100.0, 300.0, 1000.0, 3000.0, 8000.0)

FORMAT = "semeq.settings/1"

_SHOWN_CHARS = 60
_Item = TypeVar("_Item")


def shown(value: object) -> str:
    """``value`` as one short line for an error message."""
    text = f"{value:g}" if isinstance(value, float) else " ".join(repr(value).split())
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 3]}..."


def number_or_nan(value: object) -> float:
    """``value`` as a float; NaN, which no range holds, where it is no number (text is none)."""
    try:
        return math.nan if isinstance(value, (str, bytes)) else float(value)  # type: ignore[arg-type]  # that is checked
    except (TypeError, ValueError, OverflowError):
        return math.nan


def checked_settings(settings: object) -> EqSettings:
    """``settings`` as they are, or an error that says what they must be."""
    if not isinstance(settings, EqSettings):
        raise SettingsError(f"settings {shown(settings)}: use EqSettings, such as semeq.eq('warm') gives")
    return settings


def _checked(name: str, value: object, low: float, high: float, unit: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        try:
            value = float(value)  # type: ignore[arg-type]  # numpy scalars and the like
        except (TypeError, ValueError, OverflowError):
            raise SettingsError(f"{name}={shown(value)}: use a number from {low:g} to {high:g}{unit}") from None
    if not low <= value <= high:  # also refuses NaN
        raise SettingsError(f"{name}={shown(value)}: use {low:g} to {high:g}{unit}")
    return float(value) + 0.0  # -0.0 becomes 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class EqBand:
    """One filter of the Audio EQ Cookbook; ``q`` means the same for shelves and bells.

    >>> EqBand(kind="low_shelf", freq_hz=120, gain_db=3.2)
    EqBand(kind='low_shelf', freq_hz=120.0, gain_db=3.2, q=0.7071)
    """

    kind: Kind
    freq_hz: float
    gain_db: float
    q: float = SHELF_Q

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SettingsError(f"kind={self.kind!r}: use one of {', '.join(KINDS)}")
        set_field = object.__setattr__
        set_field(self, "freq_hz", _checked("freq_hz", self.freq_hz, MIN_FREQ_HZ, MAX_FREQ_HZ, " Hz"))
        set_field(self, "gain_db", _checked("gain_db", self.gain_db, -GAIN_LIMIT_DB, GAIN_LIMIT_DB, " dB"))
        set_field(self, "q", _checked("q", self.q, MIN_Q, MAX_Q, ""))

    def __str__(self) -> str:
        text = f"{self.gain_db:+.1f} dB {self.kind.replace('_', ' ')} at {_hz_text(self.freq_hz)}"
        if self.kind == "bell" or self.q != SHELF_Q:
            text += f", Q {self.q:.3g}"
        return text


def _hz_text(freq_hz: float) -> str:
    return f"{freq_hz:.0f} Hz" if freq_hz >= 100 else f"{freq_hz:.1f} Hz".replace(".0 Hz", " Hz")


@dataclass(frozen=True, kw_only=True, slots=True)
class EqSettings:
    """Five bands (low shelf, three bells, high shelf) and a preamp.

    >>> flat = EqSettings.flat()
    >>> flat.with_gain(1, 3.0).scaled(0.5).bands[0].gain_db
    1.5
    """

    bands: tuple[EqBand, ...]
    preamp_db: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "bands", _row("bands", self.bands))
        if tuple(getattr(band, "kind", None) for band in self.bands) != LAYOUT:
            raise SettingsError(f"bands: use five in this order: {', '.join(LAYOUT)}")
        preamp_db = _checked("preamp_db", self.preamp_db, -PREAMP_LIMIT_DB, PREAMP_LIMIT_DB, " dB")
        object.__setattr__(self, "preamp_db", preamp_db)

    @classmethod
    def flat(cls) -> EqSettings:
        """Five bands that do nothing."""
        return cls.of(FLAT_FREQS_HZ, (0.0,) * 5)

    @classmethod
    def of(
        cls,
        freqs_hz: Sequence[float],
        gains_db: Sequence[float],
        qs: Sequence[float] = (SHELF_Q, 1.0, 1.0, 1.0, SHELF_Q),
        preamp_db: float = 0.0,
    ) -> EqSettings:
        """Five bands from three rows of five numbers.

        >>> EqSettings.of((100, 300, 1000, 3000, 8000), (3, 0, 0, 0, -2)).gains_db
        (3.0, 0.0, 0.0, 0.0, -2.0)
        """
        freqs_hz, gains_db, qs = _row("freqs_hz", freqs_hz), _row("gains_db", gains_db), _row("qs", qs)
        if not len(freqs_hz) == len(gains_db) == len(qs) == len(LAYOUT):
            raise SettingsError(
                f"freqs_hz, gains_db, qs: use {len(LAYOUT)} numbers each, "
                f"not {len(freqs_hz)}, {len(gains_db)} and {len(qs)}"
            )
        rows = zip(LAYOUT, freqs_hz, gains_db, qs, strict=True)
        bands = tuple(EqBand(kind=kind, freq_hz=freq, gain_db=gain, q=q) for kind, freq, gain, q in rows)
        return cls(bands=bands, preamp_db=preamp_db)

    @property
    def gains_db(self) -> tuple[float, ...]:
        """The five gains."""
        return tuple(band.gain_db for band in self.bands)

    @property
    def freqs_hz(self) -> tuple[float, ...]:
        """The five frequencies."""
        return tuple(band.freq_hz for band in self.bands)

    @property
    def qs(self) -> tuple[float, ...]:
        """The five Q values."""
        return tuple(band.q for band in self.bands)

    @property
    def is_flat(self) -> bool:
        """True where nothing would change: every gain and the preamp are exactly zero."""
        return not any(self.gains_db) and self.preamp_db == 0.0

    # change returns a new value

    def with_preamp(self, preamp_db: float) -> EqSettings:
        """The same bands behind another preamp."""
        return replace(self, preamp_db=preamp_db)

    def with_gain(self, number: int, gain_db: float) -> EqSettings:
        """Band ``number`` (1 to 5) at another gain."""
        if number not in range(1, len(LAYOUT) + 1):
            raise SettingsError(f"band {number}: use 1 to {len(LAYOUT)}")
        bands = list(self.bands)
        place = int(number) - 1
        bands[place] = replace(bands[place], gain_db=gain_db)
        return replace(self, bands=tuple(bands))

    def scaled(self, factor: float) -> EqSettings:
        """Every gain times ``factor``; where one band meets ±12 dB all five stop growing, so the shape stays.

        >>> EqSettings.flat().with_gain(1, 6.0).with_gain(5, -3.0).scaled(10).gains_db
        (12.0, 0.0, 0.0, 0.0, -6.0)
        """
        factor = _checked("factor", factor, -1e6, 1e6, "")
        most_db = max(map(abs, self.gains_db))
        if most_db * abs(factor) > GAIN_LIMIT_DB:
            factor = math.copysign(GAIN_LIMIT_DB / most_db, factor)
        gains_db = [max(-GAIN_LIMIT_DB, min(GAIN_LIMIT_DB, gain * factor)) for gain in self.gains_db]
        return EqSettings.of(self.freqs_hz, gains_db, self.qs, self.preamp_db)

    def inverted(self) -> EqSettings:
        """The opposite curve: every gain changes sign, and the preamp too.

        >>> EqSettings.flat().with_gain(2, 4.0).inverted().gains_db
        (0.0, -4.0, 0.0, 0.0, 0.0)
        """
        return EqSettings.of(self.freqs_hz, [-gain for gain in self.gains_db], self.qs, -self.preamp_db)

    # other forms

    def to_vector(self) -> list[float]:
        """The 13 numbers in SAFE-DB order: gain, Hz of the low shelf; gain, Hz, Q of each bell; gain, Hz of the high.

        Shelf Q and preamp are not part of it.
        """
        vector: list[float] = []
        for band in self.bands:
            vector += [band.gain_db, band.freq_hz, *([band.q] if band.kind == "bell" else [])]
        return vector

    @classmethod
    def from_vector(cls, vector: Iterable[float], *, clamp: bool = False) -> EqSettings:
        """Read the 13 numbers; with ``clamp`` values outside the legal range move to its edge.

        >>> EqSettings.from_vector(EqSettings.flat().to_vector()) == EqSettings.flat()
        True
        """
        numbers = _row("vector", vector)
        if len(numbers) != 13:
            raise SettingsError(f"{len(numbers)} numbers: a settings vector has 13, in SAFE-DB order")
        if clamp and not all(math.isfinite(number_or_nan(number)) for number in numbers):
            raise SettingsError("a settings vector must be finite numbers; it holds NaN, infinity or no number")
        columns: Iterator[float] = iter(numbers)
        bands = []
        for kind in LAYOUT:
            gain_db, freq_hz = next(columns), next(columns)
            q = next(columns) if kind == "bell" else SHELF_Q
            if clamp:
                gain_db = min(max(gain_db, -GAIN_LIMIT_DB), GAIN_LIMIT_DB)
                freq_hz = min(max(freq_hz, MIN_FREQ_HZ), MAX_FREQ_HZ)
                q = min(max(q, MIN_Q), MAX_Q)
            bands.append(EqBand(kind=kind, freq_hz=freq_hz, gain_db=gain_db, q=q))
        return cls(bands=tuple(bands))

    def to_dict(self) -> dict[str, Any]:
        """A plain dict that `from_dict` and `semeq.schema` accept."""
        bands = [
            {"kind": band.kind, "freq_hz": band.freq_hz, "gain_db": band.gain_db, "q": band.q} for band in self.bands
        ]
        return {"format": FORMAT, "preamp_db": self.preamp_db, "bands": bands}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> EqSettings:
        """Read what `to_dict` wrote; unknown keys are refused by name."""
        _check_keys(data, {"format", "preamp_db", "bands"}, "settings")
        if data.get("format", FORMAT) != FORMAT:
            raise SettingsError(f"format {data['format']!r}: this semeq reads {FORMAT!r}; update semeq")
        rows = data.get("bands")
        if not isinstance(rows, Sequence) or isinstance(rows, str):
            raise SettingsError("bands: use a list of five bands")
        bands = []
        for number, row in enumerate(rows, 1):
            _check_keys(row, {"kind", "freq_hz", "gain_db", "q"}, f"band {number}")
            if missing := {"kind", "freq_hz", "gain_db"} - set(row):
                raise SettingsError(f"band {number}: {', '.join(sorted(missing))} missing")
            bands.append(EqBand(**row))
        return cls(bands=tuple(bands), preamp_db=data.get("preamp_db", 0.0))

    def to_json(self, *, indent: int | None = None) -> str:
        """The dict as JSON; floats keep every digit, so reading it back gives an equal value."""
        return json.dumps(self.to_dict(), indent=indent)

    @classmethod
    def from_json(cls, text: str | bytes) -> EqSettings:
        """Read what `to_json` wrote.

        >>> EqSettings.from_json(EqSettings.flat().to_json()) == EqSettings.flat()
        True
        """
        try:
            data = json.loads(text)
        except TypeError:
            raise SettingsError(f"{shown(text)}: use JSON text, as to_json writes it") from None
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"not JSON: {error}") from None
        return cls.from_dict(data)

    def to_text(self) -> str:
        """One band a line, for people; gains are rounded to 0.1 dB."""
        lines = [str(band) for band in self.bands]
        if self.preamp_db:
            lines.append(f"{self.preamp_db:+.1f} dB preamp")
        return "\n".join(lines)

    __str__ = to_text

    @classmethod
    def from_text(cls, text: str) -> EqSettings:
        """Read lines such as "+3.2 dB low shelf at 120 Hz"; bands not named stay flat.

        >>> EqSettings.from_text("+3.2 dB low shelf at 120 Hz; -2 dB bell at 1.2 kHz, Q 0.9").gains_db
        (3.2, -2.0, 0.0, 0.0, 0.0)
        """
        if not isinstance(text, str):
            raise SettingsError(f"{shown(text)}: use text, such as '+3.2 dB low shelf at 120 Hz'")
        found: dict[Kind, list[EqBand]] = {kind: [] for kind in KINDS}
        preamp_db = 0.0
        for line in filter(None, (part.strip() for part in re.split(r"[\n;]", text))):
            if preamp := re.fullmatch(_PREAMP_LINE, line):
                preamp_db = float(preamp["gain"])
            elif band := re.fullmatch(_BAND_LINE, line):
                kind: Kind = "bell" if band["kind"] == "bell" else band["kind"].lower().replace(" ", "_")  # type: ignore[assignment]
                freq_hz = float(band["freq"]) * (1000 if band["unit"].lower() == "khz" else 1)
                q = float(band["q"]) if band["q"] else SHELF_Q
                found[kind].append(EqBand(kind=kind, freq_hz=freq_hz, gain_db=float(band["gain"]), q=q))
            else:
                raise SettingsError(
                    f'{line!r}: write it as "+3.2 dB low shelf at 120 Hz" or "-2 dB bell at 1 kHz, Q 0.9"'
                )
        bands = []
        for flat_band in cls.flat().bands:
            named = found[flat_band.kind]
            bands.append(named.pop(0) if named else flat_band)
        if left := [kind.replace("_", " ") for kind, named in found.items() if named]:
            raise SettingsError(
                f"too many bands ({', '.join(left)}): there are one low shelf, three bells, one high shelf"
            )
        return cls(bands=tuple(bands), preamp_db=preamp_db)


_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_BAND_LINE = (  # as text: compiled when first used, not on import
    rf"(?i:(?P<gain>{_NUMBER})\s*dB\s+(?P<kind>low shelf|bell|high shelf)\s+at\s+"
    r"(?P<freq>\d+(?:\.\d+)?)\s*(?P<unit>k?Hz)"
    r"(?:\s*,?\s*Q\s*(?P<q>\d+(?:\.\d+)?))?)"
)
_PREAMP_LINE = rf"(?i:(?P<gain>{_NUMBER})\s*dB\s+preamp)"


def _row(name: str, values: Iterable[_Item]) -> tuple[_Item, ...]:
    try:
        return tuple(values)
    except TypeError:
        raise SettingsError(f"{name}={shown(values)}: use a list") from None


def _check_keys(data: object, known: set[str], where: str) -> None:
    if not isinstance(data, Mapping):
        raise SettingsError(f"{where}: use a JSON object, not {type(data).__name__}")
    if unknown := sorted(set(map(str, data)) - known):
        raise SettingsError(f"{where}: unknown key {unknown[0]!r}; known: {', '.join(sorted(known))}")
