"""semeq presets."""
