"""Fit the five bands to a target of your own, here a gentle tilt of -0.5 dB per octave."""

import numpy as np

import semeq

freqs_hz = np.geomspace(20, 20_000, 60)
tilt_db = -0.5 * np.log2(freqs_hz / 1000)

settings = semeq.fit(tilt_db, freqs_hz)
error_db = semeq.response_db(settings, freqs_hz) - tilt_db
print(settings)
print(f"off by {np.std(error_db):.2f} dB RMS")
