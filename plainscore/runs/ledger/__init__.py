"""What became of every stage of every (as_of_date, known_on): written as it happens, for people."""
