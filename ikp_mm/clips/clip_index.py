"""An index of clips on disk, made once (``tools/index_clips.py``) and mapped into memory.

A folder: ``index.json`` says what it is an index of; of M clips in the order of their names

- ``names.npy``, ``name_ends.npy``: (bytes,) uint8 and (M,) int64, see ``ByteTable``;
- ``frame_counts.npy``: (M,) int32;
- ``times.npy``: (M,) int64, when the clip's folder or file was last changed, in nanoseconds;
- ``entries.npy``, ``entry_ends.npy``: what else is known of each clip (``frame_names``,
  ``video_entries``);
- ``unreadable.txt``: 'file: reason' of what was left out, if anything was.

Loader workers share its pages with the main process and with every other job on the machine.
"""
from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Callable, Mapping

import numpy as np

from ikp_mm.io.atomic import whole_folder
from ikp_mm.io.byte_table import ByteTable, map_array

FORMAT, VERSION = 'ikp_mm clip index', 1
KINDS = ('folders', 'videos')
DESCRIPTION, UNREADABLE = 'index.json', 'unreadable.txt'
_ARRAYS = dict(names=np.uint8, name_ends=np.int64, frame_counts=np.int32, times=np.int64,
               entries=np.uint8, entry_ends=np.int64)


class StaleIndexError(RuntimeError):
    """An index that does not describe what is on disk, or is no index that can be read."""


def index_command(kind: str, root: str | Path, index: str | Path, options: Mapping) -> str:
    """The command that makes an index anew."""
    words = ['python', 'tools/index_clips.py', str(root), '--out', str(index), '--kind', kind]
    for key, value in options.items():
        words.append(f'--{key.replace("_", "-")}')
        words.extend([value or ''] if value is None or isinstance(value, str) else value)
    return shlex.join([*words, '--overwrite'])


@dataclass
class ClipIndex:
    """Clips below a folder: what a source must know of them before it opens one.

    Attributes:
        kind: 'folders' or 'videos'.
        root: the folder of clips when the index was made; a copy of it elsewhere may be read by
            the same index.
        options: what decided which clips and frames were found.
        names: of the M clips, below the root, with '/'.
        frame_counts: (M,) int32.
        times: (M,) int64, last changes in nanoseconds.
        entries: M byte strings, read by those who wrote them.
        unreadable: 'file: reason' of what was left out when it was made.
        path: where it lies, None when it was made in memory.
    """

    kind: str
    root: str
    options: dict
    names: ByteTable
    frame_counts: np.ndarray
    times: np.ndarray
    entries: ByteTable
    unreadable: list[str] = field(default_factory=list)
    path: Path | None = None

    def __len__(self) -> int:
        return len(self.frame_counts)

    @property
    def command(self) -> str:
        """The command that makes this index anew."""
        return index_command(self.kind, self.root, self.path or 'INDEX', self.options)

    def stale(self, what: str) -> StaleIndexError:
        """The error to raise when a clip is not as the index says."""
        return StaleIndexError(f'the index {self.path} is stale: {what}; make it anew with\n'
                               f'  {self.command}')

    def write(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the index: it is there as a whole or not at all.

        Raises:
            FileExistsError: something is there and ``overwrite`` is False, or something is there
                that is no index.
        """
        with whole_folder(Path(path), DESCRIPTION, 'clip index', overwrite) as partial:
            for name, array in self._arrays().items():
                np.save(partial / f'{name}.npy', array)
            if self.unreadable:
                (partial / UNREADABLE).write_text('\n'.join(self.unreadable) + '\n',
                                                  encoding='utf-8', errors='surrogateescape')
            description = dict(
                format=FORMAT, version=VERSION, kind=self.kind, root=self.root,
                options=self.options, clips=len(self), frames=int(self.frame_counts.sum(dtype=int)),
                unreadable=len(self.unreadable),
                made=datetime.now().isoformat(timespec='seconds'))
            (partial / DESCRIPTION).write_text(json.dumps(description, indent=1) + '\n')

    @classmethod
    def open(cls, path: str | Path) -> 'ClipIndex':
        """Map a written index; nothing but its description is read.

        Raises:
            StaleIndexError: it is none, of another version, or incomplete.
        """
        path = Path(path)
        try:
            about = json.loads((path / DESCRIPTION).read_text())
        except (OSError, ValueError) as error:
            raise StaleIndexError(f'{path} is no clip index: {DESCRIPTION} cannot be read '
                                  f'({error}); make one with "python tools/index_clips.py ROOT '
                                  f'--out {path}"') from error
        if about.get('format') != FORMAT or about.get('version') != VERSION:
            raise StaleIndexError(
                f'{path} is a {about.get("format")!r} of version {about.get("version")}, this '
                f'program reads {FORMAT!r} of version {VERSION}; make it anew with "python '
                f'tools/index_clips.py ROOT --out {path} --overwrite"')
        arrays = {name: _mapped(path / f'{name}.npy', kind, about)
                  for name, kind in _ARRAYS.items()}
        anew = 'make it anew with\n  ' + index_command(about['kind'], about['root'], path,
                                                        about['options'])
        sizes = {len(arrays[name]) for name in ('name_ends', 'frame_counts', 'times', 'entry_ends')}
        if sizes != {about['clips']}:
            raise StaleIndexError(f'{path} is damaged: it states {about["clips"]} clips, its arrays'
                                  f' have {sorted(sizes)}; {anew}')
        try:
            names, entries = (ByteTable(arrays[data], arrays[ends]) for data, ends in
                              (('names', 'name_ends'), ('entries', 'entry_ends')))
        except ValueError as error:
            raise StaleIndexError(f'{path} is damaged: {error}; {anew}') from error
        unreadable = []
        if about['unreadable']:
            unreadable = (path / UNREADABLE).read_text(
                encoding='utf-8', errors='surrogateescape').splitlines()
        return cls(about['kind'], about['root'], about['options'], names, arrays['frame_counts'],
                   arrays['times'], entries, unreadable, path)

    def check_made_for(self, kind: str, options: Mapping) -> None:
        """Refuse an index of another kind, or one made with other options.

        Raises:
            StaleIndexError: names what differs and the command.
        """
        if self.kind != kind:
            raise StaleIndexError(f'{self.path} is an index of {self.kind}, not of {kind}: give the '
                                  'one of these clips')
        for key, value in options.items():
            if self.options[key] != value:
                raise StaleIndexError(
                    f'the index {self.path} was made with {key}={self.options[key]!r}, not '
                    f'{value!r}; make it anew with\n  '
                    + index_command(kind, self.root, self.path, options))

    def _arrays(self) -> dict[str, np.ndarray]:
        return dict(names=self.names.data, name_ends=self.names.ends,
                    frame_counts=self.frame_counts, times=self.times, entries=self.entries.data,
                    entry_ends=self.entries.ends)

    def __reduce__(self):
        # A spawned worker maps the files again; pickled arrays would be copies.
        if self.path is not None:
            return ClipIndex.open, (self.path.absolute(),)
        return ClipIndex, (self.kind, self.root, self.options, self.names, self.frame_counts,
                           self.times, self.entries, self.unreadable)


def open_or_make(path: str | Path, kind: str, options: Mapping, make: Callable[[], ClipIndex]
                 ) -> ClipIndex:
    """The index at ``path``, made first when nothing lies there.

    Several processes may do so at once: the first that is done writes it, all use that one.
    """
    path = Path(path)
    if not path.exists():
        index = make()
        try:
            index.write(path)
        except OSError:
            if not (path / DESCRIPTION).is_file():
                raise
    index = ClipIndex.open(path)
    index.check_made_for(kind, options)
    return index


def _mapped(path: Path, dtype: type, about: Mapping) -> np.ndarray:
    try:
        return map_array(path, dtype)
    except ValueError as error:
        raise StaleIndexError(f'{error}; make the index anew with\n  ' +
                              index_command(about['kind'], about['root'], path.parent,
                                            about['options'])) from error
