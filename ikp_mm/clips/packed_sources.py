"""What ``tools/pack_clips.py`` is asked to pack: a config's training clips, or a folder."""
from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mmpose.registry import DATASETS

from ikp_mm.clips.background import SOURCES
from ikp_mm.io.config_file import read_config
from ikp_mm.io.find import IMAGE_SUFFIXES, VIDEO_SUFFIXES, walk_folders


@dataclass(frozen=True)
class PackSource:
    """Clips to pack, and how a training uses them.

    Attributes:
        clips: config of the clip source.
        image_size: side of its frames.
        background: the training's ``background`` option, None without.
    """

    clips: dict
    image_size: int
    background: dict | None = None

    @property
    def wants_masks(self) -> bool:
        """Whether the training weighs by the masks that the clips come with."""
        return self.background is not None and self.background['source'] == 'mask'

    def median_options(self) -> dict:
        """Options of the ``BackgroundModel`` whose backgrounds are to be packed.

        Raises:
            ValueError: the training takes no medians.
        """
        if self.background is None or self.background['source'] not in SOURCES[:2]:
            raise ValueError('packing medians needs a config whose dataset has '
                             f'background=dict(source=...) with one of {SOURCES[:2]}, it has '
                             f'{self.background}')
        return {key: value for key, value in self.background.items() if key != 'fill'}

    def config_lines(self, path: Path, medians: bool) -> list[str]:
        """What to write into the training's dataset in place of its clips."""
        lines = [f"clips=dict(type='PackedClips', path={str(path)!r}),"]
        if medians:
            # What a given background does not take.
            left = {key: value for key, value in self.background.items()
                    if key not in ('source', 'camera_pattern', 'max_frames', 'quantile')}
            options = ', '.join(f'{key}={value!r}' for key, value in left.items())
            lines.append(f"background=dict(source='given'{', ' if left else ''}{options}),")
        return lines


def find_pack_source(path: str | Path, image_size: int | None = None,
                     options: Mapping | None = None) -> PackSource:
    """Read a config, or look what kind of clips a folder holds.

    Args:
        path: a config file, or a folder of clips or of videos.
        image_size: side of the frames; None takes the config's.
        options: changes to the config, or arguments of the folder's clip source.

    Raises:
        FileNotFoundError: nothing is there, or neither images nor videos in it.
        ValueError: a config without training clips, a folder of both kinds, no image size.
    """
    path, options = Path(path), dict(options or {})
    if path.is_file():
        return _of_config(path, image_size, options)
    if not path.is_dir():
        raise FileNotFoundError(f'{path} is neither a config file nor a folder')
    if image_size is None:
        raise ValueError(f'{path} is a folder of clips: give --image-size')
    found: set[str] = set()
    for _, _, files in walk_folders(path):
        found |= {kind for kind, suffixes in (('FolderClips', IMAGE_SUFFIXES),
                                              ('VideoClips', VIDEO_SUFFIXES))
                  if any(file.lower().endswith(suffixes) for file in files)}
    kinds = sorted(found)
    if not kinds:
        raise FileNotFoundError(f'{path} holds neither images nor videos')
    if len(kinds) > 1:
        raise ValueError(f'{path} holds images and videos: pack a config that says which of '
                         f'{kinds} is meant')
    clips = dict(type=kinds[0], root=str(path), **options)
    return PackSource(_without_cache(clips), image_size)


def _of_config(path: Path, image_size: int | None, options: dict) -> PackSource:
    config = read_config(path)
    config.merge_from_dict(options)
    dataset = config.get('train_dataloader', {}).get('dataset', {})
    if 'clips' not in dataset:
        raise ValueError(f'{path} has no train_dataloader.dataset.clips (it is no config that '
                         'trains on frame pairs)')
    background = dataset.get('background')
    return PackSource(
        _without_cache(dataset['clips'].to_dict()),
        dataset['image_size'] if image_size is None else image_size,
        None if background is None else background.to_dict())


def _without_cache(clips: dict) -> dict:
    """Every frame is read once or twice: nothing is gained by keeping it."""
    source = DATASETS.get(clips['type'])
    if source is None:
        raise ValueError(f'the clip source {clips["type"]!r} is not registered; give the config '
                         'its custom_imports')
    takes = inspect.signature(source).parameters
    return {**clips, 'cache': False} if 'cache' in takes else clips
