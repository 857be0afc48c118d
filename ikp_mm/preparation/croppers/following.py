"""Which of several candidates is the figure that was followed so far."""
from __future__ import annotations

import numpy as np

# Boxes of one figure in two consecutive frames share at least so much.
MIN_OVERLAP = 0.3


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over union of two (x0, y0, x1, y1) with an area."""
    low = np.maximum(first[:2], second[:2])
    high = np.minimum(first[2:], second[2:])
    common = float(np.prod(np.maximum(high - low, 0)))
    areas = float(np.prod(first[2:] - first[:2]) + np.prod(second[2:] - second[:2]))
    return common / (areas - common)


def followed_or_surest(candidates: np.ndarray, scores: np.ndarray, followed: np.ndarray | None
                       ) -> int:
    """Index of the candidate that overlaps most with the one followed, else of the highest score.

    Args:
        candidates: (M, 4) boxes (x0, y0, x1, y1), M >= 1.
        scores: (M,).
        followed: (4,) the last box, None when there is none.
    """
    if followed is not None:
        overlaps = [overlap(followed, candidate) for candidate in candidates]
        if max(overlaps) > MIN_OVERLAP:
            return int(np.argmax(overlaps))
    return int(np.argmax(scores))
