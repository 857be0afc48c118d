"""What the synthetic clip sources share: seeds, names, and frames that are drawn when asked for."""
from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

# Mixed into every seed: splits share no subject, no motion and no scene.
SPLITS = {'train': 1, 'prior': 2, 'val': 3, 'test': 4}


def clip_rng(seed: int, split: str, clip: int, stream: int) -> np.random.Generator:
    """The generator of one stream (body, motion, ...) of one clip."""
    return np.random.default_rng([seed, SPLITS[split], clip, stream])


def check_seed(seed: int, split: str) -> None:
    """Refuse what `clip_rng` must not be given.

    Raises:
        ValueError: a seed outside one word of NumPy's seed sequence (within it no two keys can
            meet), or an unknown split.
    """
    if not 0 <= seed < 2 ** 32:
        raise ValueError(f'seed must lie in 0 to 2**32 - 1, got {seed}')
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")


class RenderedClips(ABC):
    """A clip source (see ``ikp_mm.clips.folders``) whose poses are drawn at construction and whose
    frames are drawn when first asked for; both are kept.

    Args:
        points: (M, T, K, 2) float frame coordinates of the keypoints of M clips of T frames.
        image_size: W = H in pixels.
        prefix: what the clips' names begin with.

    Raises:
        ValueError: an image below 16 pixels.
    """

    def __init__(self, points: np.ndarray, image_size: int, prefix: str) -> None:
        if image_size < 16:
            raise ValueError(f'image_size must be at least 16 pixels, got {image_size}')
        self.image_size = image_size
        self._keypoints, self._prefix = points, prefix
        self._frames: dict[int, np.ndarray] = {}
        self._backgrounds: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._keypoints)

    def name(self, i: int) -> str:
        """Name of clip ``i``."""
        return f'{self._prefix}_{self._index(i):05d}'

    def num_frames(self, i: int) -> int:
        """Number of frames T of clip ``i``."""
        return self._keypoints[self._index(i)].shape[0]

    def frame(self, i: int, t: int) -> np.ndarray:
        """Frame ``t`` of clip ``i``: (H, W, 3) uint8 BGR, not to be written to."""
        if not 0 <= t < self.num_frames(i):
            raise IndexError(f'clip {self.name(i)} has frames 0 to {self.num_frames(i) - 1}, '
                             f'got {t}')
        self._draw(i)
        return self._frames[i][t]

    def background(self, i: int) -> None:
        """No background image is given with a clip: whoever wants one takes the clip's median."""
        self._index(i)

    def true_background(self, i: int) -> np.ndarray:
        """The scene without the figure, (H, W, 3) uint8 BGR. For tests and figures only."""
        self._draw(self._index(i))
        return self._backgrounds[i]

    def keypoints(self, i: int) -> np.ndarray:
        """True keypoints of clip ``i``: (T, K, 2) float32 pixels. For evaluation, not training."""
        return (self._keypoints[self._index(i)] * self.image_size).astype(np.float32)

    @abstractmethod
    def _render(self, i: int) -> tuple[np.ndarray, np.ndarray]:
        """All frames (T, H, W, 3) of clip ``i`` and its background (H, W, 3), uint8 BGR."""

    def _draw(self, i: int) -> None:
        if i not in self._frames:
            frames, background = self._render(i)
            for array in (frames, background):
                array.setflags(write=False)
            self._frames[i], self._backgrounds[i] = frames, background

    def _index(self, i: int) -> int:
        if not 0 <= i < len(self):
            raise IndexError(f'clip index must lie in 0 to {len(self) - 1}, got {i}')
        return i
