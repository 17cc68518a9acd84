"""WHAT IF: statistics that SQL should not do, fitted cards, adversaries, other societies."""
