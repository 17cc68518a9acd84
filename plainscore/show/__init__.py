"""Everything that shows published snapshots; it reads them and nothing else."""

from pathlib import Path

LIVE_APP = Path(__file__).with_name("live.py")
"""The Streamlit app: its arguments are the data directory, and ``invented`` or not."""
