"""Label-free backgrounds and the soft foreground weight they give.

Where a clip's background comes from:

- 'clip_median': the per-pixel median of the clip's own frames. Fails where the figure stands
  still: what does not move becomes background.
- 'camera_median': the median over the frames of all clips of one camera, told by a pattern on the
  clip names. Survives a figure that stands still in one clip, if the figures stand in
  different places or are different people.
- 'given': an image that comes with the clip.

Where a dataset states the foreground itself, no background is needed: 'mask', ``GivenMasks``.
"""
from __future__ import annotations

import re
from typing import Callable, Sequence

import cv2
import numpy as np

SOURCES = ('clip_median', 'camera_median', 'given')


def median_background(frames: Sequence[np.ndarray], quantile: float = 0.5) -> np.ndarray:
    """Per-pixel, per-channel quantile of (H, W, 3) uint8 frames; 0.5, the default, is the median.

    Between two frames the value is interpolated and rounded. Where the figures cover a spot in
    more than half of the frames the median shows them; if they are known to be darker than the
    scene a higher quantile sees past them (brighter: a lower one).
    """
    if not frames:
        raise ValueError('a median background needs at least one frame')
    return np.rint(np.quantile(np.stack(frames), quantile, axis=0)).astype(np.uint8)


def evenly_spaced(count: int, at_most: int) -> list[int]:
    """At most ``at_most`` distinct indices spread evenly over range(count), the ends included."""
    if count <= at_most:
        return list(range(count))
    return np.unique(np.rint(np.linspace(0, count - 1, at_most)).astype(int)).tolist()


def match_light(frame: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Bring a frame's light to the background's: one gain per channel, the median over pixels of
    background / frame. The figure must cover less than half of the frame.

    Args:
        frame, background: (H, W, 3) uint8.

    Returns:
        (H, W, 3) uint8.
    """
    # One grey level is added so that black pixels have a ratio.
    ratio = (background.astype(np.float32) + 1.0) / (frame.astype(np.float32) + 1.0)
    gain = np.median(ratio, axis=(0, 1))
    return np.clip(np.rint(frame * gain), 0, 255).astype(np.uint8)


def foreground_weight(frame: np.ndarray, background: np.ndarray, threshold: float,
                      softness: float, blur: float, closing: int) -> np.ndarray:
    """Soft weight of the moving figure.

    d = blur(max over channels |frame - background|) in grey levels; the weight rises smoothly from
    0 at threshold - softness to 1 at threshold + softness (3s^2 - 2s^3).

    Args:
        frame, background: (H, W, 3) uint8.
        threshold: grey levels at which the weight is one half.
        softness: half-width of the ramp in grey levels; 0 is a hard step.
        blur: sigma of the Gaussian blur of the difference in pixels; 0 is none.
        closing: side in pixels of a square morphological closing of the weight, which fills holes
            and gaps narrower than it; 0 is none.

    Returns:
        (H, W) float32 in [0, 1].
    """
    difference = cv2.absdiff(frame, background).max(axis=2).astype(np.float32)
    if blur > 0:
        difference = cv2.GaussianBlur(difference, (0, 0), blur)
    if softness > 0:
        s = np.clip((difference - (threshold - softness)) / (2 * softness), 0.0, 1.0)
        weight = s * s * (3.0 - 2.0 * s)
    else:
        weight = (difference >= threshold).astype(np.float32)
    if closing > 0:
        weight = cv2.morphologyEx(weight, cv2.MORPH_CLOSE, np.ones((closing, closing), np.uint8))
    return weight.astype(np.float32)


class GivenMasks:
    """Foreground weights that the clip source itself gives: ``mask(clip, t)``.

    Args:
        clips: a clip source (see ``ikp_mm.datasets.clips``).
        image_size: side S of the frames.

    Raises:
        ValueError: the source gives no masks.
    """

    def __init__(self, clips, image_size: int) -> None:
        if not hasattr(clips, 'mask'):
            raise ValueError(f"background source 'mask' needs clips that come with masks, which "
                             f'{type(clips).__name__} does not give (it has no method mask); use '
                             f'one of {SOURCES}')
        self.clips = clips
        self.image_size = int(image_size)

    def weight(self, clip: int, t: int) -> np.ndarray:
        """Foreground weight of frame t of a clip, (S, S) float32 in [0, 1].

        Raises:
            ValueError: a mask of another size than the frames, or with other values; names the clip
                and the frame.
            UnreadableFrameError: the mask cannot be read.
        """
        mask = np.asarray(self.clips.mask(clip, t), np.float32)
        where = f"the mask of clip '{self.clips.name(clip)}' frame {t}"
        if mask.shape != (self.image_size, self.image_size):
            raise ValueError(f'{where} has shape {mask.shape}, the frame needs '
                             f'{(self.image_size, self.image_size)}')
        if not (mask.min() >= 0 and mask.max() <= 1):  # false for NaN too
            raise ValueError(f'{where} holds values from {mask.min():.4g} to {mask.max():.4g}, '
                             'weights are in [0, 1]')
        return mask


class BackgroundModel:
    """Backgrounds of a clip source, computed when first asked for and kept.

    Args:
        clips: a clip source (see ``ikp_mm.datasets.clips``).
        read_frame: ``(clip, t) -> frame, or None when it cannot be read``. The caller counts the
            unreadable ones; a median leaves them out.
        source: 'clip_median', 'camera_median' or 'given'.
        camera_pattern: with 'camera_median' and only there: a regular expression searched in the
            clip name; clips with the same first group share a background. ``'()'`` joins all.
        max_frames: a median looks at no more than this many frames, evenly spaced.
        threshold, softness, blur, closing: see ``foreground_weight``.
        same_light: False matches the light of frames (``match_light``) before the median and
            before the comparison, for a camera that adapts its exposure or colour, or clips of one
            camera taken in different light. The frames trained on are not changed.
        quantile: see ``median_background``.

    Raises:
        ValueError: bad options; a clip name the pattern does not match; a clip without a given
            background; a clip none of whose frames can be read.
    """

    def __init__(self, clips, read_frame: Callable[[int, int], np.ndarray | None], source: str,
                 camera_pattern: str | None = None, max_frames: int = 100,
                 threshold: float = 24.0, softness: float = 12.0, blur: float = 1.0,
                 closing: int = 0, same_light: bool = True, quantile: float = 0.5) -> None:
        if source not in SOURCES:
            raise ValueError(f"background source must be one of {SOURCES} or 'mask', got "
                             f'{source!r}')
        if (camera_pattern is not None) != (source == 'camera_median'):
            raise ValueError("camera_pattern goes with source='camera_median', which needs it")
        if threshold <= 0 or softness < 0 or blur < 0 or closing < 0 or max_frames < 1:
            raise ValueError('background needs threshold > 0, softness, blur, closing >= 0 and '
                             f'max_frames >= 1, got {threshold}, {softness}, {blur}, {closing}, '
                             f'{max_frames}')
        if not 0 <= quantile <= 1 or (source == 'given' and quantile != 0.5):
            raise ValueError(f'quantile is in [0, 1] and goes with a median source, got {quantile} '
                             f'with source={source!r}')
        self.clips = clips
        self.read_frame = read_frame
        self.source = source
        self.max_frames = int(max_frames)
        self.threshold, self.softness = float(threshold), float(softness)
        self.blur, self.closing = float(blur), int(closing)
        self.same_light, self.quantile = bool(same_light), float(quantile)
        self._groups = self._group_clips(camera_pattern)
        self._backgrounds: dict[str, np.ndarray] = {}

    def background(self, clip: int) -> np.ndarray:
        """Background of a clip, (S, S, 3) uint8 BGR."""
        group = self._groups[clip]
        if group not in self._backgrounds:
            self._backgrounds[group] = (self._given(clip) if self.source == 'given'
                                        else self._median(group))
        return self._backgrounds[group]

    def weight(self, clip: int, frame: np.ndarray) -> np.ndarray:
        """Foreground weight of a frame of a clip, (S, S) float32 in [0, 1]."""
        background = self.background(clip)
        compared = frame if self.same_light else match_light(frame, background)
        return foreground_weight(compared, background, self.threshold, self.softness, self.blur,
                                 self.closing)

    def _group_clips(self, camera_pattern: str | None) -> list[str]:
        names = [self.clips.name(i) for i in range(len(self.clips))]
        if camera_pattern is None:
            return names
        pattern = re.compile(camera_pattern)
        if pattern.groups < 1:
            raise ValueError(f'camera_pattern {camera_pattern!r} has no group (...) that names '
                             'the camera')
        groups = []
        for name in names:
            match = pattern.search(name)
            if match is None or match.group(1) is None:
                raise ValueError(f"camera_pattern {camera_pattern!r} finds no camera in the clip "
                                 f"name '{name}'")
            groups.append(match.group(1))
        return groups

    def _given(self, clip: int) -> np.ndarray:
        background = self.clips.background(clip)
        if background is None:
            raise ValueError(f"clip '{self.clips.name(clip)}' comes with no background image; use "
                             "source='clip_median' or 'camera_median', or add one for every clip")
        return background

    def _median(self, group: str) -> np.ndarray:
        members = [(clip, t) for clip, g in enumerate(self._groups) if g == group
                   for t in range(self.clips.num_frames(clip))]
        chosen = [members[k] for k in evenly_spaced(len(members), self.max_frames)]
        frames = [frame for clip, t in chosen if (frame := self.read_frame(clip, t)) is not None]
        if not frames:
            raise ValueError(f"background of '{group}': none of the frames looked at can be read")
        if not self.same_light:
            frames = [match_light(frame, frames[0]) for frame in frames]
        return median_background(frames, self.quantile)
