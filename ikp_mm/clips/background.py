"""Label-free backgrounds and the soft foreground weight they give.

Where a clip's background comes from:

- 'clip_median': the per-pixel median of the clip's own frames. Fails where the figure stands
  still: what does not move becomes background.
- 'given': an image that comes with the clip.
- 'auto': for each clip the first of these that will do: the image it comes with; none, where more
  than half of the frame moves (a moving camera); its median, if that leaves about as much
  foreground as figures of the prior cover; where it leaves less (the figure stands still), the
  median with the places where the prior's figures stand painted over from around (Telea's
  inpainting), if that can be told from what is there; else the median.

Where a dataset states the foreground itself, no background is needed: 'mask', ``GivenMasks``.
"""
from __future__ import annotations

from pathlib import Path
from typing import Callable, Mapping, Sequence

import cv2
import numpy as np
import torch
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.clips.frame_cache import FrameCache, read_bytes_option
from ikp_mm.io.frame_sources import evenly_spaced
from ikp_mm.io.pictures import UnreadableFrameError, read_image
from ikp_mm.ops import nearest_segment_distance

SOURCES = ('clip_median', 'given', 'auto')
KINDS = ('given', 'median', 'inpainted', 'none')

# 'auto' looks at so many frames of a clip, and at so many poses of the prior.
AUTO_FRAMES, PLACE_POSES = 40, 500
MEDIAN_FRAMES = 100  # of a clip, evenly spaced, that its median is taken of
# Half-width of a limb, fraction of the figure's size, that is sure to lie within a body.
LIMB_REACH = 0.06
# Foreground over what figures cover: below the first they stand in their own median, from the
# second on no trace of them is in it.
STANDS_STILL, MOVES_ABOUT = 0.85, 1.1
# Mean foreground above which the camera moves; share of poses from which on a place is painted
# over; share of pixels wrongly painted from which on a scene is too rich for it.
MOVING_CAMERA, RARELY, TEXTURED = 0.5, 0.05, 0.3

# Memory for a median: of float64 values, and of the images read for it.
FLOAT_BYTES, HELD_BYTES = 64 * 2**20, 64 * 2**20


def median_background(frames: Sequence[np.ndarray], quantile: float = 0.5) -> np.ndarray:
    """Per-pixel, per-channel quantile of (H, W, 3) uint8 frames; 0.5, the default, is the median.

    Where the figures cover a spot in more than half of the frames the median shows them; if they
    are known to be darker than the scene a higher quantile sees past them (brighter: a lower one).
    """
    if not frames:
        raise ValueError('a median background needs at least one frame')
    # NumPy makes float64 of what it is given: so many rows at a time.
    rows = max(1, FLOAT_BYTES // (8 * len(frames) * max(1, frames[0][0].size)))
    bands = [np.quantile(np.stack([frame[top:top + rows] for frame in frames]), quantile, axis=0)
             for top in range(0, len(frames[0]), rows)]
    return np.rint(np.concatenate(bands)).astype(np.uint8)


def median_of_files(paths: Sequence[Path]) -> np.ndarray:
    """The median of image files of one size, without holding them all: a band of rows at a time,
    for which all are decoded. Files that cannot be read are left out, and named in the log.

    Raises:
        ValueError: none can be read, or not all are of one size.
    """
    readable, bands, top, height = list(paths), [], 0, 1
    while top < height:
        strips, shapes = [], set()
        for path in tuple(readable):
            try:
                image = read_image(path)
            except UnreadableFrameError as error:
                MMLogger.get_current_instance().warning(f'left out of a background: {error}')
                readable.remove(path)
                continue
            rows = max(1, HELD_BYTES // (len(paths) * image[0].nbytes))
            strips.append(image[top:top + rows].copy())
            height = len(image)
            shapes.add(image.shape[1::-1])
        if len(shapes) != 1:
            raise ValueError(f'a background of {len(paths)} images ({paths[0]}, ...): '
                             + (f'they are of different sizes, {sorted(shapes)}' if shapes
                                else 'none can be read'))
        bands.append(median_background(strips))
        top += rows
    return np.concatenate(bands)


def match_light(frame: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Bring a frame's light to the background's, both (H, W, 3) uint8: one gain per channel, the
    median over pixels of background / frame. The figure must cover less than half of the frame.
    """
    # One grey level is added so that black pixels have a ratio.
    ratio = (background.astype(np.float32) + 1.0) / (frame.astype(np.float32) + 1.0)
    gain = np.median(ratio, axis=(0, 1))
    return np.clip(np.rint(frame * gain), 0, 255).astype(np.uint8)


def foreground_weight(frame: np.ndarray, background: np.ndarray, threshold: float,
                      softness: float, blur: float) -> np.ndarray:
    """Soft weight of the moving figure, (H, W) float32 in [0, 1].

    d = blur(max over channels |frame - background|) in grey levels; the weight rises smoothly from
    0 at threshold - softness to 1 at threshold + softness (3s^2 - 2s^3).

    Args:
        frame, background: (H, W, 3) uint8.
        threshold: grey levels at which the weight is one half.
        softness: half-width of the ramp in grey levels; 0 is a hard step.
        blur: sigma of the Gaussian blur of the difference in pixels; 0 is none.
    """
    # Channel by channel: NumPy's maximum over three neighbours takes twenty times as long.
    blue, green, red = cv2.split(cv2.absdiff(frame, background))
    difference = cv2.max(cv2.max(blue, green), red).astype(np.float32)
    if blur > 0:
        difference = cv2.GaussianBlur(difference, (0, 0), blur)
    if softness > 0:
        s = np.clip((difference - (threshold - softness)) / (2 * softness), 0.0, 1.0)
        return (s * s * (3.0 - 2.0 * s)).astype(np.float32)
    return (difference >= threshold).astype(np.float32)


def figure_places(prior: Mapping, size: int) -> np.ndarray:
    """How often a figure of a prior, the config of a ``PosePriorDataset``, covers each pixel of a
    frame of side S: (S, S) float32 in [0, 1], the fraction of poses with a limb within reach."""
    dataset = DATASETS.build(prior)
    dataset.set_seed(0)
    edges = np.array(dataset.skeleton.edges)
    samples = [dataset[draw] for draw in range(PLACE_POSES)]
    keypoints, visible = (torch.stack([sample[key] for sample in samples])
                          for key in ('keypoints', 'visible'))
    drawn = visible[:, edges[:, 0]] & visible[:, edges[:, 1]]
    squared = nearest_segment_distance(keypoints[:, edges[:, 0]], keypoints[:, edges[:, 1]], size,
                                       drawn)[:, 0]
    known = visible[..., None]
    extent = (keypoints.masked_fill(~known, -9).amax(1) - keypoints.masked_fill(~known, 9).amin(1)
              ).amax(-1).clamp(min=0.05)
    return (squared.sqrt() < LIMB_REACH * extent[:, None, None]).float().mean(dim=0).numpy()


def read_mask(path: str | Path, frame_shape: Sequence[int]) -> np.ndarray:
    """One mask of the figure, a grey image: (H, W) float32 in [0, 1], 1 on the figure.

    Args:
        path: the file.
        frame_shape: (H, W, ...) of its frame.

    Raises:
        UnreadableFrameError: missing or broken.
        ValueError: of another size than its frame; names the file.
    """
    mask = read_image(path)[..., 0]
    if mask.shape != tuple(frame_shape[:2]):
        raise ValueError(f'{path} is {mask.shape[1]} x {mask.shape[0]}, but its frame is '
                         f'{frame_shape[1]} x {frame_shape[0]}')
    return mask.astype(np.float32) / 255


class GivenMasks:
    """Foreground weights that a clip source of frames of side S gives itself: ``mask(clip, t)``.

    Raises:
        ValueError: the source gives no masks.
    """

    def __init__(self, clips, image_size: int) -> None:
        if not hasattr(clips, 'mask'):
            raise ValueError(f"background source 'mask' needs clips that come with masks, which "
                             f'{type(clips).__name__} does not give (it has no method mask); use '
                             f'one of {SOURCES}')
        self.clips, self.image_size = clips, int(image_size)

    def weight(self, clip: int, t: int) -> np.ndarray:
        """Foreground weight of frame t of a clip, (S, S) float32 in [0, 1].

        Raises:
            ValueError: a mask of another size than the frames, or with other values; names the clip
                and the frame.
            UnreadableFrameError: the mask cannot be read.
        """
        mask, size = np.asarray(self.clips.mask(clip, t), np.float32), self.image_size
        where = f"the mask of clip '{self.clips.name(clip)}' frame {t}"
        if mask.shape != (size, size):
            raise ValueError(f'{where} has shape {mask.shape}, the frame needs {(size, size)}')
        if not (mask.min() >= 0 and mask.max() <= 1):  # false for NaN too
            raise ValueError(f'{where} holds values from {mask.min():.4g} to {mask.max():.4g}, '
                             'weights are in [0, 1]')
        return mask


class BackgroundModel:
    """Backgrounds of a clip source, computed when first asked for and kept.

    In a set of so many clips that ``cache`` does not hold them, a median is taken anew each time a
    clip comes again: give such sets backgrounds ('given') or masks that were made once.

    Args:
        clips: a clip source (see ``ikp_mm.clips.folders``).
        read_frame: ``(clip, t) -> frame, or None when it cannot be read``. The caller counts the
            unreadable ones; a median leaves them out.
        source: 'clip_median', 'given' or 'auto'.
        threshold, softness, blur: see ``foreground_weight``.
        image_size: side S of the frames; read with 'auto' alone.
        prior: with 'auto' and only there: the config of the pose prior (``PosePriorDataset``).
        cache: memory for backgrounds, in each loader worker: True is 2 GiB, or a size such as
            '512MiB', or bytes; False keeps none.

    Attributes:
        kinds (dict[int, str]): what 'auto' chose for each clip asked for so far, of ``KINDS``.

    Raises:
        ValueError: bad options; a clip without a given background; a clip none of whose frames
            can be read.
    """

    def __init__(self, clips, read_frame: Callable[[int, int], np.ndarray | None], source: str,
                 threshold: float = 24.0, softness: float = 12.0, blur: float = 1.0,
                 cache: bool | int | str = True, image_size: int = 64, prior=None) -> None:
        if (prior is not None) != (source == 'auto'):
            raise ValueError("source='auto' needs the prior, to know where figures stand: give "
                             'FramePairDataset(prior=...)')
        if source not in SOURCES:
            raise ValueError(f"background source must be one of {SOURCES} or 'mask', got "
                             f'{source!r}')
        if threshold <= 0 or softness < 0 or blur < 0:
            raise ValueError('background needs threshold > 0, softness >= 0 and blur >= 0, got '
                             f'{threshold}, {softness}, {blur}')
        self.clips, self.read_frame, self.source = clips, read_frame, source
        self._shape = float(threshold), float(softness), float(blur)
        self._backgrounds = FrameCache(read_bytes_option(cache, 'background cache'))
        self.kinds: dict[int, str] = {}
        self._places = None if prior is None else figure_places(prior, image_size)

    def background(self, clip: int) -> np.ndarray | None:
        """Background of a clip, (S, S, 3) uint8 BGR; None where 'auto' finds that there is none."""
        both = self._both(clip)
        return None if both is None else both[0]

    def scene(self, clip: int) -> np.ndarray | None:
        """What is to be seen without a figure, (S, S, 3) uint8 BGR; None where there is none: the
        background; of 'auto' the inpainted median where the median may hold traces of one."""
        both = self._both(clip)
        return None if both is None else both[-1]

    def weight(self, clip: int, frame: np.ndarray) -> np.ndarray:
        """Foreground weight of a frame of a clip, (S, S) float32 in [0, 1]."""
        background = self.background(clip)
        if background is None:
            return np.ones(frame.shape[:2], np.float32)
        return self._weight_of(frame, background)

    def _both(self, clip: int) -> np.ndarray | None:
        """Background and, of 'auto', scene of a clip, (1 or 2, S, S, 3); None: there are none."""
        if self.kinds.get(clip) == 'none':
            return None
        both = self._backgrounds.get(clip)
        if both is None:
            if self.source == 'auto':
                self.kinds[clip], *images = self._choose(clip)
            else:
                images = [self._given(clip) if self.source == 'given'
                          else median_background(self._frames(clip, MEDIAN_FRAMES))]
            if images[0] is None:
                return None
            both = np.stack(images)
            self._backgrounds.put(clip, both)
        return both

    def _choose(self, clip: int) -> tuple[str, np.ndarray | None, np.ndarray | None]:
        """Kind, background and scene of a clip, for 'auto'."""
        given = self.clips.background(clip)
        if given is not None:
            return 'given', given, given
        frames = self._frames(clip, AUTO_FRAMES)
        median = median_background(frames)
        moving = np.mean([self._weight_of(frame, median) for frame in frames], axis=0)
        if moving.mean() > MOVING_CAMERA:
            return 'none', None, None
        # Where figures stand most often: limbs that swing do not count for a trunk that stands.
        often, size = self._places**2, len(median)
        covered = (moving * often).sum() / (self._places * often).sum()
        if covered >= MOVES_ABOUT:
            return 'median', median, median
        region = cv2.dilate((self._places >= RARELY).astype(np.uint8),
                            np.ones((3, 3), np.uint8), iterations=max(1, size // 32))
        inpainted = cv2.inpaint(median, 255 * region, 5, cv2.INPAINT_TELEA)
        if covered < STANDS_STILL:
            # Can this scene be told from around? A ring about the places, where it is to be seen,
            # is painted over too and compared.
            wider = cv2.dilate(region, np.ones((3, 3), np.uint8), iterations=max(1, size // 16))
            ring = (wider > 0) & (region == 0)
            guessed = cv2.inpaint(median, 255 * wider, 5, cv2.INPAINT_TELEA)
            if not ring.any() or self._weight_of(median, guessed)[ring].mean() < TEXTURED:
                return 'inpainted', inpainted, inpainted
        return 'median', median, inpainted

    def _weight_of(self, frame: np.ndarray, background: np.ndarray) -> np.ndarray:
        return foreground_weight(frame, background, *self._shape)

    def _given(self, clip: int) -> np.ndarray:
        background = self.clips.background(clip)
        if background is None:
            raise ValueError(f"clip '{self.clips.name(clip)}' comes with no background image; use "
                             "source='clip_median', or add one for every clip")
        return background

    def _frames(self, clip: int, at_most: int) -> list[np.ndarray]:
        looked_at = evenly_spaced(self.clips.num_frames(clip), at_most)
        frames = [frame for t in looked_at if (frame := self.read_frame(clip, t)) is not None]
        if not frames:
            raise ValueError(f"background of '{self.clips.name(clip)}': none of the frames looked "
                             'at can be read')
        return frames
