"""How every command runs: one sentence and a documented exit code on an error, JSON when asked for, quiet progress.

Results go to stdout, everything else to stderr. On a terminal progress is a bar; elsewhere it is a line at the
beginning and one at the end.
"""

from __future__ import annotations

import dataclasses
import errno
import functools
import json
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from churnrisk.errors import CannotWriteError, ChurnriskError, Exit

_CANNOT_WRITE = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)


def answering(reads_settings: bool = True) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Give a command `--config` and `--json`, and turn what happens into output and an exit code.

    The command returns a record; with --json it is printed as one object, otherwise the command has told it.

    Args:
        reads_settings: whether the command gets the path of the settings; one that makes them does not.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., None]:
        @click.option(
            "--config",
            type=click.Path(path_type=Path, dir_okay=False),
            default=Path("churnrisk.toml"),
            show_default=True,
            expose_value=reads_settings,
            help="The project's settings; parameters.toml and policy.toml are looked for beside it."
            if reads_settings
            else "Accepted like everywhere; this command writes settings and reads none.",
        )
        @click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
        @functools.wraps(function)
        def command(*arguments: Any, as_json: bool, **options: Any) -> None:
            sys.exit(running(functools.partial(function, *arguments, as_json=as_json, **options), as_json))

        return command

    return decorate


def running(work: Callable[[], Any], as_json: bool) -> int:
    """Do the work; gives the exit code, and has told what there is to tell."""
    try:
        answer = work()
    except ChurnriskError as error:
        return _tell(error, as_json)
    except KeyboardInterrupt:
        click.echo("Interrupted; what was published before is untouched.", err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever reads our output has closed it, as `head` does.
        sys.stdout = None  # keeps the interpreter from flushing into the closed pipe
        return Exit.DONE
    except OSError as error:
        if error.errno in _CANNOT_WRITE:
            where = error.filename or "the data folder"
            told = CannotWriteError(f"{where} could not be written: {error.strerror}", "Make room, then start again")
            return _tell(told, as_json)
        return _fault(as_json)
    except click.ClickException:
        raise
    except Exception:  # noqa: BLE001  # whatever else escapes is a fault of ours and is shown whole
        return _fault(as_json)
    if as_json and answer is not None:
        click.echo(json.dumps(as_dict(answer), ensure_ascii=False, default=str))
    return Exit.DONE


def as_dict(answer: Any) -> Any:
    """A record as JSON can hold it."""
    return dataclasses.asdict(answer) if dataclasses.is_dataclass(answer) and not isinstance(answer, type) else answer


def _tell(error: ChurnriskError, as_json: bool) -> int:
    click.echo(str(error), err=True)
    if as_json:
        content = {"error": error.fact, "next_step": error.next_step, "exit_code": int(error.exit_code)}
        click.echo(json.dumps({**content, **error.facts}, ensure_ascii=False, default=str))
    return error.exit_code


def _fault(as_json: bool) -> int:
    traceback.print_exc()
    click.echo("This is a fault of churnrisk. What was published before is untouched.", err=True)
    if as_json:
        click.echo(json.dumps({"error": "a fault of churnrisk", "exit_code": int(Exit.FAULT)}))
    return Exit.FAULT


@contextmanager
def progress(description: str, silent: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Something to tell how much is done: a bar on a terminal, two lines elsewhere, nothing when silent."""
    if silent:
        yield _told_nobody
        return
    if not sys.stderr.isatty():
        began = time.monotonic()
        click.echo(f"{description} ...", err=True)
        yield _told_nobody
        click.echo(f"{description}: done in {time.monotonic() - began:.1f} s", err=True)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _told_nobody(_done: int, _of: int) -> None:
    """Where no bar is drawn, nobody is told."""
