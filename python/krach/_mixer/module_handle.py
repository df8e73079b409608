"""`ModuleHandle`: a module in the session, with the operators of a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from krach._entrance import entrance
from krach._errors import error
from krach._krach import Pattern
from krach._mixer.handle import NodeHandle

if TYPE_CHECKING:
    from krach.mixer import Mixer


class ModuleHandle:
    """A module that `kr.instantiate` put into the session. Sound leaves by its first output, and comes in and
    notes play by its first input.

    >>> @kr.module
    ... def echoes(m):
    ...     m.node("in", fx.echo)
    ...     m.inputs("in")
    ...     m.outputs("in")
    >>> space = kr.instantiate(echoes(), "space")
    >>> kr.node("bass", synths.acid) >> space >> kr.node("verb", fx.hall)
    Node('verb', hall, gain=0.50)
    """

    __slots__ = ("_inputs", "_mixer", "_names", "_outputs", "_prefix")

    def __init__(
        self,
        mixer: Mixer,
        prefix: str,
        names: tuple[str, ...],
        inputs: tuple[str, ...] | None,
        outputs: tuple[str, ...] | None,
    ) -> None:
        """Users get it from `kr.instantiate`."""
        self._mixer = mixer
        self._prefix = prefix
        self._names = names
        self._inputs = inputs
        self._outputs = outputs

    @property
    def prefix(self) -> str:
        """The name before all its names."""
        return self._prefix

    @property
    def nodes(self) -> dict[str, NodeHandle]:
        """Its nodes, by their names in the module."""
        cut = len(self._prefix) + 1
        return {name[cut:]: NodeHandle(self._mixer, name) for name in self._names}

    @property
    def inputs(self) -> tuple[str, ...] | None:
        """The names of its inputs, with the prefix."""
        return self._inputs

    @property
    def outputs(self) -> tuple[str, ...] | None:
        """The names of its outputs, with the prefix."""
        return self._outputs

    @property
    @entrance
    def input(self) -> NodeHandle:
        """The first input. Errors: KR0910 if the module declares none."""
        return self._end("inputs", self._inputs)

    @property
    @entrance
    def output(self) -> NodeHandle:
        """The first output. Errors: KR0910 if the module declares none."""
        return self._end("outputs", self._outputs)

    def _end(self, which: str, names: tuple[str, ...] | None) -> NodeHandle:
        if not names:
            message = f"the module `{self._prefix}` has no declared {which}"
            raise error("KR0910", message, help=[f'declare them in the module: m.{which}("osc")'])
        return NodeHandle(self._mixer, names[0])

    def __rshift__(self, target: object) -> NodeHandle:
        return self.output >> target

    def __matmul__(self, what: Pattern | str | tuple[str, Pattern] | None) -> ModuleHandle:
        _ = self.input @ what
        return self

    def __getitem__(self, path: str) -> float:
        return self._mixer.value(f"{self._prefix}/{path}")

    def __setitem__(self, path: str, value: float | str) -> None:
        self._mixer.set(f"{self._prefix}/{path}", value)

    def __repr__(self) -> str:
        ends = f"inputs={self._inputs}, outputs={self._outputs}"
        return f"ModuleHandle({self._prefix!r}, {len(self._names)} nodes, {ends})"
