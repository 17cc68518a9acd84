"""Statistics, fitted cards, gaming, scenarios."""
