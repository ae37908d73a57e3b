"""Made-up people who mean something by two words, in the layout of both published files: for first tries."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from semeq.response import response_db
from semeq.settings import EqSettings
from semeq_models.cleaning import Corpus, load_corpus
from semeq_models.curves import BANDS_HZ

_MEANT = {"warm": (4, 3, 0, -1, -3), "bright": (-3, -1, 0, 2, 4)}
_FREQS_HZ = (120, 300, 1000, 3000, 7000)


def made_up_files(folder: Path, people: int = 20) -> tuple[Path, Path]:
    """Write one file like SAFE-DB's and one like SocialFX's; the same every time.

    >>> with TemporaryDirectory() as folder:
    ...     [path.name for path in made_up_files(Path(folder))]
    ['safe.csv', 'socialfx.csv']
    """
    dice = random.Random(1)
    bands = [f"RSC_{freq_hz:g}Hz_band" for freq_hz in BANDS_HZ]
    safe = list[str]()
    socialfx = [",".join(["descriptor,language,audio_id,ratings_consistency", *bands])]
    for word, gains in _MEANT.items():
        for person in range(people):
            a, b, c, d, e = (gain + dice.gauss(0, 1) for gain in gains)
            low, one, two, three, high = _FREQS_HZ
            numbers = [a, low, b, one, 0.8, c, two, 0.8, d, three, 0.8, e, high]
            safe.append(f"{len(safe)},{word},person {person},2,2,{','.join(map(str, numbers))},rock,bass,,,,,x")
            curve = response_db(EqSettings.from_vector(numbers), BANDS_HZ)
            shape = (curve - curve.mean()) / curve.std()
            socialfx.append(f"{word},English,8,0.7,{','.join(f'{value:.4f}' for value in shape)}")
    files = folder / "safe.csv", folder / "socialfx.csv"
    for file, lines in zip(files, (safe, socialfx), strict=True):
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return files


def made_up_corpus(people: int = 20) -> Corpus:
    """The same, read and cleaned.

    >>> sorted({one.word for one in made_up_corpus().contributions})
    ['bright', 'warm']
    """
    with TemporaryDirectory() as folder:
        return load_corpus(*made_up_files(Path(folder), people))
