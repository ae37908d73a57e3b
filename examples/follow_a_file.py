"""What live sound would make of a file: bright where it is dull, left alone where it is bright already.

    python examples/follow_a_file.py dull_then_bright.wav new.wav

Without a file a small piece is made: dull for half of it, then bright.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import soundfile

import semeq
from semeq.demo import music
from semeq_bridge import Event, apply, new_state
from semeq_bridge.live.lockstep import play_file

RATE_HZ = 44_100


def piece(path: Path) -> Path:
    halves = [semeq.render(np.tile(music(8.0), (1, 2)), semeq.eq("bright", amount), RATE_HZ) for amount in (-1.0, 1.0)]
    soundfile.write(path, 0.3 * np.concatenate(halves, axis=1).T, RATE_HZ, subtype="PCM_24")
    return path


def main() -> None:
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else piece(Path("piece.wav"))
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else source.with_name(f"{source.stem}-followed.wav")
    state = new_state()
    for path, value in (("term", "bright"), ("adapt", 1), ("speed", 8.0), ("match", 1)):
        state, _ = apply(state, Event(f"/semeq/{path}", (value,)), 0.0)
    played = play_file(source, target, state, overwrite=len(sys.argv) < 3)
    for second in range(0, len(played.shares), 4):
        print(f"{second:4} s: {played.shares[second]:.0%} of the words")
    print(f"{target}: {played.dur_s:.1f} s")


if __name__ == "__main__":
    main()
