"""From two CSV files to a model of your own: describe them, train, judge, export, play. Needs `pip install ".[train]"`.

Here the files are made up; the published ones have the same layout.
"""

import random
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import semeq
from semeq_models import SPECS, evaluate, load_corpus, train
from semeq_models.curves import BANDS_HZ
from semeq_models.describe import describe, description_text
from semeq_models.export import export, placed

MEANT = {"warm": (4, 3, 0, -1, -3), "bright": (-3, -1, 0, 2, 4)}


def made_up(folder: Path) -> tuple[Path, Path]:
    """Twenty people, two words, in the layout of SAFE-DB and of SocialFX."""
    dice = random.Random(1)
    safe, socialfx = [], [",".join(["descriptor,language,audio_id,ratings_consistency", *map(band, BANDS_HZ)])]
    for word, gains in MEANT.items():
        for person in range(20):
            a, b, c, d, e = (gain + dice.gauss(0, 1) for gain in gains)
            numbers = [a, 120, b, 300, 0.8, c, 1000, 0.8, d, 3000, 0.8, e, 7000]
            safe.append(f"{person},{word},person {person},2,2,{','.join(map(str, numbers))},rock,bass,,,,,x")
            curve = semeq.response_db(semeq.EqSettings.from_vector(numbers), BANDS_HZ)
            shape = (curve - curve.mean()) / curve.std()
            socialfx.append(f"{word},English,8,0.7,{','.join(f'{value:.4f}' for value in shape)}")
    files = folder / "safe.csv", folder / "socialfx.csv"
    for file, lines in zip(files, (safe, socialfx), strict=True):
        file.write_text("\n".join(lines), encoding="utf-8")
    return files


def band(freq_hz: float) -> str:
    return f"RSC_{freq_hz:g}Hz_band"


if __name__ == "__main__":
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = made_up(folder)
        print(description_text(describe(*files)).splitlines()[1])
        corpus = load_corpus(*files)

        run = train(replace(SPECS["v3"], epochs=30), corpus)
        print(f"v3, {len(run.history)} epochs, reconstruction {run.history[-1]['reconstruction']:.3f}")
        print(semeq.eq("warm", model=run.model))

        report = evaluate(
            replace(SPECS["v3"], epochs=30), corpus, count=3
        )  # trained anew without those it is judged on
        print("warm, held-out people, shape cosine", report.figure("warm: shape cosine").value)

        for path, content in placed(export(run.model, "c-header"), "mine", folder).items():
            path.write_bytes(content)
            print(f"{path.name}: {len(content) // 1000} kB")
