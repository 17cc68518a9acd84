"""Engines: what runs the transforms."""
