"""Tables as offices have them, in batches: CSV and TSV, workbooks, JSON Lines, Parquet, databases.

A reader knows the columns before the first row and holds one batch at a time (a workbook: the sheet). A writer's file
appears under its name only when it is complete. Each format has a module of its own; :mod:`.files` chooses.
"""

from appealcls.tables.base import (
    BATCH,
    EXCEL,
    LABEL_COLUMNS,
    TEXT_COLUMNS,
    Batch,
    Dialect,
    Row,
    Table,
    TableWriter,
    cell_text,
    find_column,
)
from appealcls.tables.files import open_table, write_table

__all__ = [
    "BATCH",
    "EXCEL",
    "LABEL_COLUMNS",
    "TEXT_COLUMNS",
    "Batch",
    "Dialect",
    "Row",
    "Table",
    "TableWriter",
    "cell_text",
    "find_column",
    "open_table",
    "write_table",
]
