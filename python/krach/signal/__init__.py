"""Another path to `krach.dsp`, which the original's sessions import."""
