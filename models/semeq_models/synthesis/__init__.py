"""Training and test material for audio encoders, made from a seed: noise, music-like mixes, speech, recordings."""
