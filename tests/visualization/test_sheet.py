"""Drawings: the right colours at the right pixels, and a layout that can be counted out."""
import numpy as np
import pytest

from ikp_mm.skeletons import Skeleton
from ikp_mm.visualization import SHEET_COLUMNS, draw_keypoints, make_sheet, skeleton_to_image
from ikp_mm.visualization.sheet import (GAP, MARGIN, MISSING_CELL, PAPER, _fitting_font,
                                        _legend_entries, _text_width)

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
SKELETON = Skeleton('v', ['root', 'left_hand', 'right_hand'],
                    [('root', 'left_hand'), ('root', 'right_hand')],
                    colors=dict(root=BLUE, left_hand=GREEN, right_hand=RED))
GREY = np.full((101, 101, 3), 128, dtype=np.uint8)
KEYPOINTS = np.array([[50., 80.], [20., 20.], [80., 20.]])


def _rgb(image, x, y):
    return tuple(int(c) for c in image[y, x, ::-1])


def test_draw_keypoints_colours():
    before = GREY.copy()
    drawn = draw_keypoints(GREY, KEYPOINTS, SKELETON)
    np.testing.assert_array_equal(GREY, before)
    assert _rgb(drawn, 50, 80) == BLUE
    assert _rgb(drawn, 20, 20) == GREEN
    assert _rgb(drawn, 80, 20) == RED
    # Half way along the limbs: the limb's colour, left and right differ.
    assert _rgb(drawn, 35, 50)[1] > 150 and _rgb(drawn, 35, 50)[0] < 100
    assert _rgb(drawn, 65, 50)[0] > 150 and _rgb(drawn, 65, 50)[1] < 100
    assert _rgb(drawn, 5, 5) == (128, 128, 128)


def test_draw_keypoints_leaves_out_invisible_joints_and_their_limbs():
    keypoints = KEYPOINTS.copy()
    keypoints[1] = np.nan
    drawn = draw_keypoints(GREY, keypoints, SKELETON, visible=np.array([True, False, True]))
    assert (drawn[:, :40] == 128).all()
    assert _rgb(drawn, 80, 20) == RED
    with pytest.raises(ValueError, match='not finite: left_hand'):
        draw_keypoints(GREY, keypoints, SKELETON)


def test_draw_keypoints_enlarges_first():
    # Pixel centre 9.5 of 20 is the middle of the picture: 99.5 of 200.
    drawn = draw_keypoints(np.full((20, 20), 128, dtype=np.uint8),
                           np.array([[9.5, 9.5], [2., 2.], [17., 2.]]), SKELETON, width=200)
    assert drawn.shape == (200, 200, 3)
    assert _rgb(drawn, 99, 99) == _rgb(drawn, 100, 100) == BLUE
    rows, columns = np.nonzero((drawn == (255, 0, 0)).all(axis=-1))
    assert (rows.mean(), columns.mean()) == pytest.approx((99.5, 99.5), abs=0.6)


def test_draw_keypoints_far_outside():
    drawn = draw_keypoints(GREY, KEYPOINTS + [[0, 0], [1e9, 0], [0, -1e9]], SKELETON)
    assert _rgb(drawn, 50, 80) == BLUE


def test_draw_keypoints_refuses():
    with pytest.raises(ValueError, match='has 3 joints'):
        draw_keypoints(GREY, KEYPOINTS[:2], SKELETON)
    with pytest.raises(ValueError, match='must be uint8'):
        draw_keypoints(GREY.astype(float), KEYPOINTS, SKELETON)


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


def test_a_crowd_of_joints_is_drawn_finely():
    # 68 landmarks in one spot's neighbourhood must not cover the picture: a dot is 3 pixels wide.
    names = [f'joint_{k}' for k in range(68)]
    crowd = Skeleton('crowd', names, [(names[0], names[1])])
    few = Skeleton('few', names[:5], [(names[0], names[1])])
    image = np.full((144, 144, 3), 200, np.uint8)

    def painted(skeleton):
        joints = skeleton.num_joints
        keypoints = np.full((joints, 2), 100.0)
        keypoints[0] = keypoints[1] = 40.0
        drawn = draw_keypoints(image, keypoints, skeleton)
        return (drawn[80:120, 80:120] != 200).any(axis=2).sum()
    assert 5 <= painted(crowd) <= 25 < painted(few)
