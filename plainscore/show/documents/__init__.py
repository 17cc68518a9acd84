"""Documents about a snapshot, filled with its own figures: a model card, and a datasheet."""
