"""Read published snapshots and their outcomes to fit a card to them."""
