"""The one finder: what below a folder is a frame, a clip or a video, and in which order.

Hidden files and folders, and files of labels, notes and sound, are passed over. Whatever else is
not taken is collected in ``LeftOut``, which counts and names it:

- files whose suffix is neither a picture's nor a video's (letter case does not matter);
- copies with labels drawn on: '<video>_labeled' beside '<video>', as DeepLabCut leaves them, and
  what ``tools/demo.py`` drew;
- empty scenes of clips ('<clip>.background.jpg') and contact sheets, which are no frames;
- links to nothing, or to a folder that comes anyway; folders that cannot be listed.

Links to folders are followed, once each, and named.
"""
from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mmengine.logging import MMLogger

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.bmp', '.dib', '.webp', '.tif',
                  '.tiff', '.pgm', '.ppm', '.pbm', '.pnm', '.jp2')
VIDEO_SUFFIXES = ('.mp4', '.m4v', '.mpg', '.mpeg', '.m2v', '.avi', '.divx', '.mov', '.qt', '.mkv',
                  '.webm', '.wmv', '.asf', '.mts', '.m2ts', '.m2t', '.ts', '.flv', '.f4v', '.3gp',
                  '.3g2', '.ogv', '.vob', '.mxf', '.dv', '.mjpeg', '.mjpg', '.h264', '.264',
                  '.h265', '.265', '.hevc', '.y4m', '.insv')
BACKGROUND_SUFFIX = '.background.jpg'
# What lies beside pictures and videos and is neither.
OTHER_SUFFIXES = frozenset(
    '.txt .csv .tsv .json .jsonl .yaml .yml .toml .xml .md .rst .pdf .doc .docx .xls .xlsx '
    '.ods .odt .html .log .ini .cfg .db .py .ipynb .sh .r .m .mat .npy .npz .h5 .hdf5 .pickle '
    '.pkl .pth .pt .onnx .slp .nwb .bvh .c3d .pts .srt .vtt .wav .mp3 .m4a .aac .flac .ogg '
    '.xmp .aae .gpx .md5 .sha256 .part'.split())
# Files that our own tools write beside what they read: tools/prepare_videos.py, tools/demo.py.
CONTACT_SHEET = re.compile(r'contact_sheet_\d+\.jpg')
DEMO_RESULTS = {'predictions.json', 'sheet.jpg'}
_LABELED = re.compile(r'(.+)_labell?ed', re.IGNORECASE)
# Between a video's name and '_labeled' stands what labelled it; check_labels ends its pictures so.
_BY_DEEPLABCUT = ('dlc', 'deepcut', '_superanimal')
_CHECKED_PICTURE = re.compile(r'.+_(individual|bodypart)\.\w+', re.IGNORECASE)
LABELED_COPIES, EMPTY_SCENES = 'copies with labels drawn on', "clips' empty scenes"
# So many of a kind are named.
MAX_NAMED = 5


def natural_key(name: str) -> list:
    """Sort key that orders 'f2' before 'f10'."""
    # Splitting by a group alternates text and number, so like is compared with like.
    return [int(part) if i % 2 else part for i, part in enumerate(re.split(r'(\d+)', name))]


def check_patterns(include: Sequence[str] | None, exclude: Sequence[str]) -> None:
    """Refuse one string where a list of patterns belongs."""
    if isinstance(include, str) or isinstance(exclude, str):
        raise ValueError('include and exclude are lists of patterns, not one string')


class LeftOut:
    """What is found below the folder ``root`` and not taken, by reason; and what is taken in spite
    of doubts."""

    def __init__(self, root: str | Path) -> None:
        self.root = str(root)
        self.paths: dict[str, list[str]] = {}
        self.links: list[str] = []
        self.doubts: list[str] = []

    def add(self, reason: str, path: str | Path) -> None:
        """``path`` below the root, left out for ``reason`` (in the plural)."""
        self.paths.setdefault(reason, []).append(os.path.relpath(path, self.root))

    def doubt_name(self, stem: str, path: str) -> None:
        """Say that something is taken though its name is that of a copy with labels drawn on."""
        if _LABELED.fullmatch(stem):
            self.doubts.append(f'{path}, which may be a copy with labels drawn on')

    def __str__(self) -> str:
        return '; '.join(f'{len(paths)} {reason} ({_some(paths)})'
                         for reason, paths in self.paths.items())

    def say(self) -> None:
        """Log what there is to say."""
        logger = MMLogger.get_current_instance()
        if self.links:
            logger.info(f'below {self.root} {len(self.links)} linked folders are followed: '
                        f'{_some(self.links)}')
        if self.paths:
            logger.warning(f'below {self.root} left out: {self}')
        if self.doubts:
            logger.warning(f'{len(self.doubts)} files and folders are taken in spite of doubts: '
                           f'{_some(self.doubts)}')


def _some(paths: Sequence[str]) -> str:
    return ', '.join(paths[:MAX_NAMED]) + (', ...' if len(paths) > MAX_NAMED else '')


class Listing(NamedTuple):
    """What a folder holds directly: names of its frames and of its videos, in natural order."""

    folder: Path
    frames: list[str]
    videos: list[str]


def listings(root: Path, left_out: LeftOut) -> Iterator[Listing]:
    """``root`` and all folders below it, each before those in it, these in natural order. Every
    real folder comes once, by its own name where it lies below ``root``."""
    def cannot_be_listed(error: OSError) -> None:
        left_out.add(f'folders that cannot be listed: {error.strerror}', error.filename)

    real_root, visited = os.path.realpath(root), set()
    for folder, below, files in os.walk(root, followlinks=True, onerror=cannot_be_listed):
        real = os.path.realpath(folder)
        if real in visited:
            left_out.add('links to folders that were followed before', folder)
            below.clear()
            continue
        visited.add(real)
        videos = {os.path.splitext(name)[0].lower() for name in files if is_video(name)}
        others = videos | {name.lower() for name in below}
        below[:] = _folders_to_enter(folder, below, others, real_root, left_out)
        yield Listing(Path(folder), *_sort_files(folder, files, videos, left_out))


def _folders_to_enter(folder: str, below: Sequence[str], others: set[str], real_root: str,
                      left_out: LeftOut) -> list[str]:
    """Those of the folders in a folder that are followed, in natural order."""
    kept = []
    for name in sorted((name for name in below if name[0] != '.'), key=natural_key):
        path = os.path.join(folder, name)
        is_link = os.path.islink(path)
        if _is_checked_folder(name, path, others):
            left_out.add(LABELED_COPIES, path)
        elif is_link and _comes_anyway(os.path.realpath(path), real_root):
            left_out.add('links to folders that come under their own names', path)
        else:
            kept.append(name)
            left_out.doubt_name(name, path)
            if is_link:
                left_out.links.append(f'{os.path.relpath(path, left_out.root)} -> '
                                      f'{os.path.realpath(path)}')
    return kept


def _sort_files(folder: str, files: Sequence[str], stems: set[str], left_out: LeftOut
                ) -> tuple[list[str], list[str]]:
    """File names of the frames and the videos, of these stems, of a folder, in natural order."""
    frames, videos = [], []
    drawn = DEMO_RESULTS <= set(files)
    for name in sorted((name for name in files if name[0] != '.'), key=natural_key):
        lower, path = name.lower(), os.path.join(folder, name)
        if drawn and lower.endswith(IMAGE_SUFFIXES + VIDEO_SUFFIXES):
            left_out.add('pictures and videos drawn by tools/demo.py', path)
        elif is_frame(name):
            frames.append(name)
        elif lower.endswith(IMAGE_SUFFIXES):
            left_out.add('contact sheets' if CONTACT_SHEET.fullmatch(name) else EMPTY_SCENES, path)
        elif lower.endswith(VIDEO_SUFFIXES):
            stem = os.path.splitext(name)[0]
            if is_labeled_copy(stem, stems):
                left_out.add(LABELED_COPIES, path)
            else:
                videos.append(name)
                left_out.doubt_name(stem, path)
        elif os.path.splitext(lower)[1] not in OTHER_SUFFIXES:
            left_out.add('files that are no pictures or videos by their names'
                         if os.path.exists(path) else 'links to nothing', path)
    left_out.doubts += [f'{os.path.join(folder, second)}, which is there in another format too'
                        for first, second in zip(frames, frames[1:])
                        if os.path.splitext(first)[0] == os.path.splitext(second)[0]]
    return frames, videos


def is_labeled_copy(stem: str, others: set[str]) -> bool:
    """Whether a video or folder of this name, without suffix, is a copy with labels drawn on of one
    of the ``others`` beside it, whose names are in lower case."""
    found = _LABELED.fullmatch(stem)
    if found is None:
        return False
    original = found[1].lower()
    return original in others or f'{_BY_DEEPLABCUT[0]}_' in original or any(
        original.startswith(other + by) for other in others for by in _BY_DEEPLABCUT)


def _is_checked_folder(name: str, folder: str, others: set[str]) -> bool:
    """Whether a folder holds what DeepLabCut's check_labels drew."""
    if is_labeled_copy(name, others):
        return True
    if not _LABELED.fullmatch(name):
        return False
    try:
        frames = frames_in(folder)
    except OSError:  # whoever walks into it says so
        return False
    return bool(frames) and all(_CHECKED_PICTURE.fullmatch(frame) for frame in frames)


def _comes_anyway(real: str, real_root: str) -> bool:
    """Whether a folder lies below the root, not hidden: a link to it would let it come twice."""
    below = os.path.relpath(real, real_root)
    return below == '.' or not any(part[0] == '.' for part in Path(below).parts)


def is_frame(filename: str) -> bool:
    """Whether a file in a clip's folder is one of its frames."""
    lower = filename.lower()
    return (filename[0] != '.' and lower.endswith(IMAGE_SUFFIXES)
            and not lower.endswith(BACKGROUND_SUFFIX) and not CONTACT_SHEET.fullmatch(filename))


def is_video(filename: str) -> bool:
    """Whether a file is a video by its name."""
    return filename[0] != '.' and filename.lower().endswith(VIDEO_SUFFIXES)


def frames_in(folder: str | Path) -> list[str]:
    """File names of the frames in a folder, in natural order."""
    with os.scandir(folder) as listing:
        files = [item.name for item in listing if not item.is_dir()]
    return sorted(filter(is_frame, files), key=natural_key)


def videos_below(root: Path) -> list[str]:
    """Names of the videos below a folder, with '/', in natural order; what is not taken is logged.

    Raises:
        FileNotFoundError: it is no folder, or holds none.
    """
    if not root.is_dir():
        raise FileNotFoundError(f'the folder of videos {root} does not exist')
    names, left_out = [], LeftOut(root)
    for folder, frames, videos in listings(root, left_out):
        names += [(folder.relative_to(root) / video).as_posix() for video in videos]
        if frames:
            left_out.add('folders of pictures, which FolderClips reads', folder)
    if not names:
        raise FileNotFoundError(f'no file below {root} is a video by its name '
                                f'({", ".join(VIDEO_SUFFIXES)})'
                                + (f'; left out: {left_out}' if left_out.paths else ''))
    left_out.say()
    return sorted(names, key=natural_key)


def label_files(root: str | Path, pattern: str, hint: str = '') -> list[Path]:
    """Files below a folder, in the natural order of their paths.

    Args:
        root: the folder. Linked folders below it are entered, each file comes once; files and
            folders whose name begins with a dot are passed over.
        pattern: as in ``glob``, ``**/`` for any depth. The suffix is meant in upper and lower case.
        hint: ends the error message.

    Raises:
        FileNotFoundError: no such folder, no such file in it.
    """
    stem, dot, suffix = pattern.rpartition('.')
    either = ''.join(f'[{one.lower()}{one.upper()}]' if one.isalpha() else one for one in suffix)
    found: dict[str, Path] = {}
    for name in sorted(glob.glob(stem + dot + either, root_dir=root, recursive=True),
                       key=natural_key):
        path = Path(root) / name
        if path.is_file():
            found.setdefault(os.path.realpath(path), path)
    if not found:
        raise FileNotFoundError(f'no file {pattern} below {Path(root).resolve()}. {hint}'.rstrip())
    return list(found.values())
