"""The words of the simulator: a line in, lines out.

Scripts and pipes use them as they are; the full screen has a line for them and keys for the common ones.
"""

from __future__ import annotations

import difflib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath

from custody.present.report import step_words
from custody.simulate.walk import Taken, Walk
from custody.system.display import differences, show
from custody.system.evaluate import evaluate
from custody.system.expression import Expr
from custody.system.finding import Trace
from custody.system.model import Action, State
from custody.system.words import words

MOST_AT_HAND = 3_000
"""How many states a search from here looks at before it is handed on to the engine that looks at all there are."""

HELP = (
    ("list", "what can happen here, with numbers"),
    ("step N | WORDS", "take step N of the list, or the one that has these words; a number alone does too"),
    ("back [N], forward [N], goto K", "back up over N steps; on again over them; to after step K"),
    ("why WORDS", "why the steps with these words cannot be taken: which part of the guard is false"),
    ("state [WORDS]", "the state here, or those parts of it whose names have these words"),
    ("history", "the run so far"),
    ("properties", "which properties are false here"),
    ("find CONDITION", "the shortest way from here to where the condition holds, and go there"),
    ("break CONDITION, breaks, clear", "stop `run` where it holds; the breakpoints; no breakpoints"),
    ("run [N]", "take N steps at random (default 1000), until a breakpoint or a violated property"),
    ("load PROPERTY", "its counterexample, to be stepped through and branched off"),
    ("load FILE.json [PROPERTY]", "the same from a file: a run in ITF, or out of what check --json wrote"),
    ("start [K]", "forget the run and begin again, in first state K"),
    ("quit", "end"),
)


class CommandError(Exception):
    """What was typed makes no sense here; the message says what would."""


@dataclass
class Player:
    """The simulator's memory: the walk, the breakpoints, and how to understand what is typed."""

    walk: Walk
    condition: Callable[[str], Expr]
    counterexample: Callable[[str], Trace]
    search: Callable[[Expr, State], tuple[int, ...] | None]
    chance: random.Random
    breaks: dict[str, Expr] = field(default_factory=dict[str, Expr])
    over: bool = False

    # ---------------------------------------------------------------- the words

    def run(self, line: str) -> list[str]:
        """Does what the line says and returns what there is to tell; CommandError with the reason why not."""
        word, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        if not word or word.startswith("#"):
            return []
        if word.isdigit():
            return list(self._step(word))
        does = self._words()
        if word not in does:
            near = difflib.get_close_matches(word, list(does), 1)
            raise CommandError(
                f"there is no command '{word}'" + (f"; did you mean '{near[0]}'?" if near else "; try help")
            )
        return list(does[word](rest))

    def _words(self) -> dict[str, Callable[[str], Iterator[str]]]:
        return {
            "list": self._list,
            "step": self._step,
            "back": self._back,
            "forward": self._forward,
            "goto": self._goto,
            "why": self._why,
            "state": self._state,
            "history": self._history,
            "properties": self._properties,
            "find": self._find,
            "break": self._break,
            "breaks": self._breaks,
            "clear": self._clear,
            "run": self._run,
            "load": self._load,
            "start": self._start,
            "help": self._help,
            "quit": self._quit,
        }

    def _help(self, _rest: str) -> Iterator[str]:
        width = max(len(usage) for usage, _ in HELP)
        for usage, meaning in HELP:
            yield f"{usage:<{width}}  {meaning}"

    def _quit(self, _rest: str) -> Iterator[str]:
        self.over = True
        yield from ()

    # ---------------------------------------------------------------- moving

    def _list(self, _rest: str) -> Iterator[str]:
        possible = self.walk.possible()
        for number, index in enumerate(possible, 1):
            yield f"{number:>3}  {told(self.walk.system.actions[index])}"
        if not possible:
            yield "nothing can happen here" + (": the last step broke a check" if self.walk.over else "")

    def _step(self, rest: str) -> Iterator[str]:
        yield from self._tell(self.walk.take(self._choose(rest)))

    def _choose(self, text: str) -> int:
        possible = self.walk.possible()
        if not possible:
            raise CommandError("nothing can happen here; back up, or start again")
        if text.isdigit():
            if not 1 <= int(text) <= len(possible):
                raise CommandError(f"the list has the numbers 1 to {len(possible)}")
            return possible[int(text) - 1]
        actions = self.walk.system.actions
        exactly = [index for index in possible if text.split() == told(actions[index]).split()]
        fitting = exactly or [index for index in possible if _has(actions[index], text)]
        if len(fitting) == 1:
            return fitting[0]
        if not fitting:
            raise CommandError(f"no step with the words '{text}' can be taken here; try: why {text}")
        some = ", ".join(told(actions[index]) for index in fitting[:4])
        raise CommandError(f"{len(fitting)} steps have the words '{text}': {some}")

    def _tell(self, taken: Taken) -> Iterator[str]:
        action = self.walk.system.actions[taken.action]
        before = self.walk.state_at(self.walk.at - 1)
        yield f"{self.walk.at:>3}  {told(action)}  [{self._where(action)}]"
        if taken.check is not None:
            yield f"     broken: {taken.check.message} ({taken.check.property})"
        elif taken.after is not None:
            for found in differences(self.walk.system.views, before, taken.after):
                yield f"     {found.name}: {found.old} -> {found.new}"
        for subject in self.walk.violated():
            if taken.check is None or taken.check.property != subject.name:
                yield f"     violated: {subject.name}"

    def _where(self, action: Action) -> str:
        place = action.place
        here = place.file in ("", self.walk.system.file)
        return f"line {place.line}" if here else f"{PurePath(place.file).name}:{place.line}"

    def _back(self, rest: str) -> Iterator[str]:
        yield from self._move(self.walk.at - _count(rest, 1))

    def _forward(self, rest: str) -> Iterator[str]:
        yield from self._move(self.walk.at + _count(rest, 1))

    def _goto(self, rest: str) -> Iterator[str]:
        yield from self._move(_count(rest, None))

    def _move(self, position: int) -> Iterator[str]:
        self.walk.go(position)
        if self.walk.at == 0:
            yield "  0  the first state"
        else:
            yield from self._tell(self.walk.steps[self.walk.at - 1])

    def _start(self, rest: str) -> Iterator[str]:
        number = _count(rest, 1)
        if not 1 <= number <= len(self.walk.starts):
            many = len(self.walk.starts)
            raise CommandError(f"there are {many} first states" if many > 1 else "there is one first state")
        self.walk.restart(number - 1)
        yield "  0  the first state" + (f" {number} of {len(self.walk.starts)}" if len(self.walk.starts) > 1 else "")

    # ---------------------------------------------------------------- asking

    def _why(self, rest: str) -> Iterator[str]:
        actions = self.walk.system.actions
        fitting = [index for index, action in enumerate(actions) if _has(action, rest)] if rest else []
        if not fitting:
            raise CommandError(f"there is no step with the words '{rest}'" if rest else "why what? Name a step")
        if self.walk.over:
            yield "the last step broke a check: nothing comes after it"
            return
        # A step that its actor has come to says more than one that it is nowhere near.
        near = [index for index in fitting if self.walk.stands_before(index)] or fitting
        for index in near:
            missing = self.walk.missing(index)
            yield f"{told(actions[index])}  [{self._where(actions[index])}]"
            if not missing:
                yield "     it can be taken"
            for part in missing:
                yield f"     false: {words(part, self.walk.system.variables)}"

    def _state(self, rest: str) -> Iterator[str]:
        state = self.walk.state
        for view in self.walk.system.views:
            if not view.hidden and rest.lower() in view.name.lower():
                yield f"{view.name}: {show(view.shape, state)}"

    def _history(self, _rest: str) -> Iterator[str]:
        for number, taken in enumerate(self.walk.steps, 1):
            here = ">" if number == self.walk.at else " "
            yield f"{here}{number:>3}  {told(self.walk.system.actions[taken.action])}"
        if not self.walk.steps:
            yield "no step has been taken"

    def _properties(self, _rest: str) -> Iterator[str]:
        found = self.walk.violated()
        for subject in found:
            yield f"violated: {subject.name}: {subject.text}"
        if not found:
            yield "none is false here"

    # ---------------------------------------------------------------- searching

    def _find(self, rest: str) -> Iterator[str]:
        wanted = self.condition(rest)
        try:
            way = self.walk.find(wanted, MOST_AT_HAND)
        except LookupError:
            way = self._find_far(wanted)
        if way is None:
            raise CommandError("no state that can be reached from here is like that")
        yield f"{len(way)} steps from here"
        for action in way:
            yield from self._tell(self.walk.take(action))

    def _find_far(self, wanted: Expr) -> tuple[int, ...] | None:
        try:
            return self.search(wanted, self.walk.state)
        except LookupError as error:
            raise CommandError(f"{error}: there may be more; take some steps towards it first") from None

    def _break(self, rest: str) -> Iterator[str]:
        self.breaks[rest] = self.condition(rest)
        yield f"run stops where {rest}"

    def _breaks(self, _rest: str) -> Iterator[str]:
        yield from self.breaks or ["there are none"]

    def _clear(self, _rest: str) -> Iterator[str]:
        self.breaks.clear()
        yield "no breakpoints"

    def _run(self, rest: str) -> Iterator[str]:
        for _ in range(_count(rest, 1000)):
            taken = self.walk.wander(self.chance)
            if taken is None:
                yield "nothing can happen here"
                return
            yield from self._tell(taken)
            reason = self._stops(taken)
            if reason is not None:
                yield reason
                return

    def _stops(self, taken: Taken) -> str | None:
        if taken.check is not None or self.walk.violated():
            return "stopped: a property is violated"
        hit = next((text for text, wanted in self.breaks.items() if evaluate(wanted, self.walk.state)), None)
        return None if hit is None else f"stopped at: {hit}"

    def _load(self, rest: str) -> Iterator[str]:
        trace = self.counterexample(rest)
        self.walk.load(trace)
        yield f"{rest}: {trace.length} steps; `forward` goes through them, and any other step branches off"


def told(action: Action) -> str:
    """The action by its actor and its words."""
    return f"{action.actor}  {step_words(action)}"


def _has(action: Action, text: str) -> bool:
    whole = told(action).lower()
    return all(word in whole for word in text.lower().split())


def _count(text: str, default: int | None) -> int:
    if text.isdigit():
        return int(text)
    if text or default is None:
        raise CommandError(f"'{text}' is not a number of steps")
    return default
