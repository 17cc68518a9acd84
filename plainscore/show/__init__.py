"""Who looks: everything here reads published snapshots and nothing else."""
