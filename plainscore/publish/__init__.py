"""Publish snapshots: immutable run directories, and a catalog of views over them."""
