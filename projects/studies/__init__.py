"""Studies: tables whose rows are runs. ``python -m projects.studies STUDY.py`` (docs/studies.md)."""
