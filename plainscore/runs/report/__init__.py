"""The report page of a published date: written as a step of every run, or when asked for."""
