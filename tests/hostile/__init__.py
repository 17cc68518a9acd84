"""Inputs made to do harm, and what must become of each: CASES lists them all."""
