"""Small sounds and files for the audio tests, made on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from semeq.audio import AudioInfo, create_audio, open_audio
from semeq.audio.info import BITS, HOLDS
from semeq.audio.tags import Tags

Block = NDArray[Any]

LOSSLESS = [(container, subtype) for container, held in HOLDS.items() for subtype in held if container != "ogg"]


def info_of(container: str, subtype: str, frames: int, *, channels: int = 2, rate_hz: int = 48_000) -> AudioInfo:
    return AudioInfo(container=container, subtype=subtype, rate_hz=rate_hz, channels=channels, frames=frames)


def noise(info: AudioInfo, seed: int = 0) -> Block:
    """Samples that the format holds exactly, its extremes, zero and the smallest steps among them."""
    rng = np.random.default_rng(seed)
    if info.subtype in BITS:
        top = 2 ** (BITS[info.subtype] - 1)
        ints = rng.integers(-top, top, (info.channels, info.frames))
        edges = [-top, top - 1, 0, 1, -1, 1 - top]
        ints[:, : len(edges)] = np.array(edges)[: info.frames]
        whole: Block = (ints / top).astype(info.dtype)
        return whole
    block: Block = rng.standard_normal((info.channels, info.frames)).astype(info.dtype)
    if info.is_float and info.frames > 3:
        block[:, :4] = np.array([1e30, -1e-30, 1.0, -3.5])
    return block if info.is_float else np.float32(0.1) * block


def write(path: Path, info: AudioInfo, block: Block, tags: Tags | None = None, step: int = 1000) -> int:
    with create_audio(path, info, tags=tags) as writer:
        for start in range(0, block.shape[1], step):
            writer.write(block[:, start : start + step])
    return writer.clipped


def read(path: Path, step: int = 777) -> tuple[AudioInfo, Block]:
    with open_audio(path) as reader:
        blocks = [reader.read(step)]
        while blocks[-1].shape[1]:
            blocks.append(reader.read(step))
        return reader.info, np.concatenate(blocks, axis=1)


def peer(name: str) -> str:
    """Path of a program that is not ours; skips the test where it is not installed."""
    from shutil import which

    found = which(name)
    if found is None:
        pytest.skip(f"{name} is not installed; .ci/run installs it")
    return found
