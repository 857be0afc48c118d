"""Box files: where the figure is in each frame, found by other means.

CSV with the header ``source,frame,x0,y0,x1,y1``, one figure and at most one row a frame:

- source: the name of a video or folder of frames, as ``io.frame_sources.find_sources`` gives it;
- frame: its number among the source's own frames, from 0 (of a folder: in natural order, broken
  images counted);
- x0, y0, x1, y1: pixels of the frame, x1 and y1 exclusive; four times empty where nothing is there.

COCO-style json: ``images`` (``id``, ``file_name``) and ``annotations`` (``image_id``, ``bbox`` as
x, y, width, height; null or empty is no box), for folders of images. An image belongs to the source
whose name is its folder's, '/' written '_'; a ``file_name`` without a folder belongs to whichever
source holds it.
"""
from __future__ import annotations

import csv
import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from mmengine.logging import MMLogger

from ikp_mm.io.formats.coco import load_coco, refuse_corners

HEADER = ('source', 'frame', 'x0', 'y0', 'x1', 'y1')
Box = tuple[float, ...]
# Of each source, the boxes of its frames: by number, or by file name in json.
Rows = dict[str, dict[int | str, Box]]


class BoxFile:
    """Boxes of frames, by source.

    A box without area (x1 <= x0 or y1 <= y0) is none: it is NaN in ``boxes``, and listed by
    ``zero_size``.

    Args:
        path: where it was read, for messages.
        rows: source -> {frame number, or file name in json: (x0, y0, x1, y1), NaN where nothing is
            there}. '' holds the files that stand in no folder.
    """

    def __init__(self, path: Path, rows: Rows) -> None:
        self.path = path
        self._rows = rows
        self._owners: dict[int | str, str] = {}

    @property
    def sources(self) -> list[str]:
        """Names of the sources that have a row, in the order of the file."""
        return [source for source in self._rows if source]

    def boxes(self, source: str, num_frames: int, files: Sequence[str] | None = None) -> np.ndarray:
        """All boxes of a source.

        Args:
            source: its name.
            num_frames: T, how many frames it has (stepped over and broken ones included).
            files: names of its T image files in order, if it is a folder; json needs them.

        Returns:
            (T, 4) float64, NaN where there is none.

        Raises:
            ValueError: no row names this source (says which it may be); a row of a frame or file
                that it does not have; json and no ``files``.
        """
        found = np.full((num_frames, 4), np.nan)
        for t, box in self._numbered(source, num_frames, files).items():
            if not _is_empty(box):
                found[t] = box
        return found

    def zero_size(self, source: str, num_frames: int, files: Sequence[str] | None = None
                  ) -> list[int]:
        """Frames of a source whose box has no area; see ``boxes``."""
        rows = self._numbered(source, num_frames, files)
        return sorted(t for t, box in rows.items() if _is_empty(box))

    def claim(self, source: str, files: Sequence[str]) -> None:
        """A folder's images take the boxes of those that the file names without a folder.

        Raises:
            ValueError: another folder has an image of that name too.
        """
        bare = self._rows.get('', {}) if source not in self._rows else {}
        for name in files:
            if name in bare and self._owners.setdefault(name, source) != source:
                raise ValueError(f"{self.path} names {name} without its folder, and both "
                                 f"'{self._owners[name]}' and '{source}' have it: write "
                                 f"'folder/{name}'")

    def _numbered(self, source: str, num_frames: int, files: Sequence[str] | None
                  ) -> dict[int, Box]:
        """Frame number -> box as it stands in the file."""
        numbers = {name: t for t, name in enumerate(files or ())}
        rows = self._rows.get(source)
        if rows is None:
            self.claim(source, files or ())
            rows = {key: box for key, box in self._rows.get('', {}).items() if key in numbers}
            if not rows:
                raise ValueError(self._unknown(source))
        for key in rows:
            if isinstance(key, str) and files is None:
                raise ValueError(f"{self.path} names images, and '{source}' is no folder of images: "
                                 f'write a CSV ({",".join(HEADER)})')
            if isinstance(key, str) and key not in numbers:
                raise ValueError(f"{self.path}: '{source}' has no image {key}")
            if numbers.get(key, key) >= num_frames:
                raise ValueError(f"{self.path}: frame {key} of '{source}', which has {num_frames} "
                                 f'frames (0 .. {num_frames - 1})')
        return {numbers.get(key, key): box for key, box in rows.items()}

    def _unknown(self, source: str) -> str:
        close = difflib.get_close_matches(source, self.sources, n=1)
        known = ', '.join(self.sources[:5]) + (', ...' if len(self.sources) > 5 else '')
        return (f"{self.path} has no box of '{source}'; it has boxes of: {known or 'nothing'}"
                + (f"; did you mean '{close[0]}'?" if close else ''))


def read_box_file(path: str | Path, category: str | int | None = None) -> BoxFile:
    """Read a CSV or, by its suffix, a COCO-style json.

    Args:
        path: the file.
        category: of a json: name or id of the category whose boxes are read, needed where there
            are several.

    Raises:
        FileNotFoundError: it is not there.
        ValueError: another header, no row, a row that is no box (names the line), two boxes of one
            frame, json without what is needed, boxes that are no x, y, width, height.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'there is no box file {path}')
    if path.suffix.lower() == '.json':
        rows = _read_json(path, category)
    elif category is None:
        rows = _read_csv(path)
    else:
        raise ValueError(f'{path} has no categories: leave out category={category!r}')
    if not rows:
        raise ValueError(f'{path} holds no box')
    return BoxFile(path, rows)


def write_box_file(path: str | Path, boxes: Mapping[str, Iterable[tuple[int, np.ndarray]]]) -> None:
    """Write a CSV that ``read_box_file`` reads, of source -> (frame number, (4,) box) in the order
    to write; NaN boxes are left out."""
    with open(path, 'w', encoding='utf-8', newline='') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(HEADER)
        for source, numbered in boxes.items():
            for t, box in numbered:
                if not np.isnan(box).any():
                    writer.writerow([source, int(t), *(f'{value:.2f}' for value in box)])


def _is_empty(box: Box) -> bool:
    """Without area; NaN, which is no box at all, is not."""
    return bool(box[2] <= box[0] or box[3] <= box[1])


def _read_csv(path: Path) -> Rows:
    rows: Rows = {}
    lines: dict[tuple[str, int], int] = {}
    try:
        reader = csv.reader(path.read_text('utf-8-sig').splitlines())
    except UnicodeDecodeError as error:
        raise ValueError(f'{path} is not text in UTF-8: {error}') from error
    columns = ','.join(HEADER)
    header = ','.join(name.strip() for name in next(reader, []))
    if header != columns:
        raise ValueError(f'{path} line 1: the header is {columns}, got {header or "nothing"}')
    for row in filter(None, reader):  # without empty lines
        where = f'{path} line {reader.line_num}'
        if len(row) != len(HEADER):
            raise ValueError(f'{where}: {len(row)} fields, {len(HEADER)} are needed ({columns})')
        source, number, *corners = (field.strip() for field in row)
        if not source or not number.isdecimal():
            raise ValueError(f'{where}: source and frame must be a name and a number from 0, got '
                             f'{source!r} and {number!r}')
        box = _corners(corners, where) if any(corners) else (np.nan,) * 4
        if box[2] < box[0] or box[3] < box[1]:
            raise ValueError(f'{where}: x1, y1 lie before x0, y0; a row is {columns}, not x, y, '
                             f'width, height, got {list(box)}')
        t = int(number)
        if (source, t) in lines:
            raise ValueError(f"{where}: frame {t} of '{source}' has a box in line "
                             f'{lines[source, t]} already; one figure a frame')
        lines[source, t] = reader.line_num
        rows.setdefault(source, {})[t] = box
    return rows


def _corners(values: Sequence, where: str) -> Box:
    try:
        box = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        raise ValueError(f'{where}: {list(values)} are not four numbers') from None
    if len(box) != 4 or not np.isfinite(box).all():
        raise ValueError(f'{where}: a box is four finite numbers, got {list(values)}')
    return box


def _read_json(path: Path, category: str | int | None) -> Rows:
    file = load_coco(path, 'It must be COCO-style').of_category(category)
    if len(set(file.category_names())) > 1:
        raise ValueError(f'{path} has boxes of {file.category_names()}: say whose with '
                         'category=...')
    given, found = [], []
    rows: Rows = {}
    for number, annotation in enumerate(file.annotations):
        where = f'{path}: annotations[{number}]'
        if annotation.get('image_id') not in file.images:
            raise ValueError(f"{where}: no image has the id {annotation.get('image_id')!r}")
        if 'file_name' not in file.images[annotation['image_id']]:
            raise ValueError(f"{where}: its image has no 'file_name'")
        numbers = file.numbers(annotation, 'bbox')
        if not numbers.size:
            continue
        image = PurePosixPath(file.name(annotation).replace('\\', '/'))
        x, y, width, height = _corners(numbers.tolist(), f'{where} of {image}')
        of_source = rows.setdefault('_'.join(image.parent.parts), {})
        if image.name in of_source:
            raise ValueError(f'{where}: {image} has a box already; one figure a frame')
        of_source[image.name] = (x, y, x + width, y + height)
        given.append(annotation)
        found.append(of_source[image.name])
    if len(given) < len(file.annotations):
        MMLogger.get_current_instance().warning(
            f'{path}: left out {len(file.annotations) - len(given)} of {len(file.annotations)} '
            'annotations without a bbox')
    refuse_corners(file._replace(annotations=given), np.reshape(found, (-1, 4)), None)
    return rows
