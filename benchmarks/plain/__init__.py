"""The job by hand: SQL that knows nothing of this project but its event files and its card."""
