"""What ``tools/benchmark.py`` measures: steps, renderer, loading, inference, and a profile."""
