"""The settings of a preparation, checked."""
from __future__ import annotations

import dataclasses
import inspect

from .croppers import CROPPERS, Cropper


@dataclasses.dataclass(frozen=True)
class PrepareSettings:
    """What decides the clips of a video.

    Attributes:
        crop: key of ``CROPPERS``.
        crop_options: arguments of the cropper.
        size: side of the clips in pixels.
        margin: side of the crop per side of the box; None takes the cropper's own.
        step: every ``step``-th frame.
        max_frames, min_frames: most and fewest frames of a clip.
        max_gap: frames without a box that are bridged.
        smooth: sigma of the Gaussian over the boxes in frames (after the step); 0 is none.
        min_motion: grey levels; a clip that moves less is near-still (``clip_writing.motion_of``).
        still_crop: one square a clip instead of one that follows, see ``tracks.still_pieces``.
        unordered: the frames do not follow one another: no cuts, runs, outliers or smoothing.
    """

    crop: str
    crop_options: dict = dataclasses.field(default_factory=dict)
    size: int = 128
    margin: float | None = None
    step: int = 1
    max_frames: int = 200
    min_frames: int = 10
    max_gap: int = 5
    smooth: float = 3.0
    min_motion: float = 2.0
    still_crop: bool = False
    unordered: bool = False

    def __post_init__(self) -> None:
        if self.crop not in CROPPERS:
            raise ValueError(f'crop must be one of {sorted(CROPPERS)}, got {self.crop!r}')
        if self.size < 8 or self.step < 1 or not 2 <= self.min_frames <= self.max_frames:
            raise ValueError('prepare needs size >= 8, step >= 1 and 2 <= min_frames <= '
                             f'max_frames, got {self.size}, {self.step}, {self.min_frames}, '
                             f'{self.max_frames}')
        if self.max_gap < 0 or self.smooth < 0 or self.min_motion < 0:
            raise ValueError('max_gap, smooth and min_motion are >= 0, got '
                             f'{self.max_gap}, {self.smooth}, {self.min_motion}')
        if self.margin is not None and self.margin <= 0:
            raise ValueError(f'margin must be positive, got {self.margin}')
        if self.still_crop and self.unordered:
            raise ValueError('a still crop is one square for frames that follow one another: not '
                             'with unordered frames')
        if self.still_crop and self.used_margin() < 1:
            raise ValueError('a still crop must hold the figure: margin >= 1, got '
                             f'{self.used_margin()}')

    def used_margin(self) -> float:
        return CROPPERS[self.crop].margin if self.margin is None else float(self.margin)

    def make_cropper(self) -> Cropper:
        """Raises: what the cropper raises for bad options."""
        return CROPPERS[self.crop](**self.crop_options)

    def record(self) -> dict:
        """As it stands in reports: with the margin and all options of the crop that were used."""
        taken = inspect.signature(CROPPERS[self.crop]).parameters.values()
        defaults = {option.name: option.default for option in taken
                    if option.default is not option.empty}
        return dict(dataclasses.asdict(self), margin=self.used_margin(),
                    crop_options={**defaults, **self.crop_options})
