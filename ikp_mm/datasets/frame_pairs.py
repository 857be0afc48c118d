"""Training pairs: two frames of one clip, the same appearance in two poses.

Draw number n determines everything: the generator is ``default_rng([seed, 1, n, attempt])``, where
the 1 sets this dataset's stream apart from that of the prior poses, which must be independent.
"""
from __future__ import annotations

from typing import Mapping, Sequence

import numpy as np
import torch
from mmengine.logging import MMLogger
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS
from torch.utils.data import Dataset

from ikp_mm.datasets.background import BackgroundModel
from ikp_mm.datasets.clips import UnreadableFrameError
from ikp_mm.datasets.transforms import RandomSimilarity, RandomThinPlateWarp
from ikp_mm.skeletons import get_skeleton

RNG_STREAM = 1
IMAGES = ('image', 'target', 'appearance')
MAX_ATTEMPTS = 100


def pair_candidates(t: int, num_frames: int, gap: tuple[int, int]) -> np.ndarray:
    """Frames that may be paired with frame t: those at a distance in ``gap``, both directions.

    When the clip is too short to hold any, the farthest frames it has.
    """
    others = np.arange(num_frames)
    distance = np.abs(others - t)
    inside = others[(distance >= gap[0]) & (distance <= gap[1])]
    return inside if len(inside) else others[distance == distance.max()]


def masked(frame: np.ndarray, weight: np.ndarray, fill: np.ndarray) -> np.ndarray:
    """w * frame + (1 - w) * fill: (S, S, 3) uint8 from (S, S) weights in [0, 1] and a BGR fill."""
    w = weight[..., None]
    return np.rint(w * frame + (1.0 - w) * fill).astype(np.uint8)


@DATASETS.register_module()
class FramePairDataset(Dataset):
    """Pairs (x, x') of frames of one clip, with what the reconstruction is asked for.

    ``dataset[draw]`` returns a dict:

    - ``image`` (3, S, S) uint8 BGR tensor: frame x as the network sees it,
    - ``target`` (3, S, S) uint8 BGR: the *same* frame x as the reconstruction is asked for it,
    - ``appearance`` (3, S, S) uint8 BGR: frame x' of the same clip,
    - ``weight`` (1, S, S) float32: foreground weight of x in [0, 1], ones without a background,
    - ``draw`` int.

    x is uniform over all frames of all clips; x' is uniform over the frames of its clip whose
    distance from x lies in ``gap`` (either direction; the farthest frame where there is none).

    Unreadable frames are logged once each and counted, and the draw is drawn again, which stays a
    pure function of the draw number. Counts are kept per process: with loader workers each worker
    sees its own share, and each compares its own count with ``max_unreadable``.

    Args:
        clips: a clip source, or the config of one (``image_size`` is passed on to it).
        image_size: side S of the frames.
        gap: (min, max) distance of the two frames in frames, inclusive.
        background: None, or a dict for ``BackgroundModel`` (source, camera_pattern, max_frames,
            threshold, softness, blur, closing, same_light, quantile) and ``fill``, the grey level
            0..255 or (B, G, R) that takes the background's place, default 127.
        mask: which of 'image', 'target', 'appearance' get their background filled. None means
            target and appearance when there is a background, nothing otherwise.
        augment: None, or a dict for ``RandomSimilarity`` (flip, rotate_deg, scale, shift), applied
            alike to both frames and to their weights before filling, so the fill stays exact.
        appearance_warp: None, or a dict for ``RandomThinPlateWarp`` (points, strength), applied to
            the appearance frame and its weight.
        max_unreadable: largest fraction of all frames that may turn out unreadable.
        skeleton: topology of what is learnt (anything ``get_skeleton`` reads). The pairs hold no
            joint; it becomes ``metainfo``, which MMEngine puts into checkpoints and hands to
            metrics and visualizers. None leaves ``metainfo`` away.
        seed: None takes the run's seed, handed over by ``GlobalDrawSampler``.

    Raises:
        ValueError: bad options; a mask without a background; frames of another size.
        RuntimeError: too many unreadable frames, with their names; no seed.
    """

    def __init__(self, clips, image_size: int, gap: Sequence[int] = (1, 30),
                 background: Mapping | None = None, mask: Sequence[str] | None = None,
                 augment: Mapping | None = None, appearance_warp: Mapping | None = None,
                 max_unreadable: float = 0.01, skeleton=None, seed: int | None = None) -> None:
        if len(gap) != 2 or not 0 <= gap[0] <= gap[1]:
            raise ValueError(f'gap is (min, max) with 0 <= min <= max, got {gap}')
        if not 0 <= max_unreadable <= 1:
            raise ValueError(f'max_unreadable is a fraction in [0, 1], got {max_unreadable}')
        self.image_size = int(image_size)
        self.gap = (int(gap[0]), int(gap[1]))
        self.max_unreadable = float(max_unreadable)
        self.seed = seed
        self._own_seed = seed is not None
        self.clips = (DATASETS.build(clips, default_args=dict(image_size=self.image_size))
                      if isinstance(clips, Mapping) else clips)
        self._read_background(background, mask)
        self.augment = None if augment is None else RandomSimilarity(**augment)
        self.appearance_warp = (None if appearance_warp is None
                                else RandomThinPlateWarp(**appearance_warp))
        counts = [self.clips.num_frames(i) for i in range(len(self.clips))]
        self._ends = np.cumsum(counts)
        self.num_frames = int(self._ends[-1])
        self._unreadable: dict[tuple[int, int], str] = {}
        if skeleton is not None:
            self.metainfo = parse_pose_metainfo(get_skeleton(skeleton).to_metainfo())

    def __len__(self) -> int:
        """Nominal length: the number of frames. Any draw number >= 0 is valid."""
        return self.num_frames

    def __getitem__(self, draw: int) -> dict:
        rng, clip, frame, other = self._draw_readable(draw)[:4]
        return self._assemble(rng, int(draw), clip, frame, other)

    def pair_of(self, draw: int) -> tuple[int, int, int]:
        """Clip, frame number of x and frame number of x' that this draw shows."""
        return self._draw_readable(draw)[4]

    def _draw_readable(self, draw: int):
        """Generator, clip, both frames, and (clip, t, t') of the first readable pair."""
        if self.seed is None:
            raise RuntimeError('FramePairDataset has no seed: give seed=..., or use '
                               'GlobalDrawSampler, which hands over the run\'s seed')
        for attempt in range(MAX_ATTEMPTS):
            rng = np.random.default_rng([self.seed, RNG_STREAM, draw, attempt])
            clip, t, t_other = self._draw_pair(rng)
            frame, other = self._read(clip, t), self._read(clip, t_other)
            if frame is not None and other is not None:
                return rng, clip, frame, other, (clip, t, t_other)
        raise RuntimeError(f'draw {draw}: {MAX_ATTEMPTS} pairs in a row hold an unreadable frame')

    def set_seed(self, seed: int) -> None:
        """Take the run's seed (again after a resume) unless the config states its own."""
        if not self._own_seed:
            self.seed = int(seed)

    @property
    def unreadable(self) -> list[str]:
        """'file: reason' of each frame that this process could not read so far."""
        return list(self._unreadable.values())

    def _read_background(self, background: Mapping | None, mask: Sequence[str] | None) -> None:
        if isinstance(mask, str) or not set(mask or ()) <= set(IMAGES):
            raise ValueError(f'mask is a list of some of {IMAGES}, got {mask!r}')
        if background is None:
            if mask:
                raise ValueError(f'mask={list(mask)} needs a background to mask by')
            self.background, self.mask = None, frozenset()
            return
        options = dict(background)
        fill = options.pop('fill', 127)
        self.fill = np.broadcast_to(np.asarray(fill, np.float32), (3,))
        if self.fill.min() < 0 or self.fill.max() > 255:
            raise ValueError(f'background fill is in 0..255, got {fill}')
        self.background = BackgroundModel(self.clips, self._read, **options)
        self.mask = frozenset(('target', 'appearance') if mask is None else mask)

    def _draw_pair(self, rng: np.random.Generator) -> tuple[int, int, int]:
        flat = int(rng.integers(self.num_frames))
        clip = int(np.searchsorted(self._ends, flat, side='right'))
        count = self.clips.num_frames(clip)
        t = flat - (int(self._ends[clip]) - count)
        return clip, t, int(rng.choice(pair_candidates(t, count, self.gap)))

    def _assemble(self, rng: np.random.Generator, draw: int, clip: int, frame: np.ndarray,
                  other: np.ndarray) -> dict:
        weight, other_weight = self._weight(clip, frame), self._weight(clip, other)
        if self.augment is not None:
            similarity = self.augment.sample(rng, draw)
            frame, other, weight, other_weight = map(
                similarity.apply_to_image, (frame, other, weight, other_weight))
        if self.appearance_warp is not None:
            displacement = self.appearance_warp.sample_displacement(rng)
            other, other_weight = (self.appearance_warp.apply(image, displacement)
                                   for image in (other, other_weight))
        views = dict(image=(frame, weight), target=(frame, weight),
                     appearance=(other, other_weight))
        item: dict = {}
        for key, (view, view_weight) in views.items():
            filled = masked(view, view_weight, self.fill) if key in self.mask else view
            # A copy: the source may keep the frame in its cache.
            item[key] = torch.from_numpy(filled.transpose(2, 0, 1).copy())
        item['weight'] = torch.from_numpy(weight[None].copy())
        item['draw'] = draw
        return item

    def _weight(self, clip: int, frame: np.ndarray) -> np.ndarray:
        if self.background is None:
            return np.ones(frame.shape[:2], np.float32)
        return self.background.weight(clip, frame)

    def _read(self, clip: int, t: int) -> np.ndarray | None:
        """A frame, or None (counted, named, limited) when it cannot be read."""
        if (clip, t) in self._unreadable:
            return None
        try:
            frame = self.clips.frame(clip, t)
        except UnreadableFrameError as error:
            self._note_unreadable(clip, t, error)
            return None
        expected = (self.image_size, self.image_size, 3)
        if frame.shape != expected:
            raise ValueError(f"clip '{self.clips.name(clip)}' frame {t} has shape {frame.shape}, "
                             f'FramePairDataset(image_size={self.image_size}) needs {expected}')
        return frame

    def _note_unreadable(self, clip: int, t: int, error: UnreadableFrameError) -> None:
        self._unreadable[clip, t] = str(error)
        count = len(self._unreadable)
        MMLogger.get_current_instance().warning(
            f'unreadable frame {error} ({count} of {self.num_frames} so far)')
        if count > self.max_unreadable * self.num_frames:
            raise RuntimeError(
                f'{count} of {self.num_frames} frames are unreadable, more than '
                f'max_unreadable={self.max_unreadable}:\n  ' + '\n  '.join(self.unreadable))
