"""What several commands share: their options."""

import argparse
from collections.abc import Callable
from typing import Any

__all__ = ["column_options", "command", "jobs", "model_option"]


def command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], None], short: str, long: str
) -> argparse.ArgumentParser:
    """A parser for a command, with what runs it and what its help says."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=short, description=long)
    parser.set_defaults(command=run)
    return parser


def model_option(parser: argparse.ArgumentParser) -> None:
    """``--model``."""
    parser.add_argument("--model", metavar="ПАПКА", help="папка модели (по умолчанию — модель из пакета)")


def column_options(parser: argparse.ArgumentParser) -> None:
    """``--text-column`` and ``--label-column``."""
    parser.add_argument("--text-column", metavar="ИМЯ", help="колонка с текстом; иначе ищется по имени")
    parser.add_argument("--label-column", metavar="ИМЯ", help="колонка с меткой; иначе ищется по имени: topic, тема …")


def jobs(value: str) -> int:
    """A number of processes, as argparse reads it."""
    number = int(value)
    if number == 0 or number < -1:
        raise argparse.ArgumentTypeError("число процессов: 1, 2 …, или -1 — по числу ядер")
    return number
