"""The audio side: references learnt from recordings, encoders trained towards the words, their bench."""
