"""What every stage costs, and what it costs by hand: ``python -m benchmarks --people 10000``."""
