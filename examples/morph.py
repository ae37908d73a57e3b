"""Walk from warm to bright in five steps and print each curve at three frequencies."""

import semeq

for step in range(5):
    settings = semeq.interpolate("warm", "bright", step / 4)
    low, mid, high = semeq.response_db(settings, [100, 1000, 8000])
    print(f"{step / 4:4.0%}  100 Hz {low:+5.1f}   1 kHz {mid:+5.1f}   8 kHz {high:+5.1f} dB")
