"""A few hundred people, explained in full, for a page that has no server to ask."""
