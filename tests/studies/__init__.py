"""WHAT IF: statistics, fitted cards, adversaries, societies."""
