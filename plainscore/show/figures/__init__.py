"""What is told of a snapshot, figure by figure: the report page and the live dashboard show these.

A folder is a page, a file is a figure: ``gaps/groups.sql`` opens with its declaration, in TOML,
and goes on with one SELECT over the published views.
"""
