"""Training pairs: two frames of one clip, the same appearance in two poses.

Draw number n determines everything: the generator is ``default_rng([seed, 1, n, attempt])``, where
the 1 sets this dataset's stream apart from that of the prior poses, which must be independent.
"""
from __future__ import annotations

from typing import Callable, Mapping, NamedTuple, Sequence

import cv2
import numpy as np
import torch
from mmengine.dataset import Compose
from mmengine.logging import MMLogger
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS
from torch.utils.data import Dataset

from ikp_mm.clips.background import BackgroundModel, GivenMasks
from ikp_mm.clips.transforms import RandomSimilarity, RandomThinPlateWarp, look_up
from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.io.progress import Progress
from ikp_mm.skeletons import get_skeleton

RNG_STREAM = 1
IMAGES = ('image', 'target', 'appearance')
MAX_ATTEMPTS = 100
UNIFORM = ('frames', 'clips')
NUM_COLOURS = 8
# Fraction of the frame that must be foreground for its centre to mean anything.
LEAST_FOREGROUND = 0.01
# With uniform='clips': the first so many clips share one allowance of unreadable ones.
FIRST_CLIPS = 1000
# So many unreadable frames or clips are kept with their reason; of the rest, just the numbers.
MAX_NAMED = 1000


def clip_counts(clips) -> np.ndarray:
    """Numbers of frames of a source's clips, (M,) int64: the array ``clips.frame_counts`` where the
    source has one, else what each clip says, and the log says how far that is.

    Raises:
        ValueError: ``frame_counts`` does not hold one number a clip.
    """
    kind, counts = type(clips).__name__, getattr(clips, 'frame_counts', None)
    if counts is None:
        progress = Progress(len(clips), f'clips of {kind} asked for their number of frames',
                            MMLogger.get_current_instance().info)
        counts = []
        for clip in range(len(clips)):
            counts.append(clips.num_frames(clip))
            progress.at(clip + 1)
    elif np.shape(counts) != (len(clips),):
        raise ValueError(f'{kind}.frame_counts has shape {np.shape(counts)}, it has {len(clips)} '
                         'clips')
    return np.asarray(counts, np.int64)


def pair_candidates(t: int, num_frames: int, gap: tuple[int, int]) -> tuple[range, range]:
    """Frames that may be paired with frame t, ascending: those up to t, and those after it, at a
    distance in ``gap``; when the clip is too short to hold any, the farthest frames it has."""
    before = range(max(0, t - gap[1]), t - gap[0] + 1)
    after = range(t + max(gap[0], 1), min(num_frames, t + gap[1] + 1))  # t itself stands before
    if not before and not after:
        farthest = max(t, num_frames - 1 - t)
        return pair_candidates(t, num_frames, (farthest, farthest))
    return before, after


def draw_partner(rng: np.random.Generator, t: int, num_frames: int, gap: tuple[int, int]) -> int:
    """One of ``pair_candidates``, all alike likely, as ``rng.choice`` of an array of them gives."""
    before, after = pair_candidates(t, num_frames, gap)
    drawn = int(rng.integers(len(before) + len(after)))
    return before[drawn] if drawn < len(before) else after[drawn - len(before)]


def masked(frame: np.ndarray, weight: np.ndarray, fill: np.ndarray) -> np.ndarray:
    """w * frame + (1 - w) * fill: (S, S, 3) uint8 from (S, S) weights in [0, 1] and a BGR fill
    (3,)."""
    # A channel at a time, as tensors want it: half the time, and the result is a view.
    planes = np.ascontiguousarray(frame.transpose(2, 0, 1)) * weight
    planes += (1.0 - weight) * fill[:, None, None]
    return np.rint(planes, out=planes).astype(np.uint8).transpose(1, 2, 0)


def weight_centre(weight: np.ndarray) -> np.ndarray | None:
    """Centre of (S, S) weights, (x, y) in fractions of the side; None where next to none is."""
    total = float(weight.sum())
    if total < LEAST_FOREGROUND * weight.size:
        return None
    places = np.arange(len(weight), dtype=np.float32) / len(weight)
    return np.array([(weight.sum(axis=0) * places).sum(), (weight.sum(axis=1) * places).sum()],
                    np.float32) / np.float32(total)


def blur_away(rng: np.random.Generator, frame: np.ndarray) -> np.ndarray:
    """A frame (S, S, 3) reduced to a few blots, so that no figure can be told in it."""
    side = len(frame)
    cells = max(2, side // int(rng.integers(5, 17)))
    small = cv2.resize(frame, (cells, cells), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)


def draw_colours(rng: np.random.Generator, frame: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(8, 3) uint8 pixels of (S, S, 3), each as likely as it is foreground."""
    chances = np.cumsum(weight.ravel() + 1e-3, dtype=np.float64)
    picked = np.searchsorted(chances, rng.random(NUM_COLOURS) * chances[-1])
    return frame.reshape(-1, 3)[np.minimum(picked, chances.size - 1)]


class _Pair(NamedTuple):
    """A readable pair: its clip, frame numbers, (S, S, 3) frames and (S, S) foreground weights."""

    clip: int
    t: int
    t_other: int
    frame: np.ndarray
    other: np.ndarray
    weight: np.ndarray
    other_weight: np.ndarray


@DATASETS.register_module()
class FramePairDataset(Dataset):
    """Pairs (x, x') of frames of one clip, with what the reconstruction is asked for.

    ``dataset[draw]`` returns a dict of tensors, pictures as (3, S, S) uint8 BGR:

    - ``image``: frame x as the network sees it,
    - ``target``: the *same* frame x as the reconstruction is asked for it,
    - ``appearance``: frame x' of the same clip,
    - ``weight`` (1, S, S) float32: foreground weight of x in [0, 1], ones without a background,
    - ``scene``: what lies behind the figure: the clip's background where the reconstruction is
      masked by it, else the frame, blurred until no figure is seen,
    - ``colours`` (8, 3) uint8 BGR: pixels of x, each as likely as it is foreground,
    - ``motion`` (2,) float32: how far the foreground's centre moves from the earlier of the two
      frames to the later, (x, y), fractions of the side; zeros without a background,
    - ``draw`` int.

    x is uniform over all frames of all clips, or uniform over the frames of a clip that is uniform
    over all clips (``uniform``); x' is uniform over the frames of its clip whose distance from x
    lies in ``gap`` (either direction; the farthest frame where there is none).

    Unreadable frames (with ``uniform='clips'`` also clips that cannot be opened) are logged once
    each and counted, and the draw is drawn again, which stays a pure function of the draw number.
    Each loader worker counts its own and compares that with ``max_unreadable``.

    Args:
        clips: a clip source, or the config of one (``image_size`` is passed on to it).
        image_size: side S of the frames.
        gap: (min, max) distance of the two frames in frames, inclusive.
        background: None, or a dict for ``BackgroundModel`` (source, threshold, softness, blur,
            cache) and ``fill``, the grey level 0..255 or (B, G, R) that takes the background's
            place, default 127; or ``dict(source='mask', fill=...)``: the weights are the masks
            that the clips come with.
        mask: which of 'image', 'target', 'appearance' get their background filled. None means
            target and appearance when there is a background, nothing otherwise.
        augment: None, or a dict for ``RandomSimilarity`` (flip, rotate_deg, scale, shift), applied
            alike to both frames and to their weights before filling, so the fill stays exact.
        appearance_warp: None, or a dict for ``RandomThinPlateWarp`` (points, strength), applied to
            the appearance frame and its weight.
        max_unreadable: largest fraction of all frames that may turn out unreadable. With
            ``uniform='clips'``: of the clips drawn so far (at least 1000, or all, being granted
            at once) that may turn out to hold something unreadable.
        skeleton: topology of what is learnt (anything ``get_skeleton`` reads). The pairs hold no
            joint; it becomes ``metainfo``, which MMEngine puts into checkpoints and hands to
            metrics and visualizers. None leaves ``metainfo`` away.
        seed: None takes the run's seed, handed over by ``GlobalDrawSampler``.
        uniform: 'frames' counts the frames of all clips when built; 'clips' opens a clip when it
            is drawn, for sets too large to look through. A long clip's frames are then drawn more
            rarely than a short one's.
        pipeline: how the trained detector reads an image, an MMPose test pipeline. The pairs do not
            go through it; ``inference_topdown``, the demo, pseudo-labels and export look for it in
            ``test_dataloader.dataset`` of a config, which without labels is this dataset.
        prior: config of the pose prior: a background of source 'auto' asks it where figures stand.
        for_score: items also hold what the label-free score asks for: ``neighbour``, the frame
            after x (before it, if x is the last; x itself if unreadable), and, where there is a
            ``prior``, ``pose`` (K, 2) and ``pose_visible`` (K,), one of its poses to be painted
            over the scene.

    Attributes:
        unreadable (list[str]): 'file: reason' of each frame or clip that this process could not
            read so far; of more than a thousand the first thousand.

    Raises:
        ValueError: bad options; a mask without a background; frames of another size.
        RuntimeError: too many unreadable frames, with their names; no seed.
    """

    def __init__(self, clips, image_size: int, gap: Sequence[int] = (1, 30),
                 background: Mapping | None = None, mask: Sequence[str] | None = None,
                 augment: Mapping | None = None, appearance_warp: Mapping | None = None,
                 max_unreadable: float = 0.01, skeleton=None, seed: int | None = None,
                 uniform: str = 'frames', pipeline: Sequence[Mapping] | None = None,
                 prior: Mapping | None = None, for_score: bool = False) -> None:
        if len(gap) != 2 or not 0 <= gap[0] <= gap[1]:
            raise ValueError(f'gap is (min, max) with 0 <= min <= max, got {gap}')
        if not 0 <= max_unreadable <= 1:
            raise ValueError(f'max_unreadable is a fraction in [0, 1], got {max_unreadable}')
        if uniform not in UNIFORM:
            raise ValueError(f'uniform must be one of {UNIFORM}, got {uniform!r}')
        self.image_size, self.uniform = int(image_size), uniform
        self.gap = (int(gap[0]), int(gap[1]))
        self.max_unreadable = float(max_unreadable)
        self.seed, self._own_seed = seed, seed is not None
        self.for_score, self._poses = for_score, None
        if for_score and prior is not None:
            self._poses = DATASETS.build({**prior, 'jitter': None, 'seed': 0})
        self.pipeline = None if pipeline is None else Compose(pipeline)
        self.clips = (DATASETS.build(clips, default_args=dict(image_size=self.image_size))
                      if isinstance(clips, Mapping) else clips)
        self._read_background(background, mask, prior)
        self.augment = None if augment is None else RandomSimilarity(**augment)
        self.appearance_warp = (None if appearance_warp is None
                                else RandomThinPlateWarp(**appearance_warp))
        if uniform == 'frames':
            self._ends = np.cumsum(clip_counts(self.clips))
            self._length = int(self._ends[-1])
        else:
            self._drawn, self._length = np.zeros(len(self.clips), bool), len(self.clips)
        # Clip and frame; the frame is None where the clip as a whole cannot be opened.
        self._unreadable: set[tuple[int, int | None]] = set()
        self.unreadable: list[str] = []
        if skeleton is not None:
            self.metainfo = parse_pose_metainfo(get_skeleton(skeleton).to_metainfo())

    def __len__(self) -> int:
        """Nominal length: the number of frames, or of clips. Any draw number >= 0 is valid."""
        return self._length

    def __getitem__(self, draw: int) -> dict:
        return self._assemble(int(draw), *self._draw_readable(draw))

    def pair_of(self, draw: int) -> tuple[int, int, int]:
        """Clip, frame number of x and frame number of x' that this draw shows."""
        pair = self._draw_readable(draw)[1]
        return pair.clip, pair.t, pair.t_other

    def _draw_readable(self, draw: int) -> tuple[np.random.Generator, _Pair]:
        """The first readable pair, and the generator that goes on with the augmentation."""
        if self.seed is None:
            raise RuntimeError('FramePairDataset has no seed: give seed=..., or use '
                               "GlobalDrawSampler, which hands over the run's seed")
        for attempt in range(MAX_ATTEMPTS):
            rng = np.random.default_rng([self.seed, RNG_STREAM, draw, attempt])
            numbers = self._draw_pair(rng)
            if numbers is None:
                continue
            clip, t, t_other = numbers
            frame, other = self._read(clip, t), self._read(clip, t_other)
            if frame is None or other is None:
                continue
            weight = self._weight(clip, t, frame)
            other_weight = self._weight(clip, t_other, other)
            if weight is not None and other_weight is not None:
                return rng, _Pair(clip, t, t_other, frame, other, weight, other_weight)
        raise RuntimeError(f'draw {draw}: {MAX_ATTEMPTS} pairs in a row hold an unreadable frame')

    def set_seed(self, seed: int) -> None:
        """Take the run's seed (again after a resume) unless the config states its own."""
        if not self._own_seed:
            self.seed = int(seed)

    def _read_background(self, background: Mapping | None, mask: Sequence[str] | None,
                         prior: Mapping | None) -> None:
        if isinstance(mask, str) or not set(mask or ()) <= set(IMAGES):
            raise ValueError(f'mask is a list of some of {IMAGES}, got {mask!r}')
        self.background = self.masks = None
        self.mask = frozenset()
        if background is None:
            if mask:
                raise ValueError(f'mask={list(mask)} needs a background to mask by')
            return
        options = dict(background)
        fill = options.pop('fill', 127)
        self.fill = np.broadcast_to(np.asarray(fill, np.float32), (3,))
        if self.fill.min() < 0 or self.fill.max() > 255:
            raise ValueError(f'background fill is in 0..255, got {fill}')
        if options.get('source') == 'mask':
            del options['source']
            self.masks = GivenMasks(self.clips, self.image_size, **options)
        else:
            if options.get('source') == 'auto':
                options.update(image_size=self.image_size, prior=prior)
            self.background = BackgroundModel(self.clips, self._read, **options)
        self.mask = frozenset(('target', 'appearance') if mask is None else mask)

    def _draw_pair(self, rng: np.random.Generator) -> tuple[int, int, int] | None:
        """Clip, t, t'; None when the clip cannot be opened to see how many frames it has."""
        if self.uniform == 'frames':
            flat = int(rng.integers(self._length))
            clip = int(np.searchsorted(self._ends, flat, side='right'))
            count = self.clips.num_frames(clip)
            t = flat - (int(self._ends[clip]) - count)
        else:
            clip = int(rng.integers(self._length))
            self._drawn[clip] = True
            count = self._readable(clip, None, lambda: self.clips.num_frames(clip))
            if count is None:
                return None
            t = int(rng.integers(count))
        return clip, t, draw_partner(rng, t, count, self.gap)

    def _assemble(self, draw: int, rng: np.random.Generator, pair: _Pair) -> dict:
        _, _, _, frame, other, weight, other_weight = pair
        if self.augment is not None:
            similarity = self.augment.sample(rng, draw)
            frame, other, weight, other_weight = map(
                similarity.apply_to_image, (frame, other, weight, other_weight))
        if self.appearance_warp is not None:
            positions = self.appearance_warp.positions(
                self.appearance_warp.sample_displacement(rng), self.image_size)
            other, other_weight = look_up(other, positions), look_up(other_weight, positions)
        views = dict(image=(frame, weight), target=(frame, weight),
                     appearance=(other, other_weight))
        item: dict = {key: _tensor(masked(view, view_weight, self.fill) if key in self.mask
                                   else view) for key, (view, view_weight) in views.items()}
        item['weight'] = torch.from_numpy(weight[None].copy())
        item['motion'] = torch.from_numpy(self._motion(pair, weight, other_weight))
        item['scene'] = _tensor(self._scene(rng, pair))
        item['colours'] = torch.from_numpy(draw_colours(rng, frame, weight))
        item['draw'] = draw
        if self.for_score:
            last = pair.t + 1 >= self.clips.num_frames(pair.clip)
            beside = self._read(pair.clip, pair.t - 1 if last else pair.t + 1)
            item['neighbour'] = _tensor(frame if beside is None else beside)
        if self._poses is not None:
            posed = self._poses[draw]
            item.update(pose=posed['keypoints'], pose_visible=posed['visible'])
        return item

    def _motion(self, pair: _Pair, weight: np.ndarray, other_weight: np.ndarray) -> np.ndarray:
        there = here = None
        if self.background is not None or self.masks is not None:
            there, here = weight_centre(other_weight), weight_centre(weight)
        if there is None or here is None:
            return np.zeros(2, np.float32)
        return (there - here) * np.float32(np.sign(pair.t_other - pair.t))

    def _scene(self, rng: np.random.Generator, pair: _Pair) -> np.ndarray:
        if self.background is not None and self.mask:
            scene = self.background.scene(pair.clip)
            if scene is not None:
                return scene
        return blur_away(rng, pair.frame)

    def _weight(self, clip: int, t: int, frame: np.ndarray) -> np.ndarray | None:
        """Foreground weight (S, S) of a frame, or None when its mask cannot be read."""
        if self.background is not None:
            return self.background.weight(clip, frame)
        if self.masks is None:
            return np.ones(frame.shape[:2], np.float32)
        return self._readable(clip, t, lambda: self.masks.weight(clip, t))

    def _read(self, clip: int, t: int) -> np.ndarray | None:
        frame = self._readable(clip, t, lambda: self.clips.frame(clip, t))
        expected = (self.image_size, self.image_size, 3)
        if frame is not None and frame.shape != expected:
            raise ValueError(f"clip '{self.clips.name(clip)}' frame {t} has shape {frame.shape}, "
                             f'FramePairDataset(image_size={self.image_size}) needs {expected}')
        return frame

    def _readable(self, clip: int, t: int | None, read: Callable):
        """What ``read()`` gives, or None (counted, named, limited) when it cannot be read."""
        if (clip, t) in self._unreadable:
            return None
        try:
            return read()
        except UnreadableFrameError as error:
            self._unreadable.add((clip, t))
            self._note(str(error))
        return None

    def _note(self, unreadable: str) -> None:
        if len(self.unreadable) < MAX_NAMED:
            self.unreadable.append(unreadable)
        count, of, what = len(self._unreadable), self._length, 'frames'
        if self.uniform == 'clips':
            count = len({clip for clip, _ in self._unreadable})
            of = max(int(self._drawn.sum()), min(FIRST_CLIPS, self._length))
            what = 'clips'
        MMLogger.get_current_instance().warning(
            f'unreadable frame {unreadable} ({count} of {of} {what} so far)')
        if count > self.max_unreadable * of:
            unnamed = len(self._unreadable) - len(self.unreadable)
            raise RuntimeError(
                f'{count} of {of} {what} are unreadable, more than '
                f'max_unreadable={self.max_unreadable}:\n  ' + '\n  '.join(self.unreadable)
                + (f'\n  and {unnamed} more' if unnamed else ''))


def _tensor(image: np.ndarray) -> torch.Tensor:
    """(S, S, 3) as a (3, S, S) tensor; a copy, as the source may keep the frame in its cache."""
    return torch.from_numpy(image.transpose(2, 0, 1).copy())
