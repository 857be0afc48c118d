"""Read frames of a clip source and encode them as values of a packed set."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ikp_mm.clips.background import BackgroundModel, GivenMasks
from ikp_mm.clips.packed_format import (BACKGROUND, BACKGROUND_GONE, CODECS, FRAME, FRAME_GONE,
                                        MASK, MASK_GONE, clip_key, encode_frame, encode_mask,
                                        frame_key)
from ikp_mm.io.pictures import UnreadableFrameError


@dataclass(frozen=True)
class PackSettings:
    """How clips are packed.

    Args:
        image_size: side S of the frames.
        codec: 'raw', 'png' (both give back the very pixels) or 'jpeg' (does not).
        masks: pack the source's masks too.
        background: None packs the backgrounds that the source gives, if any; options of
            ``BackgroundModel`` (without ``fill``) pack those that it computes, to be used as given
            ones: the same values, computed once.

    Raises:
        ValueError: an unknown codec, a size that is none.
    """

    image_size: int
    codec: str = 'raw'
    masks: bool = False
    background: dict | None = None

    def __post_init__(self) -> None:
        if self.codec not in CODECS:
            raise ValueError(f'codec must be one of {CODECS}, got {self.codec!r}')
        if self.image_size < 1:
            raise ValueError(f'image_size must be positive, got {self.image_size}')


@dataclass(frozen=True)
class Job:
    """Frames [first, stop) of a clip; ``ends_clip``: what belongs to the clip comes with them."""

    clip: int
    first: int
    stop: int
    ends_clip: bool


@dataclass
class Piece:
    """Values of a job in the order of their keys, its number of frames, what was unreadable."""

    values: list[tuple[str, bytes]] = field(default_factory=list)
    frames: int = 0
    unreadable: list[str] = field(default_factory=list)


class PackEncoder:
    """Encodes one job after another.

    Args:
        clips: a clip source.
        settings: see there.

    Raises:
        ValueError: masks are asked of a source that gives none.
    """

    def __init__(self, clips, settings: PackSettings) -> None:
        self.clips, self.settings = clips, settings
        self._masks = GivenMasks(clips, settings.image_size) if settings.masks else None
        self._background = (None if settings.background is None else
                            BackgroundModel(clips, self._read, **settings.background))

    def encode(self, job: Job) -> Piece:
        """Read and encode.

        Raises:
            ValueError: a frame, mask or background of another size than ``image_size``.
        """
        piece = Piece(frames=job.stop - job.first)
        clip = job.clip
        for t in range(job.first, job.stop):
            self._add(piece, frame_key(clip, t, FRAME), frame_key(clip, t, FRAME_GONE),
                      lambda: self._frame(clip, t))
            if self._masks is not None:
                self._add(piece, frame_key(clip, t, MASK), frame_key(clip, t, MASK_GONE),
                          lambda: encode_mask(self._masks.weight(clip, t)))
        if job.ends_clip:
            self._add(piece, clip_key(clip, BACKGROUND), clip_key(clip, BACKGROUND_GONE),
                      lambda: self._encoded_background(clip))
        return piece

    @staticmethod
    def _add(piece: Piece, key: str, gone: str, make: Callable[[], bytes | None]) -> None:
        """Add a value, or the reason why it cannot be made; nothing when there is none."""
        try:
            value = make()
        except UnreadableFrameError as error:
            piece.values.append((gone, str(error).encode()))
            piece.unreadable.append(str(error))
            return
        if value is not None:
            piece.values.append((key, value))

    def _frame(self, clip: int, t: int) -> bytes:
        frame = self._checked(self.clips.frame(clip, t), clip, f'frame {t}')
        return encode_frame(frame, self.settings.codec)

    def _encoded_background(self, clip: int) -> bytes | None:
        background = (self.clips.background(clip) if self._background is None
                      else self._background.background(clip))
        if background is None:
            return None
        return self._checked(background, clip, 'background').tobytes()

    def _read(self, clip: int, t: int) -> np.ndarray | None:
        """For a median, which leaves out what cannot be read; counted where it is packed."""
        try:
            return self.clips.frame(clip, t)
        except UnreadableFrameError:
            return None

    def _checked(self, image: np.ndarray, clip: int, what: str) -> np.ndarray:
        size = self.settings.image_size
        if image.shape != (size, size, 3) or image.dtype != np.uint8:
            raise ValueError(f"clip '{self.clips.name(clip)}' {what} is {image.dtype} "
                             f'{image.shape}, packing needs uint8 {(size, size, 3)}')
        return image
