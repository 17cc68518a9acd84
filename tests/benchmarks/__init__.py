"""What is written by hand says the same as what is published."""
