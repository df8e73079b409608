"""The Python side of the command `krach`: runs a user's file, and traces the DSP functions in it.

`load` runs a file as a module of its own and adds no names to it. Text that the file prints goes to standard
error, because standard output belongs to the command. Each fault becomes a `krach.Error` with a place in the
user's file.
"""

from __future__ import annotations

import builtins
import contextlib
import dis
import inspect
import itertools
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Generator, Iterator
from types import CodeType, FunctionType, ModuleType, TracebackType
from typing import NamedTuple, cast

import krach
import krach.dsp as krs
import krach.pattern as krp
from krach import _place
from krach._definition import DspDef
from krach._errors import Error, Place, UnusedInput, error
from krach._krach import Program, Session, nearest
from krach._mixer.playing import SILENT
from krach._source import source_of
from krach._transpile import title, trace
from krach.pattern import NOTES
from krach.repl import LiveMixer

_Traced = Callable[..., object] | DspDef

_MODULE = "__krach__"

_DEEPEST = 4
"""Of lists inside lists."""

# A function that uses one of these names works with finished sounds: it is a script, not a DSP function.
_SCRIPTS = frozenset({"transpile", "DspDef", "render", "open"})


class Function(NamedTuple):
    """Something in a file that can be traced."""

    name: str
    line: int
    listed: bool
    checked: bool
    traced: _Traced


class Script:
    """A file, loaded."""

    def __init__(self, functions: list[Function], file: str, session: Session) -> None:
        self._functions = functions
        self._file = file
        self.session = session

    @property
    def functions(self) -> list[tuple[str, int, bool, bool]]:
        """In order of lines: name, line from 1; then, for a file without the name of a function, whether a
        command means this one, and whether `krach check` traces it.
        """
        return [function[:4] for function in self._functions]

    def trace(self, index: int) -> Program:
        """Traces one of `functions`, again in each call; a DspDef was traced when the file ran."""
        function = self._functions[index]
        with reported("KR0115", f"`{function.name}` raised ", self._file), _silence():
            if isinstance(function.traced, DspDef):
                return function.traced.program
            return trace(function.traced, function.name, {})

    def precision(self, index: int) -> str | None:
        """The precision that one of `functions` was made for, or `None`."""
        traced = self._functions[index].traced
        return traced.precision if isinstance(traced, DspDef) else None

    def about(self, index: int) -> tuple[str, str, bool]:
        """Of one of `functions`: its docstring; its text, "" if unknown; whether the text is Faust."""
        traced = self._functions[index].traced
        if not isinstance(traced, DspDef):
            return inspect.getdoc(traced) or "", source_of(traced), False
        doc = "" if traced.fn is None else inspect.getdoc(traced.fn) or ""
        return doc, traced.source, traced.fn is None


def load(file: str, text: str) -> Script:
    """Runs the text of a file. Raises KR0117 where that fails, or the `krach.Error` that it raised."""
    module = ModuleType(_MODULE)
    module.__file__ = file
    # Dataclasses and pickles look for their module here.
    sys.modules[_MODULE] = module
    # Kept: a function may import its neighbours only when it is traced.
    directory = os.path.dirname(os.path.abspath(file))
    if directory not in sys.path:
        sys.path.insert(0, directory)
    sys.argv = [file]
    kr = silent()
    vars(module).update(NOTES, kr=kr, krs=krs, krp=krp)
    with reported("KR0117", "the file cannot be run: ", file), _silence(), imported_as(kr):
        code = compile(text, file, "exec", dont_inherit=True)
        exec(code, vars(module))
    return Script(_functions(module, file, code), file, kr._session)  # pyright: ignore[reportPrivateUsage]


def silent() -> LiveMixer:
    """The `kr` of a file that a command runs: no device, and each unknown name is an error."""
    kr = LiveMixer(SILENT)
    kr.strict = True
    return kr


@contextlib.contextmanager
def imported_as(kr: object) -> Generator[None]:
    """Lets `from krach import kr` give that mixer."""
    before = vars(krach).get("kr")
    krach.kr = cast("LiveMixer", kr)
    try:
        yield
    finally:
        del krach.kr
        if before is not None:
            krach.kr = before


@contextlib.contextmanager
def _silence() -> Generator[None]:
    """Sends all printed text to standard error, that of C libraries and child processes too, and hides
    warnings of unused inputs, which the command reports itself.
    """
    with (
        contextlib.ExitStack() as stack,
        contextlib.redirect_stdout(sys.stderr),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", UnusedInput)
        # Does nothing where one of the two is closed.
        with contextlib.suppress(OSError):
            kept = os.dup(1)
            stack.callback(os.close, kept)
            os.dup2(2, 1)
            stack.callback(os.dup2, kept, 1)
        yield


@contextlib.contextmanager
def reported(code: str, what: str, file: str) -> Generator[None]:
    """Turns an exception of the user's code into a `krach.Error` at the user's line."""
    try:
        yield
    except (Error, KeyboardInterrupt):
        raise
    except SyntaxError as wrong:
        line, column = wrong.lineno or 1, wrong.offset or 1
        end_line, end_column = wrong.end_lineno or line, wrong.end_offset or column
        place = (wrong.filename or file, line, max(column, 1), max(end_line, line), max(end_column, 1))
        raise error(code, f"{what}{wrong.msg}", place) from wrong
    except BaseException as raised:
        place = _place_in(raised.__traceback__, file)
        raise error(code, what + _said(raised), place, help=remedies(raised)) from raised


def remedies(raised: BaseException) -> list[str]:
    """The nearest known name, for a misspelt one."""
    if not isinstance(raised, AttributeError | NameError) or raised.name is None:
        return []
    known: list[str] = []
    with contextlib.suppress(Exception):
        if isinstance(raised, AttributeError):
            known = dir(raised.obj)
        else:
            frame = [frame for frame, _ in traceback.walk_tb(raised.__traceback__)][-1]
            known = [*frame.f_locals, *frame.f_globals, *dir(builtins)]
        if near := nearest(raised.name, known):
            return [f"did you mean `{near}`?"]
    return []


def _said(raised: BaseException) -> str:
    """The type of an exception and the first line of its message, also where its `__str__` fails."""
    try:
        text = str(raised)
    except Exception:
        text = ""
    line = next((line for line in text.splitlines() if line.strip()), "")
    said = f"{type(raised).__name__}: {line}" if line else type(raised).__name__
    return said.encode("utf-8", "backslashreplace").decode("utf-8")


def _attribute(value: object, name: str) -> object:
    """An attribute, or None; the user's objects may raise any exception here."""
    try:
        return cast("object", getattr(value, name, None))
    except Exception:
        return None


def _place_in(trace: TracebackType | None, file: str) -> Place | None:
    """The place of an exception: the innermost frame of the user's file, else of other code than krach's."""
    best: TracebackType | None = None
    while trace is not None:
        code = trace.tb_frame.f_code
        mine = code.co_filename == file
        if mine or (best is None and _place.kind(code) == _place.USER):
            best = trace
        trace = trace.tb_next
    if best is None:
        return None
    code = best.tb_frame.f_code
    return _place.place_of(code, best.tb_lasti, list(code.co_positions()))


def _functions(module: ModuleType, file: str, code: CodeType) -> list[Function]:
    """All things in the file that can be traced; listed are those that build sound, as far as code shows."""
    scope = vars(module)
    plain = {
        name: _function(value.fn if isinstance(value, DspDef) else value)
        for name, value in scope.items()
        if callable(value) and not isinstance(value, type)
    }
    own = {name: inner for name, inner in plain.items() if inner and inner.__code__.co_filename == file}
    survey = _Survey(own, module, _loaded(code))
    made = list(_made(scope))
    imported = _imported(code)
    public = [one for one in made if one.variable[:1] != "_" and one.variable not in imported]
    sounds = {one.variable for one in made}
    checked = {name for name in own.keys() - sounds if survey.checks(name)}
    listed = checked & survey.sounds
    if not listed and not public:
        listed = checked = checked or survey.plain()
    lines = _stored(code) | {name: function.__code__.co_firstlineno for name, function in own.items()}
    found = [
        Function(one.name, lines.get(one.variable, 1), one in public, one in public, one.sound)
        for one in made
    ]
    # A DspDef that `name=` named is also found by its variable.
    named = {one.variable for one in made if one.name == one.variable}
    found += [
        Function(name, lines.get(name, 1), name in listed, name in checked, cast("_Traced", scope[name]))
        for name in plain
        if name not in named
    ]
    return sorted(found, key=lambda function: function.line)


class _Made(NamedTuple):
    """A DspDef that a file makes: its name as an instrument, and the variable that holds it."""

    name: str
    variable: str
    sound: DspDef


def _made(scope: dict[str, object]) -> Iterator[_Made]:
    """Every DspDef in the variables of a file, and in the lists, tuples and dictionaries that they hold.

    A DspDef is called as `name=` says, or else by its variable, its key, or its number in a list.
    """
    seen: set[int] = set()

    def inside(variable: str, name: str, value: object, depth: int) -> Iterator[_Made]:
        if isinstance(value, DspDef):
            if id(value) not in seen:
                seen.add(id(value))
                yield _Made(_own_name(value) or name, variable, value)
        elif isinstance(value, list | tuple | dict) and depth < _DEEPEST:
            whole = cast("list[object] | tuple[object, ...] | dict[object, object]", value)
            pairs = whole.items() if isinstance(whole, dict) else enumerate(whole)
            for key, part in list(pairs):
                yield from inside(variable, key if isinstance(key, str) else f"{name}_{key}", part, depth + 1)

    variables = list(scope.items())
    for variable, value in sorted(variables, key=lambda item: not isinstance(item[1], DspDef)):
        yield from inside(variable, variable, value, 0)


def _own_name(sound: DspDef) -> str | None:
    """The name that `krs.transpile(name=…)` gave, if it did."""
    named_after = None if sound.fn is None else title(sound.fn)
    return sound.name if named_after not in (None, sound.name) else None


def _function(value: object) -> FunctionType | None:
    """The function inside its decorators."""
    for _ in range(64):
        wrapped = _attribute(value, "__wrapped__")
        if wrapped is None:
            break
        value = wrapped
    return value if isinstance(value, FunctionType) else None


class _Survey:
    """The names that the functions of a file use."""

    def __init__(self, functions: dict[str, FunctionType], module: ModuleType, used: frozenset[str]) -> None:
        self.functions = functions
        self.used = used
        self.names = {name: _names(function.__code__) for name, function in functions.items()}
        self.sounds = self._reaching({name for name in functions if self._builds(name, vars(module))})
        self.scripts = self._reaching({name for name in functions if self.names[name] & _SCRIPTS} | {"main"})

    def _builds(self, name: str, scope: dict[str, object]) -> bool:
        used = self.names[name]
        return "krach" in {name.split(".")[0] for name in used} or any(
            _is_of_krach(scope.get(name), set()) for name in used
        )

    def _reaching(self, names: set[str]) -> set[str]:
        """These functions, and all that use one of them, directly or through others."""
        while True:
            more = {name for name, used in self.names.items() if name not in names and used & names}
            if not more:
                return names
            names |= more

    def _users(self, name: str) -> list[str]:
        return [user for user, used in self.names.items() if user != name and name in used]

    def plain(self) -> set[str]:
        """Public functions that are not scripts."""
        return {name for name in self.functions if name[:1] != "_" and name not in self.scripts}

    def checks(self, name: str) -> bool:
        """Whether a function may be a sound: it reaches `krs`, or it has inputs and nothing uses it.

        A function with parameters that other functions of sound use is their helper, and traced with them.
        """
        if name not in self.plain() or self._alias(name):
            return False
        users, inputs = self._users(name), _inputs(self.functions[name])
        if name not in self.sounds:
            return inputs and not users and name not in self.used
        return not (inputs and self.sounds.intersection(users) - self.scripts)

    def _alias(self, name: str) -> bool:
        first = next(other for other, function in self.functions.items() if function is self.functions[name])
        return first != name


def _is_of_krach(value: object, seen: set[str]) -> bool:
    """Whether a value comes from krach, or from a module of the user's that uses krach."""
    origin = _attribute(value, "__name__" if isinstance(value, ModuleType) else "__module__")
    if not isinstance(origin, str) or origin in seen or origin == _MODULE:
        return False
    if origin.split(".")[0] == "krach":
        return True
    seen.add(origin)
    module = sys.modules.get(origin)
    file = _attribute(module, "__file__")
    # Not searched: the standard library and installed packages, which are large and do not use krach.
    if module is None or not isinstance(file, str) or origin.split(".")[0] in sys.stdlib_module_names:
        return False
    if {"site-packages", "dist-packages"} & set(file.split(os.sep)):
        return False
    return any(_is_of_krach(part, seen) for part in list(vars(module).values()))


def _names(code: CodeType) -> frozenset[str]:
    """Every global and attribute name in a function and in the functions inside it."""
    names: set[str] = set()
    waiting = [code]
    while waiting:
        code = waiting.pop()
        names.update(code.co_names)
        waiting.extend(const for const in code.co_consts if isinstance(const, CodeType))
    return frozenset(names)


def _loaded(code: CodeType) -> frozenset[str]:
    """Every name that the top level of a file reads."""
    return frozenset(step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_NAME")


def _stored(code: CodeType) -> dict[str, int]:
    """Per name that the top level of a file sets, the line of the last time."""
    return {
        step.argval: step.positions.lineno or 1
        for step in dis.get_instructions(code)
        if step.opname == "STORE_NAME" and step.positions
    }


def _imported(code: CodeType) -> frozenset[str]:
    """Every name that the top level of a file imports."""
    steps = list(dis.get_instructions(code))
    stores = itertools.pairwise(steps)
    return frozenset(
        to.argval for step, to in stores if step.opname.startswith("IMPORT") and to.opname == "STORE_NAME"
    )


def _inputs(function: FunctionType) -> bool:
    """Whether there are parameters without a default, or `*args`, or keyword-only parameters."""
    code = function.__code__
    stars = bool(code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS))
    return code.co_argcount > len(function.__defaults__ or ()) or stars or code.co_kwonlyargcount > 0
