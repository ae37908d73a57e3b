"""What an audio file is (container, sample format, rate, channels, length), and what each container can hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from semeq.errors import AudioError

MAX_CHANNELS = 1024  # of libsndfile too; a damaged header can promise 65535

# Bits of the integer formats, by the names soundfile uses.
BITS = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
FLOATS = {"FLOAT": 32, "DOUBLE": 64}
LOSSY = ("VORBIS", "OPUS")

_RIFF = ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")
_APPLE = ("PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")
HOLDS: dict[str, tuple[str, ...]] = {
    "wav": _RIFF,
    "rf64": _RIFF,
    "w64": _RIFF,
    "aiff": _APPLE,
    "caf": _APPLE,
    "flac": ("PCM_S8", "PCM_16", "PCM_24"),
    "ogg": LOSSY,
}
SUFFIXES = {
    ".wav": "wav",
    ".wave": "wav",
    ".bwf": "wav",
    ".rf64": "rf64",
    ".w64": "w64",
    ".aif": "aiff",
    ".aiff": "aiff",
    ".aifc": "aiff",
    ".caf": "caf",
    ".flac": "flac",
    ".ogg": "ogg",
    ".oga": "ogg",
    ".opus": "ogg",
}
_OPUS_RATES_HZ = (8000, 12000, 16000, 24000, 48000)
# Formats that are only read become the integer format that holds every bit of them: companded and ADPCM sound
# decodes to at most 16 bits; MP3, Vorbis and Opus decode to noise far above the 24th.
_ONLY_READ: dict[str, str] = dict.fromkeys(("ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM", "GSM610", "G721_32"), "PCM_16")
_SAME_DEPTH = {"PCM_U8": "PCM_S8", "PCM_S8": "PCM_U8"}
_SPOKEN = {
    "FLOAT": "32-bit float",
    "DOUBLE": "64-bit float",
    "PCM_U8": "8 bit",
    "PCM_S8": "8 bit",
    "PCM_16": "16 bit",
    "PCM_24": "24 bit",
    "PCM_32": "32 bit",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class AudioInfo:
    """The facts of one audio file; ``container`` and ``subtype`` in soundfile's words, the first in small letters.

    >>> AudioInfo(container="wav", subtype="PCM_24", rate_hz=48_000, channels=2, frames=96_000).dur_s
    2.0
    """

    container: str
    subtype: str
    rate_hz: int
    channels: int
    frames: int

    def __post_init__(self) -> None:
        if not 1 <= self.rate_hz < 2**31:
            raise AudioError(f"rate_hz={self.rate_hz}: use 1 to {2**31 - 1} Hz")
        if not 1 <= self.channels <= MAX_CHANNELS:
            raise AudioError(f"channels={self.channels}: use 1 to {MAX_CHANNELS}")
        if self.frames < 0:
            raise AudioError(f"frames={self.frames}: use 0 or more")

    @property
    def dur_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate_hz

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel; 0 where sound is compressed."""
        return self.channels * (BITS | FLOATS).get(self.subtype, 0) // 8

    @property
    def is_float(self) -> bool:
        """True where samples beyond ±1 survive; lossy formats do not count, because players clip them."""
        return self.subtype in FLOATS

    @property
    def dtype(self) -> np.dtype[np.float32] | np.dtype[np.float64]:
        """The narrowest float that holds every sample exactly: 24 bits fit float32, 32 bits do not."""
        return np.dtype(np.float64) if self.subtype in ("PCM_32", "DOUBLE") else np.dtype(np.float32)


def output_info(path: Path, like: AudioInfo, subtype: str | None = None) -> AudioInfo:
    """Say what writing ``like`` to ``path`` gives: container from the suffix, depth kept where the container has it.

    What is only read (MP3, ADPCM ...) becomes the nearest integer format that loses nothing: 16 bit for companded
    and ADPCM sound, 24 bit for MP3, Vorbis and Opus. A depth that the container lacks is refused, never cut.

    >>> mp3 = AudioInfo(container="mp3", subtype="MPEG_LAYER_III", rate_hz=44_100, channels=2, frames=1)
    >>> output_info(Path("out.wav"), mp3).subtype
    'PCM_24'
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".mp3":
        raise AudioError(f"{path.name}: MP3 is read, not written; use .wav or .flac, or .ogg for a small file")
    if suffix not in SUFFIXES:
        raise AudioError(f"{path.name}: semeq writes {', '.join(SUFFIXES)}; end the name with one of them")
    container = SUFFIXES[suffix]
    if container == "wav" and like.container == "rf64":
        container = "rf64"
    if container == "ogg":
        wanted = "OPUS" if suffix == ".opus" else "VORBIS"
        if subtype not in (None, wanted):
            raise AudioError(f"{path.name}: {suffix} has no bit depth to choose; use .wav or .flac, or leave it out")
    else:
        wanted = subtype or _exact_subtype(like.subtype)
    holds = HOLDS[container]
    if wanted not in holds and _SAME_DEPTH.get(wanted) in holds:
        wanted = _SAME_DEPTH[wanted]
    if wanted not in holds:
        raise AudioError(
            f"{path.name}: {container.upper()} holds {_spoken(holds)}, not {_SPOKEN.get(wanted, wanted)}; "
            "use .wav or --bits 24"
        )
    info = replace(like, container=container, subtype=wanted)
    check_limits(path, info)
    return info


def check_limits(path: Path, info: AudioInfo) -> None:
    """Refuse what the container cannot hold; libvorbis would end the program instead of refusing."""
    channels, rate_hz = info.channels, info.rate_hz
    limit = ""
    match info.container, info.subtype:
        case "flac", _ if channels > 8:
            limit = f"FLAC holds up to 8 channels, not {channels}"
        case "flac", _ if rate_hz > 655_350 or (rate_hz > 65_535 and rate_hz % 10):
            limit = f"FLAC holds up to 65535 Hz, and tens up to 655350 Hz, not {rate_hz}"
        case "ogg", _ if channels > 255:
            limit = f"OGG holds up to 255 channels, not {channels}"
        case "ogg", "VORBIS" if rate_hz > 200_000:
            limit = f"OGG holds up to 200000 Hz, not {rate_hz}"
        case "ogg", "OPUS" if rate_hz not in _OPUS_RATES_HZ:
            limit = f"Opus holds {', '.join(map(str, _OPUS_RATES_HZ))} Hz, not {rate_hz}"
        case "aiff", _ if info.frames * info.frame_bytes > 0xFFF0_0000:
            limit = "AIFF holds up to 4 GiB of sound"
    if limit:
        raise AudioError(f"{path.name}: {limit}; use .wav")


def _exact_subtype(subtype: str) -> str:
    if subtype in BITS or subtype in FLOATS:
        return subtype
    return _ONLY_READ.get(subtype, "PCM_24")


def _spoken(holds: tuple[str, ...]) -> str:
    names = list(dict.fromkeys(_SPOKEN[name] for name in holds))
    return f"{', '.join(names[:-1])} or {names[-1]}"
