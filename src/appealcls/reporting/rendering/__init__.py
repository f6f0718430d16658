"""Figures → documents: what is said is decided once (:mod:`.document`), each format writes it down."""

__all__: list[str] = []
