"""A frame of appeals → figures: counts, terms, surges, words, places, recommendations."""

__all__: list[str] = []
