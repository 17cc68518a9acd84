"""Tests of plainscore."""
