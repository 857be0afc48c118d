"""Clips read from disk: folders of images.

Any object with these five methods is a clip source for ``FramePairDataset``:
``len(source)``, ``name(i) -> str``, ``num_frames(i) -> int``,
``frame(i, t) -> (S, S, 3) uint8 BGR`` and
``background(i) -> (S, S, 3) uint8 BGR, or None when the clip comes with none``.
A sixth is optional: ``mask(i, t) -> (S, S) float32 in [0, 1]``, how surely each pixel is the
figure, where a dataset gives that.
What cannot be read raises ``UnreadableFrameError``; where counts are only known once a clip is
opened (``FramePairDataset(uniform='clips')``), ``num_frames`` may raise it too.
"""
from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Iterator, Sequence

import cv2
import numpy as np
from mmpose.registry import DATASETS

NON_SQUARE = ('error', 'crop', 'pad')


class UnreadableFrameError(OSError):
    """An image file that is missing, truncated or no image at all.

    Attributes:
        path (str): the file.
    """

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f'{path}: {reason}')
        self.path = str(path)
        self.reason = reason

    def __reduce__(self):  # crosses the process border from a loader worker
        return type(self), (self.path, self.reason)


def read_image(path: str | Path) -> np.ndarray:
    """Read an image as (H, W, 3) uint8 BGR; raise ``UnreadableFrameError`` when it is not whole.

    OpenCV decodes a truncated JPEG or PNG into a partly grey picture without complaint, so the end
    markers are looked for first: a JPEG's end of image after its last start of scan (a thumbnail's
    comes before), a PNG's IEND chunk.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UnreadableFrameError(path, error.strerror or str(error)) from error
    if data[:2] == b'\xff\xd8' and data.rfind(b'\xff\xd9') < data.rfind(b'\xff\xda'):
        raise UnreadableFrameError(path, 'truncated JPEG')
    if data[:4] == b'\x89PNG' and b'IEND' not in data:
        raise UnreadableFrameError(path, 'truncated PNG')
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise UnreadableFrameError(path, 'not an image that OpenCV can decode')
    return image


def natural_key(name: str) -> list:
    """Sort key that orders 'f2' before 'f10'."""
    # Splitting by a group alternates text and number, so like is compared with like.
    return [int(part) if i % 2 else part for i, part in enumerate(re.split(r'(\d+)', name))]


def resize_square(image: np.ndarray, size: int, non_square: str, what: str) -> np.ndarray:
    """Resize an (H, W, 3) image to (size, size, 3).

    Args:
        image: (H, W, 3) uint8.
        size: side of the result.
        non_square: what to do when H != W: 'error' refuses, 'crop' takes the central square,
            'pad' adds black bars, which is what MMPose's ``TopdownAffine`` does with a whole frame.
        what: name of the image for the error message.
    """
    height, width = image.shape[:2]
    if height != width:
        if non_square == 'error':
            raise ValueError(f"{what} is {width} x {height}, not square: set non_square='crop' "
                             "(central square) or 'pad' (black bars), or crop the frames")
        if non_square == 'crop':
            side = min(height, width)
            top, left = (height - side) // 2, (width - side) // 2
            image = image[top:top + side, left:left + side]
        else:
            side = max(height, width)
            top, left = (side - height) // 2, (side - width) // 2
            image = cv2.copyMakeBorder(image, top, side - height - top, left, side - width - left,
                                       cv2.BORDER_CONSTANT, value=(0, 0, 0))
    if image.shape[0] == size:
        return np.ascontiguousarray(image)
    shrinks = image.shape[0] > size
    return cv2.resize(image, (size, size),
                      interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def check_patterns(include: Sequence[str] | None, exclude: Sequence[str]) -> None:
    """Refuse one string where a list of patterns belongs."""
    if isinstance(include, str) or isinstance(exclude, str):
        raise ValueError('include and exclude are lists of patterns, not one string')


def is_wanted(name: str, include: Sequence[str] | None, exclude: Sequence[str]) -> bool:
    """Whether a clip name matches one of ``include`` (None: all) and none of ``exclude``."""
    if include is not None and not any(fnmatchcase(name, p) for p in include):
        return False
    return not any(fnmatchcase(name, p) for p in exclude)


def walk_folders(root: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """(folder, folders in it, files in it) of ``root`` and all below it but hidden folders, each
    once: links are followed."""
    visited: set[str] = set()
    for folder, below, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in visited:  # a link back to a parent folder would otherwise never end
            below.clear()
            continue
        visited.add(real)
        below[:] = [name for name in below if name[0] != '.']
        yield Path(folder), below, files


@DATASETS.register_module()
class FolderClips:
    """Every folder below ``root`` that holds images directly is one clip.

    A clip's name is its path below ``root`` with '/', e.g. 'actor0/action1'. Its frames are its
    images in natural order. ``root`` itself is never a clip. Hidden folders are passed over.

    Args:
        root: the folder of clips.
        image_size: side S of the square frames returned.
        include: glob patterns on clip names ('*' also matches '/'), a clip must match one; None
            takes all. E.g. ``['actor[0-6]/*']``.
        exclude: glob patterns, a clip that matches one is left out.
        image_suffixes: what counts as an image, compared in lower case.
        background_suffix: a clip's given background lies beside its folder as ``<name><suffix>``;
            such images are never frames. None: there are none.
        min_frames: a clip with fewer frames is an error, 2 because a pair needs two.
        non_square: 'error', 'crop' or 'pad', see ``resize_square``.
        cache: keep decoded, resized frames in memory (3 S^2 bytes a frame, in each loader worker).
            Training reads every frame hundreds of times. Turn it off for very large sets.

    Raises:
        FileNotFoundError: ``root`` is no folder, or holds no clip, or none is left after
            include and exclude.
        ValueError: clips with too few frames (all are named), bad arguments.
    """

    def __init__(self, root: str, image_size: int, include: Sequence[str] | None = None,
                 exclude: Sequence[str] = (),
                 image_suffixes: Sequence[str] = ('.jpg', '.jpeg', '.png', '.bmp', '.webp'),
                 background_suffix: str | None = '.background.jpg', min_frames: int = 2,
                 non_square: str = 'error', cache: bool = True) -> None:
        if non_square not in NON_SQUARE:
            raise ValueError(f'non_square must be one of {NON_SQUARE}, got {non_square!r}')
        check_patterns(include, exclude)
        if image_size < 1 or min_frames < 1:
            raise ValueError(f'image_size and min_frames must be positive, got {image_size}, '
                             f'{min_frames}')
        self.root = Path(root)
        self.image_size = int(image_size)
        self.image_suffixes = tuple(suffix.lower() for suffix in image_suffixes)
        self.background_suffix = background_suffix
        self.min_frames = int(min_frames)
        self.non_square = non_square
        self._cache: dict[tuple[int, int], np.ndarray] | None = {} if cache else None
        frames = self._scan()
        self._names = sorted((name for name in frames if is_wanted(name, include, exclude)),
                             key=natural_key)
        if not self._names:
            raise FileNotFoundError(
                f'none of the {len(frames)} clips below {self.root} (e.g. {sorted(frames)[:3]}) '
                f'is left by include={include}, exclude={list(exclude)}')
        self._frames = [frames[name] for name in self._names]
        self._refuse_short_clips()

    def __len__(self) -> int:
        return len(self._names)

    def name(self, clip: int) -> str:
        """The clip's path below the root, with '/'."""
        return self._names[clip]

    def num_frames(self, clip: int) -> int:
        return len(self._frames[clip])

    def path(self, clip: int, t: int) -> Path:
        """The image file of a frame."""
        return self.root / self._names[clip] / self._frames[clip][t]

    def frame(self, clip: int, t: int) -> np.ndarray:
        """Frame t as (S, S, 3) uint8 BGR. Treat it as read-only: it may come from the cache."""
        if self._cache is not None and (clip, t) in self._cache:
            return self._cache[clip, t]
        path = self.path(clip, t)
        image = resize_square(read_image(path), self.image_size, self.non_square, str(path))
        if self._cache is not None:
            self._cache[clip, t] = image
        return image

    def background(self, clip: int) -> np.ndarray | None:
        """The background image beside the clip's folder as (S, S, 3) uint8 BGR, None if absent."""
        if self.background_suffix is None:
            return None
        path = self.root / (self._names[clip] + self.background_suffix)
        if not path.is_file():
            return None
        return resize_square(read_image(path), self.image_size, self.non_square, str(path))

    def _scan(self) -> dict[str, list[str]]:
        """Clip name -> frame file names, for every folder below the root."""
        if not self.root.is_dir():
            raise FileNotFoundError(
                f'the folder of clips {self.root} does not exist; "python tools/prepare_videos.py '
                f'VIDEOS --out {self.root}" makes one, see docs/own_frames.md')
        clips: dict[str, list[str]] = {}
        for folder, below, files in walk_folders(self.root):
            images = [name for name in files if self._is_frame(name)]
            name = folder.relative_to(self.root).as_posix()
            if images and name != '.':
                clips[name] = sorted(images, key=natural_key)
            elif images and not below:
                raise FileNotFoundError(
                    f'{self.root} holds images but no folder of images; clips are its subfolders. '
                    f'For a single clip give root={self.root.parent} and '
                    f'include=[{self.root.name!r}]')
        if not clips:
            raise FileNotFoundError(f'no folder below {self.root} holds images '
                                    f'({", ".join(self.image_suffixes)})')
        return clips

    def _is_frame(self, filename: str) -> bool:
        if filename[0] == '.' or not filename.lower().endswith(self.image_suffixes):
            return False
        return self.background_suffix is None or not filename.endswith(self.background_suffix)

    def _refuse_short_clips(self) -> None:
        short = [f'{self.root / name} ({len(files)})'
                 for name, files in zip(self._names, self._frames) if len(files) < self.min_frames]
        if short:
            raise ValueError(f'{len(short)} clips have fewer than {self.min_frames} frames: '
                             f'{", ".join(short)}; leave them out with exclude=[...]')
