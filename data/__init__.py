"""Where the events come from: the invented world, and the folders where logs land."""
