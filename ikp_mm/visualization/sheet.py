"""A sheet of pictures: one row a sample, one column a stage of the model.

Images are uint8, (H, W, 3) BGR as OpenCV reads them, or (H, W) grey; a skeleton as in
``keypoints``. Text is Pillow's, which knows the letter ŷ.
"""
from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from .keypoints import OUTLINE, as_bgr, resized

SHEET_COLUMNS = ('input', 'y', 'ŷ', 'reconstruction', 'keypoints', 'truth')

PAPER, INK, DASH = (255, 255, 255), (40, 40, 40), (120, 120, 120)
MISSING_CELL = (208, 208, 208)
GAP, MARGIN = 6, 12  # pixels
FONT_SIZE, SMALLEST_FONT = 15, 8


@functools.lru_cache(maxsize=None)
def _font(size: int) -> ImageFont.FreeTypeFont:
    # matplotlib ships this font, so it is there wherever the package is.
    return ImageFont.truetype(font_manager.findfont('DejaVu Sans', fallback_to_default=False),
                              size)


def skeleton_to_image(skeleton_image: np.ndarray) -> np.ndarray:
    """Skeleton image of the model, y or ŷ, to grey: (S, S) float -> (S, S) uint8.

    -1 becomes black and 1, the lines, white; values outside are clipped.

    Raises:
        ValueError: not (H, W), or not finite.
    """
    if skeleton_image.ndim != 2:
        raise ValueError(f'a skeleton image must be (H, W), got {skeleton_image.shape}')
    if not np.isfinite(skeleton_image).all():
        raise ValueError('a skeleton image must be finite')
    return np.rint(np.clip((skeleton_image + 1) / 2, 0, 1) * 255).astype(np.uint8)


def _text_width(text: str, size: int) -> int:
    left, _, right, _ = ImageDraw.Draw(Image.new('L', (1, 1))).multiline_textbbox(
        (0, 0), text, font=_font(size))
    return int(np.ceil(right - left))


def _fitting_font(text: str, width: int) -> int:
    """The largest font size, up to the usual one, at which ``text`` is at most ``width`` wide."""
    return next((size for size in range(FONT_SIZE, SMALLEST_FONT, -1)
                 if _text_width(text, size) <= width), SMALLEST_FONT)


def _legend_entries(skeleton) -> list[tuple[tuple[int, int, int], str]]:
    """(RGB, label) of each joint colour: the side where all its joints name one, else 'middle';
    joints' names where a skeleton is small enough to list them."""
    by_color: dict[tuple[int, int, int], list[str]] = {}
    for joint, color in zip(skeleton.joints, skeleton.colors.tolist()):
        by_color.setdefault(tuple(color), []).append(joint)
    entries = []
    for color, joints in by_color.items():
        sides = {next((side for side in ('left', 'right') if side in joint.lower()), 'middle')
                 for joint in joints}
        listed = len(skeleton.joints) <= 6 or len(sides) > 1
        entries.append((color, ', '.join(joints[:4]) + (' …' if len(joints) > 4 else '') if listed
                        else sides.pop()))
    return entries


def make_sheet(rows: Sequence[Mapping[str, np.ndarray | None]], columns: Sequence[str],
               cell: int = 160, row_labels: Sequence[str] | None = None,
               title: str | None = None, skeleton=None) -> np.ndarray:
    """Lay pictures out under column headings.

    Args:
        rows: one mapping a row, column title -> image. A column that is absent or None becomes
            a grey cell with a dash.
        columns: column titles, from left to right.
        cell: side of a cell in pixels; images are fitted into it with their proportions.
        row_labels: text left of each row; may have several lines.
        title: text above all.
        skeleton: adds a legend of its joint colours at the bottom.

    Returns:
        np.ndarray: uint8 (H, W, 3) BGR.

    Raises:
        ValueError: no rows or columns, a repeated column, a cell under no column, another number
            of labels than rows, or an image that is none.
    """
    if not rows or not columns or len(set(columns)) != len(columns):
        raise ValueError(f'a sheet needs rows and distinct columns, got {len(rows)} rows, '
                         f'columns {tuple(columns)}')
    if row_labels is not None and len(row_labels) != len(rows):
        raise ValueError(f'{len(row_labels)} row labels for {len(rows)} rows')
    for number, row in enumerate(rows):
        unknown = [name for name in row if name not in columns]
        if unknown:
            raise ValueError(f'row {number} has cells {unknown} under no column of '
                             f'{tuple(columns)}')
    label_width = (max(_text_width(label, FONT_SIZE) for label in row_labels) + GAP
                   if row_labels else 0)
    line = FONT_SIZE + 8
    left, top = MARGIN + label_width, MARGIN + line + (line if title else 0)
    bottom = line + GAP if skeleton is not None else 0
    grid_width = len(columns) * (cell + GAP) - GAP
    grid_height = len(rows) * (cell + GAP) - GAP
    sheet = np.full((top + grid_height + bottom + MARGIN, left + grid_width + MARGIN, 3), PAPER,
                    dtype=np.uint8)
    missing = []
    for r, row in enumerate(rows):
        for c, name in enumerate(columns):
            x, y = left + c * (cell + GAP), top + r * (cell + GAP)
            sheet[y:y + cell, x:x + cell] = MISSING_CELL
            if row.get(name) is None:
                missing.append((x + cell / 2, y + cell / 2))
                continue
            image = as_bgr(row[name])
            image = resized(image, cell / max(image.shape[:2]))
            height, width = image.shape[:2]
            x, y = x + (cell - width) // 2, y + (cell - height) // 2
            sheet[y:y + height, x:x + width] = image

    page = Image.fromarray(sheet[..., ::-1])
    draw = ImageDraw.Draw(page)
    if title:
        draw.text((MARGIN, MARGIN + line / 2), title, INK, _font(FONT_SIZE), anchor='lm')
    for c, name in enumerate(columns):
        draw.text((left + c * (cell + GAP) + cell / 2, top - line / 2 - 1), name, INK,
                  _font(_fitting_font(name, cell)), anchor='mm')
    for r, label in enumerate(row_labels or ()):
        draw.multiline_text((MARGIN, top + r * (cell + GAP) + cell / 2), label, INK,
                            _font(FONT_SIZE), anchor='lm')
    for centre in missing:
        draw.text(centre, '–', DASH, _font(max(FONT_SIZE, cell // 6)), anchor='mm')
    if skeleton is not None:
        _draw_legend(draw, skeleton, left, top + grid_height + GAP + line / 2,
                     left + grid_width)
    return np.ascontiguousarray(np.asarray(page)[..., ::-1])


def _draw_legend(draw: ImageDraw.ImageDraw, skeleton, x: float, y: float, right: float) -> None:
    """Discs with their labels in one line, in a font small enough to end before ``right``."""
    entries = _legend_entries(skeleton)
    disc = 6
    fixed = len(entries) * (2 * disc + GAP + 3 * GAP)
    size = _fitting_font(''.join(label for _, label in entries), int(right - x - fixed))
    for color, label in entries:
        draw.ellipse((x, y - disc, x + 2 * disc, y + disc), fill=color, outline=OUTLINE)
        draw.text((x + 2 * disc + GAP, y), label, INK, _font(size), anchor='lm')
        x += 2 * disc + GAP + _text_width(label, size) + 3 * GAP
