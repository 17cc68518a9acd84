"""What it costs, beside what it would cost by hand: ``python -m benchmarks --people 10000``."""
