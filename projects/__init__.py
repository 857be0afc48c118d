"""Studies, a folder each. Run their commands from the root of the repository."""
