"""From a Python function to a Program: its parameters, one traced call, its result."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import cast

from krach import _place
from krach._entrance import TRACED
from krach._errors import Error, UnusedInput, error
from krach._krach import Program, nearest
from krach._signal import Signal
from krach._trace import Trace, describe, is_number

_KINDS = inspect.Parameter


def trace(function: Callable[..., object], name: str | None, constants: dict[str, object]) -> Program:
    """Calls the function once with Signals for its inputs, and returns its Program."""
    if not callable(function):
        raise error("KR0114", f"a DSP function is a Python function, not {describe(function)}")
    name = named(name) or title(function)
    inputs, settings = _parameters(function, name, constants)
    with Trace(name) as tracing:
        signals = [tracing.signal(tracing.builder.input(key)) for key in inputs]
        try:
            result = function(*signals, **settings)
        except Error:
            raise
        except Exception as raised:
            raised.add_note(f"raised while krach traced `{name}`, called once with Signals {TRACED}")
            if isinstance(raised, AttributeError) and (near := _nearest_of_module(raised)):
                raised.add_note(f"help: did you mean `{near}`?")
            raise
        _deliver(tracing, function, result)
        return tracing.finish()


def _nearest_of_module(raised: AttributeError) -> str | None:
    """The nearest name of a module, such as `krs`, for one that it does not have."""
    if not isinstance(raised.obj, ModuleType) or not isinstance(raised.name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        return None
    return nearest(raised.name, [name for name in dir(raised.obj) if not name.startswith("_")])


def named(name: object) -> str | None:
    """The name that a sound is given; `None` and "" are none."""
    if name is None or (isinstance(name, str) and name.isprintable()):
        return name
    got = "one with a control character" if isinstance(name, str) else describe(name)
    raise error("KR0113", f"a name is a text of letters, digits and signs, not {got}")


def warn_unread(program: Program) -> None:
    """Warns of audio inputs that nothing reads."""
    for key in program.unread:
        message = (
            f"`{program.name}` does not use its audio input `{key}` [KR0120]\n"
            f"  help: if it is meant to be a constant: `{key}=0.5`"
        )
        _place.warn(message, UnusedInput)


def title(function: object) -> str:
    """The name of a function; lambdas and objects get the name `sound`."""
    name = getattr(function, "__name__", "")
    return name if isinstance(name, str) and name.isidentifier() else "sound"


def _parameters(
    function: Callable[..., object], name: str, constants: dict[str, object]
) -> tuple[list[str], dict[str, object]]:
    """Names of the audio inputs, and the settings that are not the function's own defaults."""
    place = _place.definition_place(function) or _place.user_place()
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError) as unknown:
        raise error("KR0114", f"the parameters of `{name}` cannot be inspected", place) from unknown
    for parameter in parameters.values():
        if parameter.kind in (_KINDS.VAR_POSITIONAL, _KINDS.VAR_KEYWORD):
            raise error(
                "KR0114",
                f"`{parameter}` of `{name}` cannot become audio inputs",
                place,
                help=["name each input: def mix(left, right)"],
            )
        required = parameter.default is _KINDS.empty and parameter.name not in constants
        if parameter.kind is _KINDS.KEYWORD_ONLY and required:
            raise error(
                "KR0114",
                f"keyword-only parameter `{parameter.name}` of `{name}` has no default",
                place,
                help=["give it a default, which makes it a constant, or move it before the `*`"],
            )
    settable = [p.name for p in parameters.values() if p.default is not _KINDS.empty]
    settable += [
        p.name for p in parameters.values() if p.kind is _KINDS.KEYWORD_ONLY and p.name not in settable
    ]
    for key in constants:
        if key not in settable:
            raise _no_constant(name, key, settable, key in parameters)
    return [p.name for p in parameters.values() if p.name not in settable], constants


def _no_constant(name: str, key: str, settable: list[str], is_input: bool) -> Exception:
    if is_input:
        message = f"`{key}` of `{name}` is an audio input, not a constant"
        helps = [f"give it a default to make it one: {key}=0.5"]
    else:
        from difflib import get_close_matches

        message = f"`{name}` has no parameter `{key}`"
        near = get_close_matches(key, settable, 1)
        helps = [f"did you mean `{near[0]}`?"] if near else []
    return error("KR0114", message, _place.user_place(), help=helps)


def _deliver(tracing: Trace, function: Callable[..., object], result: object) -> None:
    """Declares the outputs: one Signal or number, or a tuple or list of them."""
    several = isinstance(result, (tuple, list))
    values = cast("list[object]", [*result] if several else [result])
    bad = [describe(value) for value in values if not _is_output(value)]
    if bad or not values:
        place = _place.definition_place(function) or _place.user_place()
        if inspect.iscoroutine(result):
            result.close()  # it was never meant to be awaited
        where = f" ({place.file}:{place.line})" if place else ""
        what = "nothing" if not values else f"a tuple with {bad[0]} in it" if several else bad[0]
        raise error(
            "KR0105",
            f"{tracing.name}{where} returned {what}; return a Signal or a tuple of Signals",
            place,
        )
    for position, value in enumerate(values):
        tracing.builder.output(f"out{position}" if several else "out", tracing.node(value))


def _is_output(value: object) -> bool:
    return isinstance(value, Signal) or (hasattr(type(value), "__float__") and is_number(value))
