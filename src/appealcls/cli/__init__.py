"""The command line: the only part that prints, exits, and opens a path because a user typed it.

Each command has a module of its own. Exit codes: 0 fine, 1 the work failed, 2 wrong usage.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import Final

import appealcls
from appealcls.cli import evaluate, label, predict, report, train
from appealcls.errors import AppealclsError, UsageError

__all__ = ["main"]

FINE, FAILED, WRONG_USAGE = 0, 1, 2
_INTERRUPTED: Final = 130  # 128 + SIGINT, as shells have it


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that has no «№» shows "?" and goes on
    try:
        options = _parser().parse_args(argv)
        logging.basicConfig(
            level=logging.INFO if options.verbose else logging.WARNING,
            format="appealcls: %(message)s",
            stream=sys.stderr,
        )
        command: Callable[[argparse.Namespace], None] = options.command
        command(options)
        sys.stdout.flush()
    except SystemExit as stop:  # argparse has printed what is wrong
        return int(stop.code or 0)
    except UsageError as error:
        print(f"appealcls: {error}", file=sys.stderr)
        return WRONG_USAGE
    except AppealclsError as error:
        print(f"appealcls: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # `appealcls … | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except OSError as error:
        print(f"appealcls: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("appealcls: прервано; чтобы продолжить, повторите ту же команду", file=sys.stderr)
        return _INTERRUPTED
    return FINE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="appealcls",
        description="Темы обращений граждан: разметить файл, определить тему одного текста, обучить и проверить модель, "
        "составить отчёт.",
        epilog="Справка о команде: appealcls КОМАНДА --help.  Пример: appealcls label обращения.xlsx -o с_темами.xlsx",
    )
    parser.add_argument("--version", action="version", version=f"appealcls {appealcls.__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="рассказывать о ходе работы")
    commands = parser.add_subparsers(title="команды", metavar="КОМАНДА", required=True)
    for module in (label, predict, train, evaluate, report):
        module.add(commands)
    return parser
