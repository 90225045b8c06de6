"""The simulator on the whole screen: the run on the left, what can happen in the middle, the state on the right; in a
narrow terminal, such as one of 80 columns, everything but the state stands on the left.

Everything that a key does is a line of `commands`; the line at the bottom takes any of them.
"""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import Resize
from textual.widgets import DataTable, Footer, Header, Input, OptionList, RichLog
from textual.widgets.option_list import Option

from custody.simulate.commands import CommandError, Player, told
from custody.system.display import show
from custody.system.words import words

WIDE = 100
"""Columns from which on there is room for three parts beside each other."""


class Screen(App[None]):
    """One specification being played."""

    TITLE = "custody simulate"
    CSS = """
    #parts { layout: grid; grid-size: 3 2; grid-columns: 2fr 3fr 3fr; grid-rows: 3fr 2fr; }
    #parts > * { height: 100%; width: 100%; scrollbar-size: 1 1; }
    #run { row-span: 2; border: round $primary; }
    #possible { border: round $success; }
    #log { border: round $surface; background: $surface; }
    #state { row-span: 2; border: round $primary; }
    .-narrow #parts { grid-size: 2 3; grid-columns: 1fr 1fr; grid-rows: 9fr 5fr 6fr; }
    .-narrow #run { row-span: 1; }
    .-narrow #state { row-span: 3; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        ("b", "say('back')", "back"),
        ("f", "say('forward')", "forward"),
        ("w", "blocked", "why not"),
        ("r", "say('run')", "run"),
        # At once, so that what is typed right after it goes to the line.
        Binding("slash", "type('find ')", "find", priority=True),
        Binding("colon", "type('')", "command", priority=True),
        ("question_mark", "say('help')", "help"),
        ("q", "quit", "quit"),
    ]

    def __init__(self, player: Player, first: str = "") -> None:
        super().__init__()
        self._player = player
        self._first = first
        self._blocked = False
        self._narrow = False
        self._table: DataTable[Text] = DataTable(id="state", cursor_type="row", zebra_stripes=True)
        self.sub_title = player.walk.system.name

    def compose(self) -> ComposeResult:
        yield Header()
        with Container(id="parts"):
            yield OptionList(id="run")
            yield OptionList(id="possible")
            yield self._table
            yield RichLog(id="log", wrap=True, min_width=20, markup=False, highlight=False)
        placeholder = "a command: step, back, why, find, break, run, load, state, help, …"
        yield Input(placeholder=placeholder, id="line", compact=True)
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#run").border_title = "the run"
        self.query_one("#possible").border_title = "what can happen"
        self.query_one("#state").border_title = "the state"
        self._narrow = self.size.width < WIDE
        self._arrange()
        if self._first:
            self._do(self._first)
        self._draw()
        self.screen.set_focus(self.query_one("#possible"))

    def on_resize(self, event: Resize) -> None:
        """The run stands before what can happen where both have columns of their own, and below it where not."""
        self._narrow = event.size.width < WIDE
        if self._table.is_mounted:
            self._arrange()
            self._draw_state()

    def _arrange(self) -> None:
        self.set_class(self._narrow, "-narrow")
        run = self.query_one("#run")
        if self._narrow:
            self.query_one("#parts").move_child(run, after=self._table)
        else:
            self.query_one("#parts").move_child(run, before=self.query_one("#possible"))

    # ---------------------------------------------------------------- what the user does

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        name = event.option.id or ""
        kind, _, number = name.partition("-")
        if kind == "take":
            self._do(f"step {number}")
        elif kind == "go":
            self._do(f"goto {number}")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        line, event.input.value = event.value, ""
        self.screen.set_focus(self.query_one("#possible"))
        self._do(line)

    def action_say(self, line: str) -> None:
        self._do(line)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Inside the line, the keys that lead to it are letters like others."""
        del parameters
        return not (action == "type" and isinstance(self.focused, Input))

    def action_type(self, text: str) -> None:
        line = self.query_one("#line", Input)
        line.value = text
        self.screen.set_focus(line)

    def action_blocked(self) -> None:
        self._blocked = not self._blocked
        self._draw()

    def _do(self, line: str) -> None:
        log = self.query_one("#log", RichLog)
        if line.strip():
            log.write(Text(f"> {line}", style="bold"))
        try:
            for text in self._player.run(line):
                log.write(Text(text))
        except CommandError as error:
            log.write(Text(str(error), style="bold red"))
        if self._player.over:
            self.exit()
        self._draw()

    # ---------------------------------------------------------------- what the user sees

    def _draw(self) -> None:
        walk = self._player.walk
        run = self.query_one("#run", OptionList)
        run.clear_options()
        run.add_option(Option(Text("start", style="bold reverse" if walk.at == 0 else ""), id="go-0"))
        for number, taken in enumerate(walk.steps, 1):
            style = "bold reverse" if number == walk.at else "dim" if number > walk.at else ""
            if taken.check is not None:
                style += " red"
            label = Text(f"{number} {told(walk.system.actions[taken.action])}", style=style)
            run.add_option(Option(label, id=f"go-{number}"))
        run.highlighted = walk.at
        self._draw_possible()
        self._draw_state()

    def _draw_possible(self) -> None:
        walk = self._player.walk
        options = self.query_one("#possible", OptionList)
        options.clear_options()
        possible = walk.possible()
        for number, index in enumerate(possible, 1):
            options.add_option(Option(Text(f"{number:>2} {told(walk.system.actions[index])}"), id=f"take-{number}"))
        if self._blocked:
            taken = set(possible)
            for index, action in enumerate(walk.system.actions):
                if index not in taken and not walk.over and walk.stands_before(index):
                    missing = " and ".join(words(part, walk.system.variables) for part in walk.missing(index))
                    options.add_option(
                        Option(Text(f"   {told(action)}: needs {missing}", style="dim"), disabled=True)
                    )
        if possible:
            options.highlighted = 0
        false = ", ".join(subject.name for subject in walk.violated())
        options.border_subtitle = f"violated: {false}" if false else ""

    def _draw_state(self) -> None:
        """Each thing with its value; what has changed is marked, with what it was. What is long goes on below."""
        walk = self._player.walk
        shown = [view for view in walk.system.views if not view.hidden]
        room = max(20, (self.size.width // 2 if self._narrow else self.size.width * 3 // 8) - 8)
        names = min(max((len(view.name) for view in shown), default=4), room * 3 // 5)
        table = self._table
        table.clear(columns=True)
        table.add_column("what", width=names)
        table.add_column("value", width=room - names)
        before = walk.state_at(walk.at - 1) if walk.at else walk.state
        for view in shown:
            new, old = show(view.shape, walk.state), show(view.shape, before)
            style = "bold yellow" if new != old else ""
            value = Text(new, style=style)
            if new != old:
                value.append(f" (was {old})", "not bold default")
            table.add_row(Text(view.name, style=style), value, height=None)
