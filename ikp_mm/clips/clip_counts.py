"""How many frames the clips of a source have."""
from __future__ import annotations

import numpy as np


def clip_counts(clips) -> np.ndarray:
    """Numbers of frames of a source's clips, (M,) int64.

    Taken from the array ``clips.frame_counts`` where the source has one; otherwise every clip is
    asked for its ``num_frames``.

    Args:
        clips: a clip source (see ``ikp_mm.clips.folders``).

    Raises:
        ValueError: ``frame_counts`` does not hold one number a clip.
    """
    counts = getattr(clips, 'frame_counts', None)
    if counts is None:
        return np.fromiter((clips.num_frames(clip) for clip in range(len(clips))), np.int64,
                           len(clips))
    if np.shape(counts) != (len(clips),):
        raise ValueError(f'{type(clips).__name__}.frame_counts has shape {np.shape(counts)}, it '
                         f'has {len(clips)} clips')
    return np.asarray(counts, np.int64)
