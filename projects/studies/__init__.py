"""Tables whose rows are runs: ``python -m projects.studies STUDY.py`` (docs/studies.md)."""
