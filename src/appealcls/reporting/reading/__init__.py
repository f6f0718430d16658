"""Labelled rows, whatever their columns are called → a frame of appeals."""

__all__: list[str] = []
