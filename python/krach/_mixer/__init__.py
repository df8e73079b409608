"""The parts of `krach.Mixer`, one file for each group of its methods."""
