"""SLEAP's two analysis exports: CSV, and HDF5.

CSV, a row for each instance of a frame, nodes in any order (a label set by hand has no score):

    track,frame_idx,instance.score,head.x,head.y,head.score,tail.x,...
    ,0,0.95,100.5,200.3,0.98,150.2,...

HDF5: ``tracks`` (tracks, 2, nodes, frames), NaN where there is no instance, ``point_scores``
(tracks, nodes, frames), ``node_names``, ``track_names``. sleap-io may order the axes otherwise and
then says so in the attribute ``dims``.

Layouts: SLEAP's documentation and test data, sleap-io's documentation. ``.slp`` projects are not
read: export them (``sleap-convert --format analysis``, or "Export Analysis" in the program).
"""
from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Sequence

import numpy as np

from ikp_mm.io.formats.pose_tables import PoseTable
from ikp_mm.io.optional import optional

FIRST = ('track', 'frame_idx', 'instance.score')
AXES = ('track', 'xy', 'node', 'frame')


def read_sleap(path: str | Path) -> PoseTable:
    """One analysis export.

    Raises:
        FileNotFoundError: no such file.
        ValueError: another suffix, columns or arrays missing, no instance, a value that is no
            number (names frame and column).
        ImportError: HDF5, and h5py is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'{path} does not exist')
    if path.suffix.lower() not in ('.csv', '.h5', '.hdf5'):
        raise ValueError(f'{path} is neither .csv nor .h5; export a .slp project as analysis first')
    return (_read_csv if path.suffix.lower() == '.csv' else _read_h5)(path).without_marks()


def _read_csv(path: Path) -> PoseTable:
    try:
        lines = [line for line in csv.reader(path.read_text('utf-8-sig').splitlines()) if line]
    except UnicodeDecodeError as error:
        raise ValueError(f'{path} is not text in UTF-8: {error}') from error
    header = [name.strip() for name in lines[0]] if lines else []
    if not set(FIRST) <= set(header):
        raise ValueError(f"{path}: an analysis CSV of SLEAP has the columns {', '.join(FIRST)}, "
                         f"<node>.x, <node>.y, <node>.score; its first line has {header[:6]}")
    place = {name: number for number, name in enumerate(header)}
    nodes = tuple(name[:-2] for name in header if name.endswith('.x'))
    lacking = [f'{node}.y' for node in nodes if f'{node}.y' not in place]
    if not nodes or lacking or len(lines) == 1:
        raise ValueError(f'{path}: nodes {list(nodes)}, columns missing: {lacking}, '
                         f'{len(lines) - 1} instances')
    columns = [f'{node}.{part}' for node in nodes for part in ('x', 'y', 'score')]
    values = np.full((len(lines) - 1, len(columns)), np.nan)
    frames = []
    for row, line in enumerate(lines[1:]):
        if len(line) != len(header) or not line[place['frame_idx']].strip().isdecimal():
            raise ValueError(f'{path}: instance {row + 1} has {len(line)} cells of {len(header)}, '
                             'or no frame number in frame_idx')
        frames.append(int(line[place['frame_idx']]))
        for number, column in enumerate(columns):
            cell = line[place[column]].strip() if column in place else ''
            try:
                values[row, number] = float(cell) if cell else np.nan
            except ValueError:
                raise ValueError(f'{path}: {column} in frame {frames[-1]} is {cell!r}, which is no '
                                 'number') from None
    values = values.reshape(len(values), len(nodes), 3)
    scored = any(f'{node}.score' in place for node in nodes)
    return PoseTable(path, nodes, _points(values[..., :2]), tuple(frames),
                     tuple(line[place['track']] for line in lines[1:]),
                     values[..., 2] if scored else None)


def _points(values: np.ndarray) -> np.ndarray:
    """(..., 2) points, of which one that lacks x or y lacks both."""
    return np.where(np.isnan(values).any(axis=-1, keepdims=True), np.nan, values)


def _read_h5(path: Path) -> PoseTable:
    h5py = optional(
        'h5py', "SLEAP's analysis HDF5 needs h5py: pip install h5py. Its CSV does not")
    try:
        with h5py.File(path, 'r') as file:
            missing = [name for name in ('tracks', 'node_names') if name not in file]
            if missing:
                raise ValueError(f'{path} has no {missing}: it is no analysis export of SLEAP; it '
                                 f'has {sorted(file)}')
            tracks = _ordered(file['tracks'], AXES, path)
            scores = None
            if 'point_scores' in file:
                scores = _ordered(file['point_scores'], ('track', 'node', 'frame'), path)
            nodes = tuple(_text(name) for name in file['node_names'][()])
            names = [_text(name) for name in file['track_names'][()]] if 'track_names' in file \
                else []
    except OSError as error:
        raise ValueError(f'{path} is no HDF5 file: {error}') from error
    if tracks.shape[1:3] != (2, len(nodes)):
        raise ValueError(f"{path}: 'tracks' is {tracks.shape}, not (tracks, 2, {len(nodes)} nodes, "
                         'frames)')
    points = _points(tracks.transpose(3, 0, 2, 1).astype(np.float64))  # (frame, track, node, xy)
    there = np.argwhere(~np.isnan(points).all(axis=(2, 3)))
    if not len(there):
        raise ValueError(f'{path} holds no instance')
    rows = tuple(there.T)
    return PoseTable(
        path, nodes, points[rows], tuple(int(frame) for frame in there[:, 0]),
        tuple(names[track] if track < len(names) else '' for track in there[:, 1]),
        None if scores is None else scores.transpose(2, 0, 1)[rows].astype(np.float64))


def _ordered(dataset, axes: Sequence[str], path: Path) -> np.ndarray:
    """An array with its axes in the given order, which is the file's own unless it says another."""
    array = dataset[()]
    if 'dims' in dataset.attrs:
        dims = json.loads(dataset.attrs['dims'])
        if sorted(dims) != sorted(axes):
            raise ValueError(f'{path}: {dataset.name} has the axes {dims}, not {list(axes)}')
        array = array.transpose([dims.index(axis) for axis in axes])
    if array.ndim != len(axes):
        raise ValueError(f'{path}: {dataset.name} is {array.shape}, its axes must be {list(axes)}')
    return array


def _text(name: bytes | str) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
