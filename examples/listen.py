"""Listen to a piece: what it is, what it has of a word already, what would balance it, and the report as a page."""

import tempfile
from pathlib import Path

import semeq
from semeq.demo import music
from semeq.hearing.listening import find_reference, listen
from semeq.hearing.page import report_page

RATE_HZ = 44_100
piece = music(12.0)
thin = semeq.render(piece, semeq.eq("bright", 1.2), RATE_HZ)

for name, audio in (("as it is", piece), ("made brighter", thin)):
    found = semeq.analyze(audio, RATE_HZ, reference="music")
    print(f"{name}: {', '.join(map(str, found.known[:3]))}; bright {found.percent('bright'):.0f} %")
    asked = semeq.suggest("bright", 1.0, audio=audio, rate_hz=RATE_HZ)
    print(f"  bright: {asked.adapted}")

advice = semeq.balance(thin, RATE_HZ)
print(f"balance: {advice}")
print(advice.settings)

# one pass over the audio serves several questions
here = listen(thin, RATE_HZ, find_reference("music"))
print(f"seen: {semeq.eq('warm', audio=here)}")

with tempfile.TemporaryDirectory() as folder:
    page = Path(folder) / "report.html"
    page.write_text(report_page([advice]), encoding="utf-8")
    print(f"report: {page.stat().st_size} bytes, one file")
