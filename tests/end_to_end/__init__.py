"""Black-box tests: the command line on files, judged by what it publishes."""
