"""Long campaigns, each a command of its own: ``python -m tests.campaigns.kills --help``."""
