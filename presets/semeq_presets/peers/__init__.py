"""The real programs: start them, play a preset through them, measure what comes out."""
