"""The sessions of a run: MMEngine logs each into a folder named by the local time."""
from __future__ import annotations

from pathlib import Path

SESSIONS = 'sessions.txt'  # in the work directory: names of these folders, in order


def note_session(work_dir: Path, folder: str) -> None:
    """Add the session that begins, since a clock may be put back between two of them."""
    with open(work_dir / SESSIONS, 'a', encoding='utf-8') as file:
        file.write(f'{folder}\n')


def session_logs(work_dir: Path) -> list[Path]:
    """The JSON logs that hold something, in order of their sessions; those that were not noted
    come first, by name."""
    noted = work_dir / SESSIONS
    names = noted.read_text(encoding='utf-8').splitlines() if noted.is_file() else []
    place = {name: number for number, name in enumerate(names)}
    logs = (path for path in work_dir.glob('*/vis_data/scalars.json') if path.stat().st_size)
    return sorted(logs, key=lambda path: (place.get(path.parts[-3], -1), path))
