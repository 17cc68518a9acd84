"""What became of people, and what that says of the scorecards."""
