"""Make an index of clips and write it: what ``tools/index_clips.py`` does."""
from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable, Sequence

from ikp_mm.clips.clip_index import DESCRIPTION, KINDS, ClipIndex
from ikp_mm.clips.index_folders import index_folders
from ikp_mm.clips.index_videos import index_videos
from ikp_mm.io.atomic import refuse_existing
from ikp_mm.io.find import BACKGROUND_SUFFIX, IMAGE_SUFFIXES, VIDEO_SUFFIXES


def make_index(root: str | Path, out: str | Path, kind: str = 'folders', workers: int = 0,
               suffixes: Sequence[str] | None = None,
               background_suffix: str | None = BACKGROUND_SUFFIX, overwrite: bool = False,
               say: Callable[[str], None] | None = None) -> ClipIndex:
    """Index the clips below a folder and write the index.

    Args:
        root: the folder of clips.
        out: folder of the index.
        kind: 'folders' or 'videos'.
        workers: processes; 0 is this one alone.
        suffixes: what counts as an image, or as a video; None: what the clip sources take.
        background_suffix: of 'folders', see ``FolderClips``.
        overwrite: replace an index that is there.
        say: is told every ten seconds how far it is.

    Returns:
        The index as it was made.

    Raises:
        ValueError: another kind, a negative number of workers.
        FileExistsError: something is at ``out``.
        FileNotFoundError: no clip below ``root``.
    """
    if kind not in KINDS or workers < 0:
        raise ValueError(f'kind must be one of {KINDS} and workers >= 0, got {kind!r}, {workers}')
    out = Path(out)
    refuse_existing(out, DESCRIPTION, 'clip index', overwrite)
    if kind == 'folders':
        index = index_folders(root, suffixes or IMAGE_SUFFIXES, background_suffix, workers, say)
        index.write(out, overwrite)
        return index
    parts = out.with_name(f'{out.name}.parts')
    index = index_videos(root, suffixes or VIDEO_SUFFIXES, workers, say, parts=parts)
    index.write(out, overwrite)
    # Not before: what was looked through would be lost with an index that cannot be written.
    if parts.exists():
        shutil.rmtree(parts)
    return index
