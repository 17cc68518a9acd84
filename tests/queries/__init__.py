"""The worked questions."""
