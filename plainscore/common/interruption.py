"""Old name of plainscore.common.signals, for branches that are still under way."""

from plainscore.common.signals import Interrupted, noting_interruptions, stop_if_interrupted

__all__ = ["Interrupted", "noting_interruptions", "stop_if_interrupted"]
