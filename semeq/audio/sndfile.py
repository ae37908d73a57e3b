"""Every container but plain WAV, through soundfile: floats in exactly, whole numbers out, disk errors kept whole."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np

from semeq.audio import aiff, mp3, ogg, pcm
from semeq.audio.info import BITS, FLOATS, LOSSY, AudioInfo
from semeq.audio.riff import truncated
from semeq.errors import AudioError

T = TypeVar("T")

_QUALITY = {"VORBIS": 0.2, "OPUS": 0.2}  # soundfile's compression level: 0 is the best quality, 1 the smallest file
# Ogg has an order of speakers of its own (Vorbis I, 4.3.9); libsndfile leaves it to us. Place in Ogg, by place in WAV.
_OGG_PLACES = {
    3: [0, 2, 1],
    5: [0, 2, 1, 3, 4],
    6: [0, 2, 1, 5, 3, 4],
    7: [0, 2, 1, 6, 5, 3, 4],
    8: [0, 2, 1, 7, 5, 6, 3, 4],
}
_MP3_SLACK = 2 * 1152  # two frames: of estimates, and of what stands at the end and is no sound
_LOSSY_TILE = 4096  # libvorbis takes its scratch from the stack: long writes end the program


class SndSource:
    """The samples of one file that soundfile reads, in order."""

    def __init__(self, path: Path) -> None:
        import soundfile

        self._name = path.name
        self._read_error = soundfile.LibsndfileError
        length = _checked_length(path)
        try:
            self._sound = soundfile.SoundFile(_name(path))
        except soundfile.LibsndfileError:
            raise _not_audio(path) from None
        sound = self._sound
        self.info = AudioInfo(
            container=str(sound.format).lower().replace("wavex", "wav"),
            subtype=sound.subtype,
            rate_hz=sound.samplerate,
            channels=sound.channels,
            frames=sound.frames,
        )
        self._places = _OGG_PLACES.get(sound.channels) if self.info.container == "ogg" else None
        try:
            self._check_end(path, length)
        except AudioError:
            self.close()
            raise

    def _check_end(self, path: Path, length: mp3.Length | None) -> None:
        """Refuse a file that ends before or after the place its header names."""
        info = self.info
        if info.frames >= 2**62:
            raise AudioError(
                f"{path.name}: its header does not say how long it is; remake it first: {_remake(path, '')}"
            )
        if info.container == "mp3" and length is not None:
            if length.held > (length.promised if length.known else info.frames) + _MP3_SLACK:
                raise AudioError(
                    f"{path.name}: an MP3 that is longer than its header tells; remake it first: "
                    f"{_remake(path, '-c copy ')}"
                )
            if not length.known:
                self.info = replace(info, frames=min(info.frames, length.held))
        if info.container == "aiff" and (info.subtype in BITS or info.subtype in FLOATS):
            with path.open("rb") as file:
                promised = aiff.promised_frames(file) or 0
            if promised > info.frames:
                raise truncated(path.name, promised / info.rate_hz, info.dur_s)
        if info.container == "flac" and info.frames:
            import soundfile

            try:
                with soundfile.SoundFile(_name(path)) as other:
                    other.seek(info.frames - 1)
                    if len(other.read(1)):
                        return
            except soundfile.LibsndfileError:
                pass  # said in the next line
            raise AudioError(
                f"{path.name}: truncated or damaged: its header promises {info.dur_s:.1f} s, the end cannot be read; "
                "get it again or repair it first"
            )

    def read(self, frames: int) -> pcm.Block:
        """The next ``frames``, or what is left."""
        try:
            sound = self._sound.read(
                frames, dtype="float64" if self.info.dtype == np.float64 else "float32", always_2d=True
            )
        except self._read_error as error:
            raise AudioError(f"{self._name}: damaged ({error}); get it again or repair it first") from None
        return np.ascontiguousarray(sound.T if self._places is None else sound.T[self._places])

    def close(self) -> None:
        """Let go of the file."""
        self._sound.close()


def _checked_length(path: Path) -> mp3.Length | None:
    """What we can tell about the length before libsndfile speaks (mpg123 would write to the terminal)."""
    with path.open("rb") as file:
        head = file.read(4)
        if head == b"OggS":
            if ogg.is_cut(file):
                raise AudioError(f"{path.name}: truncated: its last page is cut; get it again or repair it first")
        elif head[:3] == b"ID3" or head[:1] == b"\xff":
            length = mp3.measure(file)
            if length is not None and length.held < length.promised:
                raise truncated(path.name, length.promised / length.rate_hz, length.held / length.rate_hz)
            return length
    return None


def _name(path: Path) -> Any:
    """The name of a file as the system has it, which need not be text; soundfile takes bytes, but its types do not."""
    return os.fsencode(path) if os.name == "posix" else os.fspath(path)


def _not_audio(path: Path) -> AudioError:
    return AudioError(f"{path.name}: not audio that semeq reads; use WAV, AIFF, FLAC, OGG or MP3")


def _remake(path: Path, how: str) -> str:
    return f"ffmpeg -i {path.name} {how}fixed{path.suffix}"


class _Pipe:
    """What libsndfile writes through, so that the system's own error (disk full ...) is kept and not swallowed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: Exception | None = None
        self.tell = file.tell
        self.readinto = file.readinto  # type: ignore[attr-defined]

    def write(self, data: bytes) -> int:
        return self._tried(self._file.write, data)

    def seek(self, place: int, whence: int = 0) -> int:
        return self._tried(self._file.seek, place, whence)

    def _tried(self, function: Callable[..., int], *args: object) -> int:
        try:
            return function(*args)
        except Exception as error:  # libsndfile stands between us and who waits for it
            self.error = self.error or error
            return 0


class SndSink:
    """One file being written through soundfile.

    All calls into libsndfile run in a thread of their own: it calls `_Pipe` back, and a Ctrl-C that struck there
    would be lost in C. Signals strike the main thread only, which waits.
    """

    def __init__(self, file: BinaryIO, path: Path, info: AudioInfo) -> None:
        import soundfile

        self._info = info
        self._pipe = _Pipe(file)
        self._sound: Any = None
        self._errors = (soundfile.LibsndfileError, ValueError, AssertionError)  # it asserts that all was written
        self._thread = ThreadPoolExecutor(1, "soundfile")
        try:
            self._thread.submit(self._open).result()
        except self._errors:
            self._thread.shutdown()
            raise self._pipe.error or AudioError(
                f"{path.name}: {info.container.upper()} cannot hold {info.channels} channels at {info.rate_hz} Hz; "
                "use .wav"
            ) from None

    def _open(self) -> None:
        import soundfile

        self._sound = soundfile.SoundFile(
            self._pipe,  # pyright: ignore[reportArgumentType]  # any file-like will do
            "w",
            samplerate=self._info.rate_hz,
            channels=self._info.channels,
            format=self._info.container.upper(),
            subtype=self._info.subtype,
            compression_level=_QUALITY.get(self._info.subtype),
        )

    def write(self, block: pcm.Block, dither_rng: np.random.Generator | None) -> int:
        """Append ``block``; returns how many samples had to be clipped."""
        return self._call(self._write, block, dither_rng)

    def _write(self, block: pcm.Block, dither_rng: np.random.Generator | None) -> int:
        clipped = 0
        if self._info.container == "ogg" and (places := _OGG_PLACES.get(self._info.channels)):
            block = block[np.argsort(places)]
        bits = BITS.get(self._info.subtype)
        length = _LOSSY_TILE if self._info.subtype in LOSSY else pcm.TILE
        for start in range(0, block.shape[1], length):
            tile = block[:, start : start + length]
            if bits is not None:
                ints, more = pcm.quantise(tile, bits, dither_rng)
                sound: pcm.Block = np.left_shift(ints, 32 - bits, out=ints)
            elif self._info.is_float:
                sound, more = pcm.interleaved(tile, self._info.dtype.name), 0
            else:
                over = ~(np.abs(tile) <= 1)
                more = int(np.count_nonzero(over))
                sound = pcm.interleaved(tile, "float32")
                if more:
                    sound = np.clip(np.nan_to_num(sound, nan=0.0), -1, 1)
            clipped += more
            self._sound.write(sound)
        return clipped

    def finish(self) -> None:
        """Write what is left."""
        self._call(self._sound.close)
        self._thread.shutdown()

    def abandon(self) -> None:
        """Let go without caring for the result; after `finish` there is nothing left to do."""
        self._thread.shutdown()  # waits for a call that was left alone
        if self._sound is not None:
            with contextlib.suppress(*self._errors):
                self._sound.close()

    def _call(self, function: Callable[..., T], *args: object) -> T:
        try:
            result = self._thread.submit(function, *args).result()
        except self._errors as error:
            raise self._pipe.error or AudioError(f"cannot write: {error}") from None
        if self._pipe.error is not None:
            raise self._pipe.error
        return result


def check_frames(part: Path, shown: Path, frames: int) -> None:
    """Hold the finished file against what was written into it."""
    import soundfile

    try:
        with soundfile.SoundFile(_name(part)) as sound:
            if sound.frames == frames:
                return
            text = f"{sound.frames} instead of {frames} samples arrived"
    except soundfile.LibsndfileError as error:
        text = str(error) if frames else "no samples were written"
    raise AudioError(f"{shown.name}: {text}; use .wav")
