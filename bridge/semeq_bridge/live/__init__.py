"""Live sound: a process that plays, one that listens, and the desk between them and the state."""
