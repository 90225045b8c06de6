"""The `custody` command: one module for each subcommand, imported only when it is called.

To add a command, write `custody/cli/NAME.py` with a click command named `command` that returns its exit code, and
add a line to `COMMANDS`.  Nothing here decides a verdict.
"""

from __future__ import annotations

import difflib
import gc
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from types import MappingProxyType
from typing import Final, NoReturn

import click

from custody import __version__
from custody.cli.codes import Code

COMMANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "check": "Check every property of every specification.",
        "lint": "Ask questions about guards that need no search: overlaps, gaps, what can never be taken.",
        "mutate": "Make mistakes in a specification, to see whether its properties catch them.",
        "conform": "Hold the executable reference implementation against a contract.",
        "prove": "Prove properties, with certificates, without looking at every state.",
        "verify": "Check a certificate again, by code that shares nothing with what made it.",
        "draw": "Draw a state map, a reachable graph or a counterexample.",
        "trace": "Hold recordings of a running kernel against a contract.",
        "report": "Write a whole run as one page: verdicts, counterexamples to step through, coverage.",
        "simulate": "Play a specification step by step, by hand or at random.",
        "export": "Write the same model for another tool.",
        "diff": "Say what a change of a specification means, and who it breaks.",
        "gate": "Compare specifications with an earlier version in git, and close where a change breaks somebody.",
        "lsp": "Serve editors: diagnostics, hover, definitions, renaming, completion.",
        "fmt": "Lay out specifications as everybody does.",
        "rules": "List the rules of the dma-buf contract.",
        "explain": "Explain a rule, a kind of property or a warning.",
    }
)


class Commands(click.Group):
    """A group that imports a subcommand's module when it is called, and not to list it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: object = import_module(f"custody.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Where there is no such command, with the one that may have been meant."""
        near = [] if args[0] in COMMANDS else difflib.get_close_matches(args[0], COMMANDS, 1)
        if near:
            ctx.fail(f"there is no command '{args[0]}'; did you mean '{near[0]}'?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="custody")
def group() -> None:
    """A model checker for the contracts by which Linux shares buffers.

    Exit codes: 0 everything asked for holds, 1 something is violated, 2 the request or a specification is wrong,
    3 inconclusive, 70 a fault of Custody's own, 130 interrupted.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code and never raises."""
    try:
        code: object = group.main(list(arguments), prog_name="custody", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return Code.INCONCLUSIVE if error.exit_code == Code.INCONCLUSIVE else Code.WRONG_REQUEST
    except click.Abort:
        click.echo("custody: interrupted", err=True)
        return Code.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Code.WRONG_REQUEST
    except SystemExit as leaving:
        # click ends like this, with 1, when whoever read the output has left: nobody was told a verdict then.
        return Code.WRONG_REQUEST if leaving.code else Code.PASSED
    except Exception as error:
        from custody.cli.fault import tell

        tell(error)
        return Code.FAULT
    return code if isinstance(code, int) else Code.PASSED


def main() -> NoReturn:
    """The entry point of the `custody` command."""
    # What a command makes, it mostly needs to its end: to look for garbage as often as Python does without being told
    # takes half the time of unfolding a large specification.
    gc.set_threshold(50_000, 20, 20)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))
