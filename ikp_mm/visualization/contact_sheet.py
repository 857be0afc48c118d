"""Contact sheets of clips: one row a clip, frames from its first to its last."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ikp_mm.io.frame_sources import evenly_spaced
from ikp_mm.io.pictures import read_image, write_image

from .sheet import make_sheet

ROWS_A_PAGE = 20
FRAMES_A_ROW = 10


def write_contact_sheets(clips: Sequence[tuple[str, Sequence[Path]]], out: Path,
                         stem: str = 'contact_sheet', cell: int = 96) -> list[Path]:
    """Pages of 20 clips; earlier pages of the same stem are replaced.

    Args:
        clips: label and image files of each.
        out: folder of the pages ``<stem>_00.jpg``, ``<stem>_01.jpg`` ...
        cell: side of a picture in pixels.

    Returns:
        list: the pages, none without clips.

    Raises:
        ValueError: a clip without images.
        OSError: an image that cannot be read, a page that cannot be written.
    """
    for old in out.glob(f'{stem}_*.jpg'):
        old.unlink()
    pages = []
    for start in range(0, len(clips), ROWS_A_PAGE):
        labels, rows = [], []
        for label, files in clips[start:start + ROWS_A_PAGE]:
            if not files:
                raise ValueError(f"clip '{label}' has no images")
            labels.append(label)
            rows.append({str(column): read_image(files[index])
                         for column, index in enumerate(
                             evenly_spaced(len(files), FRAMES_A_ROW), start=1)})
        sheet = make_sheet(rows, [str(column + 1) for column in range(FRAMES_A_ROW)], cell=cell,
                           row_labels=labels)
        page = out / f'{stem}_{len(pages):02d}.jpg'
        write_image(page, sheet)
        pages.append(page)
    return pages
