"""Sounds to begin with: `synths` to play, `fx` to send them through.

Every one is a short DSP function in this folder, to be read, copied and changed; a file is a family.
Instruments are mono and take `gate`, most take `freq`; effects are stereo. All are about as
loud: one note of an instrument is −20 LUFS, and an effect leaves the loudness of its input.

>>> from krach.stock import fx, synths
>>> sound = synths.acid.render(1, notes=[(0, 12000, 33), (24000, 12000, 45)])
>>> wet = fx.hall.render(3, inputs=sound.repeat(2, 0), ring=4)
>>> len(synths), len(fx)
(57, 29)
"""

from krach.stock._shelf import Shelf

synths = Shelf("synths", ("drums", "basses", "leads", "keys", "pads"))
fx = Shelf("fx", ("spaces", "motion", "colours", "levels"))

__all__ = ["Shelf", "fx", "synths"]
