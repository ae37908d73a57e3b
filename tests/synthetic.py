"""Made-up training data: people who mean something by a few words, as a corpus and in the two file layouts."""

from pathlib import Path

import numpy as np

from semeq import EqSettings
from semeq_models.cleaning import SHAPE_DB, Contribution, Corpus
from semeq_models.curves import BANDS_HZ, level_free, settings_db, unit

MEANINGS = {
    "warm": EqSettings.of((120, 280, 900, 2800, 7000), (3, 4, 0, -1, -3)),
    "bright": EqSettings.of((120, 300, 1000, 3000, 6000), (-3, -1, 0, 2, 4)),
    "thin": EqSettings.of((150, 400, 1000, 3000, 8000), (-6, -2, 1, 1, 1)),
}


def settings_of(word: str, random: np.random.Generator) -> list[float]:
    """What one person sets for a word: its meaning, more or less."""
    vector = np.array(MEANINGS[word].to_vector())
    gains, others = [0, 2, 5, 8, 11], [1, 3, 4, 6, 7, 9, 10, 12]
    vector[gains] += random.normal(scale=1.0, size=5)
    vector[others] *= np.exp(random.normal(scale=0.15, size=8))
    return [round(float(number), 4) for number in vector]


def synthetic_corpus(people: int = 12, seed: int = 0) -> Corpus:
    """``people`` SAFE rows and half as many SocialFX rows for each of three words."""
    random = np.random.default_rng(seed)
    rows = []
    for word in MEANINGS:
        for number in range(people):
            settings = settings_of(word, random)
            curve = level_free(settings_db([settings], BANDS_HZ)[0])
            rows.append(_said(word, "safe", f"person {number}", curve, tuple(settings)))
            if number % 2:
                rows.append(_said(word, "socialfx", f"socialfx {word} {number}", SHAPE_DB * unit(curve), ()))
    counts = {"rows": len(rows), "used": len(rows)}
    return Corpus(
        bands_hz=BANDS_HZ,
        contributions=tuple(rows),
        safe_counts=counts,
        socialfx_counts=counts,
        checksums={"safe": "0" * 64, "socialfx": "1" * 64},
    )


def _said(word: str, source: str, person: str, curve: np.ndarray, settings: tuple[float, ...]) -> Contribution:
    return Contribution(
        word=word,
        language="en",
        source=source,  # type: ignore[arg-type]
        group=person,
        person=person,
        curve_db=curve,
        settings=settings,
    )


def write_csvs(folder: Path, people: int = 12, seed: int = 0) -> Path:
    """The same kind of data as the two files, in ``folder``."""
    random = np.random.default_rng(seed)
    safe: list[str] = []
    socialfx: list[str] = []
    names = ["descriptor", "language", "ratings_consistency", "n_ratings", *[f"RSC_{hz:g}Hz_band" for hz in BANDS_HZ]]
    for word in MEANINGS:
        for number in range(people):
            vector = settings_of(word, random)
            numbers = ",".join(f"{value:g}" for value in vector)
            safe.append(f"{len(safe)},{word},198.51.100.{number},2,2,{numbers},rock,guitar,,5,,English,hash")
            shape = unit(level_free(settings_db([vector], BANDS_HZ)[0]))
            cells = ",".join(f"{value:.6f}" for value in shape)
            socialfx.append(f"{word},English,0.8,3,{cells}")
    (folder / "SAFEEqualiserUserData.csv").write_text("\n".join(safe) + "\n", encoding="utf-8")
    (folder / "socialfx_eq_contributions.csv").write_text(
        "\n".join([",".join(names), *socialfx]) + "\n", encoding="utf-8"
    )
    return folder
