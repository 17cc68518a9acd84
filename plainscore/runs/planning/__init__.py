"""What a run would do and why, found out without doing it: reads only, and needs no lock."""
