"""How every semeq command ends: an answer, or one line that says what to do and an exit code.

click, not the typer that stands on it: typer 0.27 and later load pydantic at every start, which cost `semeq eq` as much
time again as all the rest of it.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Mapping
from importlib import import_module
from types import FrameType
from typing import Any, NoReturn

import click

from semeq.errors import SemeqError

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_INTERRUPTED = 130


class _Group(click.Group):
    """A group some of whose commands are imported only when they are called, or listed."""

    def __init__(self, later: Mapping[str, str], **said: Any) -> None:
        super().__init__(**said)
        self._later = later

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._later})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._later:
            return super().get_command(ctx, cmd_name)
        module, _, name = self._later[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


def new_group(help_text: str, later: Mapping[str, str] | None = None) -> click.Group:
    """A command with subcommands: help without arguments, the version of semeq.

    ``later`` are commands that are imported when they are called: "module:name" by name.
    """
    group = _Group(later or {}, help=help_text, no_args_is_help=True, context_settings=SETTINGS)
    return click.version_option(package_name="semeq", prog_name="semeq", message="%(prog)s %(version)s")(group)


def run(command: click.Command, name: str) -> NoReturn:
    """Run ``command`` and leave: 0 done, 1 failed, 2 asked the wrong way, 130 stopped by Ctrl-C."""
    if threading.current_thread() is threading.main_thread():
        for polite in {"SIGTERM", "SIGHUP"} & set(dir(signal)):  # clean up as after Ctrl-C
            signal.signal(getattr(signal, polite), _stop)
    for stream in (sys.stdout, sys.stderr):  # a file name may hold bytes that no encoding has
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = command.main(standalone_mode=False, prog_name=name)
        if sys.stdout is not None:
            sys.stdout.flush()
    except SemeqError as error:  # foreseen: one line. Anything else is our bug: traceback.
        leave(name, str(error), error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = 0
    except click.NoSuchOption as error:
        hint = ": write -- before words that begin with a dash" if error.option_name[1:2].isdigit() else ""
        path = error.ctx.command_path if error.ctx else name
        leave(name, f"no option {error.option_name}{hint}; see {path} --help", 2)
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else name
        leave(name, f"{error.format_message().rstrip('.')}; see {path} --help", 2)
    except click.ClickException as error:
        leave(name, error.format_message(), 1)
    except (KeyboardInterrupt, click.Abort):
        leave(name, "stopped; nothing half-written was left", _INTERRUPTED)
    except (BrokenPipeError, SystemExit) as error:  # `semeq words | head`, which click turns into an exit
        _forget_stdout()
        code = 0 if isinstance(error, BrokenPipeError) or error.code == 1 else error.code
    except OSError as error:  # the system said no where nobody asked it before
        _forget_stdout()
        what = f"{error.filename}: " if error.filename else ""
        leave(name, f"{what}{error.strerror}; free some space or give another place", 1)
    sys.exit(code if isinstance(code, int) else 0)


def _forget_stdout() -> None:
    """Nothing more can be written there; Python must not try again on its way out."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def leave(name: str, message: str, code: int) -> NoReturn:
    """Say one line on stderr and exit."""
    with contextlib.suppress(OSError):
        click.echo(f"{name}: {' '.join(message.split())}", err=True)
    sys.exit(code)
