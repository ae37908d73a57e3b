"""From two CSV files to a model of your own: describe them, train, judge, export, play. Needs `pip install ".[train]"`.

Here the files are made up; the published ones have the same layout.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import semeq
from semeq_models import SPECS, evaluate, load_corpus, train
from semeq_models.describe import describe, description_text
from semeq_models.export import export, placed
from semeq_models.made_up import made_up_files

if __name__ == "__main__":
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = made_up_files(folder)
        print(description_text(describe(*files)).splitlines()[1])
        corpus = load_corpus(*files)

        run = train(replace(SPECS["v3"], epochs=30), corpus)
        print(f"v3, {len(run.history)} epochs, reconstruction {run.history[-1]['reconstruction']:.3f}")
        print(semeq.eq("warm", model=run.model))

        report = evaluate(run.spec, corpus, count=3)  # trained anew without those it is judged on
        print("warm, held-out people, shape cosine", report.figure("warm: shape cosine").value)

        for path, content in placed(export(run.model, "c-header"), "mine", folder).items():
            path.write_bytes(content)
            print(f"{path.name}: {len(content) // 1000} kB")
