"""semeq listens: what a programme holds, how that compares with a reference, and what EQ follows from it."""
