"""Contact sheets of clips: one row a clip, frames from its first to its last."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ikp_mm.io.frame_sources import evenly_spaced
from ikp_mm.io.pictures import read_image, write_image

from .sheet import make_sheet

ROWS_A_PAGE = 20
FRAMES_A_ROW = 10
CELL = 96  # side of a picture, pixels


def write_contact_sheets(clips: Sequence[tuple[str, Sequence[Path]]], out: Path) -> list[Path]:
    """Pages of 20 clips; earlier pages are replaced.

    Args:
        clips: label and image files of each, at least one.
        out: folder of the pages ``contact_sheet_00.jpg``, ``contact_sheet_01.jpg`` ...

    Returns:
        list: the pages, none without clips.

    Raises:
        OSError: an image that cannot be read, a page that cannot be written.
    """
    for old in out.glob('contact_sheet_*.jpg'):
        old.unlink()
    pages = []
    for start in range(0, len(clips), ROWS_A_PAGE):
        labels, rows = [], []
        for label, files in clips[start:start + ROWS_A_PAGE]:
            labels.append(label)
            rows.append({str(column): read_image(files[index])
                         for column, index in enumerate(
                             evenly_spaced(len(files), FRAMES_A_ROW), start=1)})
        sheet = make_sheet(rows, [str(column + 1) for column in range(FRAMES_A_ROW)], cell=CELL,
                           row_labels=labels)
        page = out / f'contact_sheet_{len(pages):02d}.jpg'
        write_image(page, sheet)
        pages.append(page)
    return pages
