"""A report as Markdown."""

from appealcls.reporting.figures import Figures

__all__ = ["render"]

_NBSP = "\u00a0"


def render(report: Figures) -> str:
    """The report in Russian: totals, then a table of topics whose shares name their base."""
    lines = [
        "# Обращения граждан по темам",
        "",
        f"Всего обращений: {_number(report.total)}, тема определена у {_number(report.classified)}.",
    ]
    if report.review is not None:
        lines.append(
            f"На проверку отмечено: {_number(report.review)} ({_share(report.review / report.total)} от всех обращений)."
        )
    lines += [
        "",
        f"| Тема | Обращений | Доля от {_number(report.classified)} | Ответственное подразделение |",
        "|---|---:|---:|---|",
        *(
            f"| {_cell(topic.name)} | {_number(topic.count)} | {_share(topic.share)} | {_cell(topic.department) or '—'} |"
            for topic in report.topics
        ),
        f"| **Итого** | **{_number(report.classified)}** | **{_share(1.0 if report.classified else 0.0)}** | |",
        "",
    ]
    return "\n".join(lines)


def _number(value: int) -> str:
    return f"{value:,}".replace(",", _NBSP)


def _share(value: float) -> str:
    return f"{100 * value:.1f}{_NBSP}%".replace(".", ",")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
