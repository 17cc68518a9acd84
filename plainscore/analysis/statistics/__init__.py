"""The statistics that stand in every snapshot: logarithms, intervals and draws over counts.

What is computed here comes from whole numbers in a fixed order, draws from a counter: the same
inputs give the same figures. Another engine's logarithm may differ in the last digit, so they are
no part of the content hash that engines share.
"""
