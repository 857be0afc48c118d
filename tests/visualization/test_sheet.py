"""Sheets: a layout that can be counted out."""
import numpy as np
import pytest

from ikp_mm.skeletons import Skeleton
from ikp_mm.visualization import SHEET_COLUMNS, make_sheet, skeleton_to_image
from ikp_mm.visualization.sheet import (GAP, MARGIN, MISSING_CELL, PAPER, _fitting_font,
                                        _legend_entries, _text_width)

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
SKELETON = Skeleton('v', ['root', 'left_hand', 'right_hand'],
                    [('root', 'left_hand'), ('root', 'right_hand')],
                    colors=dict(root=BLUE, left_hand=GREEN, right_hand=RED))
GREY = np.full((101, 101, 3), 128, dtype=np.uint8)


def test_skeleton_to_image():
    values = np.array([[-1., 0.], [1., 3.]])
    np.testing.assert_array_equal(skeleton_to_image(values), [[0, 128], [255, 255]])
    with pytest.raises(ValueError, match='must be finite'):
        skeleton_to_image(values * np.nan)
    with pytest.raises(ValueError, match=r'must be \(H, W\)'):
        skeleton_to_image(values[None])


def test_make_sheet_layout():
    red = np.zeros((10, 10, 3), dtype=np.uint8)
    red[..., 2] = 255
    wide = np.full((5, 10), 255, dtype=np.uint8)
    cell = 40
    sheet = make_sheet([{'input': red}, {'input': None, 'y': wide}], ['input', 'y'], cell=cell)
    grid = 2 * cell + GAP
    assert sheet.dtype == np.uint8
    assert sheet.shape[1] == grid + 2 * MARGIN
    top = sheet.shape[0] - MARGIN - grid
    assert top > MARGIN
    # Row 0: a red cell, a missing one.
    np.testing.assert_array_equal(sheet[top:top + cell, MARGIN:MARGIN + cell].reshape(-1, 3),
                                  np.tile([0, 0, 255], (cell * cell, 1)))
    second = MARGIN + cell + GAP
    assert (sheet[top + 2, second + 2] == MISSING_CELL).all()
    # ... with a dash in its middle.
    middle = sheet[top + cell // 2 - 8:top + cell // 2 + 8, second:second + cell]
    assert (middle < 150).any()
    assert (sheet[top:top + cell, MARGIN + cell:second] == PAPER).all()
    # Row 1: a picture twice as wide as high is fitted in, with grey above and below.
    lower = top + cell + GAP
    column = sheet[lower:lower + cell, second + cell // 2, 0]
    np.testing.assert_array_equal(column, [208] * 10 + [255] * 20 + [208] * 10)


def test_make_sheet_title_labels_and_legend_take_room():
    rows = [{'input': GREY}]
    plain = make_sheet(rows, ['input'])
    labelled = make_sheet(rows, ['input'], row_labels=['sample 0\n1.2 %'], title='a title',
                          skeleton=SKELETON)
    assert labelled.shape[0] > plain.shape[0] and labelled.shape[1] > plain.shape[1]
    legend = labelled[-MARGIN - 25:].reshape(-1, 3)
    for color in (RED, GREEN, BLUE):
        assert (legend == color[::-1]).all(axis=1).any()


def test_every_heading_has_its_glyphs():
    # A missing glyph is drawn as the font's box: 'ŷ' must differ from a code no font has.
    headings = [make_sheet([{name: GREY}], [name]) for name in ('y', 'ŷ', '\U000F1234')]
    assert not np.array_equal(headings[0], headings[1])
    assert not np.array_equal(headings[1], headings[2])
    assert SHEET_COLUMNS == ('input', 'y', 'ŷ', 'reconstruction', 'keypoints', 'truth')


def test_long_text_is_set_smaller():
    text = 'a heading that is far too long'
    size = _fitting_font(text, 160)
    assert _text_width(text, size) <= 160 < _text_width(text, size + 1)


def test_legend_names_sides_or_joints():
    assert _legend_entries(SKELETON) == [(BLUE, 'root'), (GREEN, 'left_hand'),
                                         (RED, 'right_hand')]
    joints = [f'{side}_{part}' for side in ('left', 'right') for part in 'abc'] + ['root']
    large = Skeleton('large', joints, [])
    assert [label for _, label in _legend_entries(large)] == ['left', 'right', 'middle']


@pytest.mark.parametrize('arguments, message', [
    (dict(rows=[], columns=['a']), 'needs rows'),
    (dict(rows=[{}], columns=[]), 'distinct columns'),
    (dict(rows=[{}], columns=['a', 'a']), 'distinct columns'),
    (dict(rows=[{'b': GREY}], columns=['a']), r"row 0 has cells \['b'\] under no column"),
    (dict(rows=[{}], columns=['a'], row_labels=['x', 'y']), '2 row labels for 1 rows'),
    (dict(rows=[{'a': GREY[..., :2]}], columns=['a']), 'must be uint8'),
])
def test_make_sheet_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_sheet(**arguments)
