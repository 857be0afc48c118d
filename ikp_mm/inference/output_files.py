"""What tools leave in a folder: written over only if it is theirs and the user says so."""
from __future__ import annotations

import json
from pathlib import Path


def earlier_record(folder: Path, name: str, made_by: str, overwrite: bool) -> dict | None:
    """The json file ``name`` that an earlier call of the tool ``made_by`` left in a folder, to be
    replaced; None without the folder.

    Raises:
        FileExistsError: it may not be replaced (``overwrite``); something else is there.
    """
    if not folder.exists():
        return None
    path = folder / name
    record = json.loads(path.read_text(encoding='utf-8')) if path.is_file() else {}
    if record.get('made_by') != made_by:
        raise FileExistsError(f'{folder} is in the way: it was not made by {made_by}; choose '
                              'another --out')
    if not overwrite:
        raise FileExistsError(f'{folder} is there already: choose another --out, or --overwrite')
    return record
