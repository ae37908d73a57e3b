"""semeq bridge."""
