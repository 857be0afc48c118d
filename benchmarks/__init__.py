"""Speed, beside what it is compared to: ``python -m benchmarks`` (docs/speed.md)."""
