"""The command ``loopscope``; each subcommand is imported when it is used."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import os
import signal
import sys

import click

from loopscope import __version__
from loopscope.escape import visible

_COMMANDS = {
    "check": "loopscope.cli.commands:check",
    "migrate": "loopscope.cli.commands:migrate",
    "map": "loopscope.cli.commands:map_",
    "verify": "loopscope.cli.verify:verify",
    "rules": "loopscope.cli.guide_commands:rules",
    "explain": "loopscope.cli.guide_commands:explain",
    "server": "loopscope.cli.guide_commands:server",
}
# The short help of each; the list of commands is printed without importing any of them.
_SUMMARIES = {
    "check": "Report what would change and what is left to do by hand.",
    "migrate": "Migrate suites, or show the changes.",
    "map": "Show which tests and fixtures share a loop, before and after.",
    "verify": "Run suites before and after their migration, and compare.",
    "rules": "List the rules, or say what one does and why.",
    "explain": "Name the causes of an error message.",
    "server": "Serve an editor: diagnostics, edits, the loop of a test.",
}
# What people try, since other programs have it.
_HABITS = {
    "help": "--help", "version": "--version", "fix": "migrate", "run": "migrate",
    "diff": "migrate --diff", "review": "migrate --review", "list": "rules",
}  # fmt: skip
_INTERRUPTED = 130  # what a shell reports for a program that SIGINT ended


class LazyGroup(click.Group):
    """A group that knows the names of its commands, and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names in the order in which people need them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or None where there is no such name."""
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name].split(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        command.short_help = _SUMMARIES[cmd_name]
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command.

        Raises:
            click.UsageError: There is none such; the nearest is named.
        """
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-") and not ctx.resilient_parsing:
            from loopscope.cli.choices import did_you_mean

            near = did_you_mean(name, _COMMANDS)
            if name in _HABITS:
                near = f" Did you mean `loopscope {_HABITS[name]}`?"
            if not near and os.path.exists(name):
                near = f" Did you mean `loopscope check {name}`?"
            ctx.fail(f"No such command {name!r}.{near}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _SUMMARIES[name]) for name in self.list_commands(ctx)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def cli() -> None:
    """Move pytest suites from the event_loop fixture of pytest-asyncio to loop scopes.

    A suite is all that pytest runs from one rootdir, such as the tests of a project. All commands
    but verify read source code: nothing of a suite is imported or run. Only migrate writes, and
    not with --diff.

    \b
    Examples:
      loopscope check            what would change, and what is left to do by hand
      loopscope migrate --diff   the same as a patch
      loopscope migrate          write it
    """


def main() -> None:
    """Run the command line and exit: 0, 1 or 2 as documented, 130 on Ctrl-C."""
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)  # by then all is done
    gc.set_threshold(10_000)  # syntax trees are many objects without cycles: look less often
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by the caller: no file may take its number
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # file names may hold what the terminal cannot show
            reconfigure(errors="backslashreplace")
    try:
        _check_directory()
        code = cli(prog_name="loopscope", standalone_mode=False)
        sys.stdout.flush()  # so that a full disk is an error of ours, with a message
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted; no file was left half written.", err=True)
        _leave_interrupted()
    except BrokenPipeError:  # the reader, such as head, has seen enough
        _drop_output()
        code = 1
    except OSError as error:  # whoever opens a file handles its errors: this is a stream's
        _drop_output()
        what = error.filename or "the report"
        with contextlib.suppress(OSError):
            text = f"error: {what} cannot be written: {error.strerror or error}"
            click.echo(visible(text), err=True)
        code = 2
    gc.freeze()  # else Python looks through all that is left, several times, before it ends
    sys.exit(code if isinstance(code, int) else 0)


def _leave_interrupted() -> None:
    """Exit with 130, whatever Python was doing when Ctrl-C came.

    Caught inside ``exec`` (a dataclass is made so, while a module is imported), Python would
    end itself with SIGINT at its very end, though the exception has been handled.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(_INTERRUPTED)


def _check_directory() -> None:
    """Say at once that nothing can be done from a directory that somebody has removed.

    Raises:
        click.UsageError: The current directory is gone.
    """
    try:
        os.getcwd()
    except OSError as error:
        message = f"the current directory is gone ({error.strerror}): change to one that exists"
        raise click.UsageError(message) from None


def _drop_output() -> None:
    """Discard buffered output: Python flushes it at exit, and that would fail as well."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
