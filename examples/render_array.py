"""Render an array without a file: noise, a little less harsh, and what that did to it."""

import numpy as np

import semeq

RATE_HZ = 48_000
noise = 0.1 * np.random.default_rng(0).standard_normal((2, RATE_HZ))

settings = semeq.eq("a bit less harsh")
settings = settings.with_preamp(semeq.auto_preamp_db(settings, RATE_HZ))
softer = semeq.render(noise, settings, RATE_HZ)

print(settings)
print(f"RMS {20 * np.log10(noise.std()):.1f} -> {20 * np.log10(softer.std()):.1f} dBFS")
