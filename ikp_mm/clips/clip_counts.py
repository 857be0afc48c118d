"""How many frames the clips of a source have."""
from __future__ import annotations

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.progress import Progress


def clip_counts(clips) -> np.ndarray:
    """Numbers of frames of a source's clips, (M,) int64.

    Taken from the array ``clips.frame_counts`` where the source has one; otherwise every clip is
    asked for its ``num_frames``, and the log says how far that is.

    Args:
        clips: a clip source (see ``ikp_mm.clips.folders``).

    Raises:
        ValueError: ``frame_counts`` does not hold one number a clip.
    """
    counts = getattr(clips, 'frame_counts', None)
    if counts is None:
        progress = Progress(len(clips), f'clips of {type(clips).__name__} asked for their number '
                            'of frames', MMLogger.get_current_instance().info)
        found = np.zeros(len(clips), np.int64)
        for clip in range(len(clips)):
            found[clip] = clips.num_frames(clip)
            progress.at(clip + 1)
        return found
    if np.shape(counts) != (len(clips),):
        raise ValueError(f'{type(clips).__name__}.frame_counts has shape {np.shape(counts)}, it '
                         f'has {len(clips)} clips')
    return np.asarray(counts, np.int64)
