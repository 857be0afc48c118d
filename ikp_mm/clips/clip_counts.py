"""How many frames the clips of a source have."""
from __future__ import annotations

from typing import Sequence

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.progress import Progress


def clip_counts(clips, which: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
    """Numbers of frames of a source's clips, (M,) int64.

    Taken from the array ``clips.frame_counts`` where the source has one; otherwise every clip is
    asked for its ``num_frames``, and the log says how far that is.

    Args:
        clips: a clip source (see ``ikp_mm.clips.folders``).
        which: numbers of the M clips; None: all of them.

    Raises:
        ValueError: ``frame_counts`` does not hold one number a clip.
    """
    counts = getattr(clips, 'frame_counts', None)
    if counts is None:
        numbers = range(len(clips)) if which is None else which
        progress = Progress(len(numbers), f'clips of {type(clips).__name__} asked for their number '
                            'of frames', MMLogger.get_current_instance().info)
        found = np.zeros(len(numbers), np.int64)
        for i, clip in enumerate(numbers):
            found[i] = clips.num_frames(int(clip))
            progress.at(i + 1)
        return found
    if np.shape(counts) != (len(clips),):
        raise ValueError(f'{type(clips).__name__}.frame_counts has shape {np.shape(counts)}, it '
                         f'has {len(clips)} clips')
    return np.asarray(counts if which is None else counts[which], np.int64)
