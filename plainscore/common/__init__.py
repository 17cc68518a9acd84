"""What every package may use: errors, files, text, the writer lock, signals."""
