"""Fit a scorecard to outcomes: monotone bins, a logistic model, integer points, a report."""
