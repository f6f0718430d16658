"""What the commands print: tables, shares, JSON and a line of progress."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from appealcls.archive import Progress

__all__ = ["counting", "percent", "print_json", "text_table"]


@contextmanager
def counting(what: str) -> Iterator[Callable[[Progress], None]]:
    """A line with the part done, the rate and the time left; on a terminal and after the first second only."""
    from tqdm import tqdm

    form = "{desc}: {percentage:3.0f}% |{bar}| {postfix} [{elapsed}, осталось {remaining}]"
    with tqdm(
        desc=what, total=1.0, delay=1, disable=not sys.stderr.isatty(), leave=False, bar_format=form, ncols=90
    ) as bar:
        begin = time.perf_counter()

        def advance(progress: Progress) -> None:
            rate = progress.rows / max(time.perf_counter() - begin, 1e-9)
            bar.set_postfix_str(f"{progress.rows:,} обр., {rate:,.0f} в секунду".replace(",", " "), refresh=False)
            if progress.total:
                bar.update((progress.done or 0) / progress.total - bar.n)

        yield advance


def print_json(data: Any) -> None:
    """Print data for machines."""
    print(json.dumps(data, ensure_ascii=False, indent=1))


def text_table(rows: Sequence[Sequence[object]], header: Sequence[str], left: int = 1) -> str:
    """Columns aligned by width, the first ``left`` of them to the left."""
    cells = [list(map(str, row)) for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    lines = [
        "  ".join(cell.ljust(width) if i < left else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in cells
    ]  # fmt: skip
    return "\n".join([lines[0], "-" * min(100, sum(widths) + 2 * (len(widths) - 1)), *lines[1:]])


def percent(part: float, whole: float = 1.0) -> str:
    """A share as Russian writes it: «12,5 %»."""
    return f"{100 * part / whole if whole else 0:.1f} %".replace(".", ",")
