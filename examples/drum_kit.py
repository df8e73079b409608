"""A drum kit as a module: instantiated twice, once dry and once through a crusher."""

from krach import ModuleProxy, kr, module
from krach.stock import fx, synths


@module
def kit(m: ModuleProxy, level: float = 0.4) -> None:
    m.node("kick", synths.kick, gain=level)
    m.node("snare", synths.snare, gain=level / 2)
    m.node("hat", synths.hat, gain=level / 4)
    m.outputs("snare")


dry = kr.instantiate(kit(), "dry")
dirty = kr.instantiate(kit(level=0.2), "dirty")
crush = kr.node("crush", fx.crush, gain=0.25)

kr.play("dry/kick", "x . . x . . x .")
kr.play("dry/snare", ". x . x")
kr.play("dry/hat", kr.hit() * 8)
kr.play("dirty/snare", kr.hit().spread(5, 16))
dirty >> crush
kr.out("dirty/snare", None)

kr.wait()
