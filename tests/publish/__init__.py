"""Publishing: what stands on the disk, and what a reader sees at every moment."""
