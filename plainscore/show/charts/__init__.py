"""Drawings as SVG text, made of plain numbers: no library, no script, no network."""
