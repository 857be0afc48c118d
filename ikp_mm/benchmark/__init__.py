"""What ``tools/benchmark.py`` measures: steps, renderer, inference, and a profile."""
