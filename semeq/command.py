"""How every semeq command ends: an answer, or one line that says what to do and an exit code.

click, not the typer that stands on it: typer 0.27 and later load pydantic at every start, which cost `semeq eq` as much
time again as all the rest of it.
"""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

import click

from semeq.errors import SemeqError

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_INTERRUPTED = 130


def new_group(help_text: str) -> click.Group:
    """A command with subcommands: help without arguments, the version of semeq."""
    group = click.Group(help=help_text, no_args_is_help=True, context_settings=SETTINGS)
    return click.version_option(package_name="semeq", prog_name="semeq", message="%(prog)s %(version)s")(group)


def run(command: click.Command, name: str) -> NoReturn:
    """Run ``command`` and leave: 0 done, 1 failed, 2 asked the wrong way, 130 stopped by Ctrl-C."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _stop)  # so that a polite kill cleans up as Ctrl-C does
    try:
        code = command.main(standalone_mode=False, prog_name=name)
    except SemeqError as error:  # foreseen: one line. Anything else is our bug: traceback.
        leave(name, str(error), error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = 0
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else name
        leave(name, f"{error.format_message().rstrip('.')}; see {path} --help", 2)
    except click.ClickException as error:
        leave(name, error.format_message(), 1)
    except (KeyboardInterrupt, click.Abort):
        leave(name, "stopped; nothing half-written was left", _INTERRUPTED)
    except BrokenPipeError:  # `semeq words | head`
        sys.stderr.close()
        code = 0
    sys.exit(code if isinstance(code, int) else 0)


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def leave(name: str, message: str, code: int) -> NoReturn:
    """Say one line on stderr and exit."""
    click.echo(f"{name}: {' '.join(message.split())}", err=True)
    sys.exit(code)
