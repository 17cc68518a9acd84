"""Checks between the stages of a run: constraints of contracts, and assertions across tables.

DuckDB counts the rows that break each of them (``verdicts``); Great Expectations validates those
verdicts, once for each stage (``validate``).
"""
