"""Contracts of tables: read from the heads of SQL files, ordered, rehearsed, documented."""
