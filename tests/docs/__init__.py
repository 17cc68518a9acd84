"""The documents are run: what they show must be so."""
