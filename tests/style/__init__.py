"""House rules: how the project is written, held by tests."""
