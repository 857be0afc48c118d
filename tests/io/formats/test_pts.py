"""Files as 300-W and 300-VW come: see the header of the reader."""
import numpy as np
import pytest

from ikp_mm.io.formats.pts import read_pts, read_pts_tree
from ikp_mm.skeletons import FACE68


def write(path, points, header='version: 1\nn_points:  {n}\n{{\n', footer='}\n'):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header.format(n=len(points))
                    + ''.join(f'{x:.6f} {y:.6f}\n' for x, y in points) + footer)
    return path


def face(seed=0, count=68):
    return np.random.default_rng(seed).uniform(100, 300, (count, 2)).round(3)


def test_coordinates_become_zero_based(tmp_path):
    # Points at the centres of the first and of the last pixel of a 480 x 360 image.
    path = write(tmp_path / 'a.pts', [(1, 1), (480, 360)])
    np.testing.assert_array_equal(read_pts(path), [[0, 0], [479, 359]])


@pytest.mark.parametrize('header, footer', [
    ('version: 1 \nn_points: {n} \n{{ \n', '} \n'),
    ('version: 1\r\nn_points:    {n}\r\n{{\r\n\r\n', '}'),
    ('\ufeffVERSION: 1\nN_POINTS: {n}\n{{\n', '}\n'),
])
def test_loose_spelling(tmp_path, header, footer):
    path = write(tmp_path / 'a.pts', [(3, 5), (4, 7)], header, footer)
    np.testing.assert_array_equal(read_pts(path), [[2, 4], [3, 6]])


def test_tree_pattern_and_order(tmp_path):
    for number, name in enumerate(['helen/trainset/2_1.pts', 'helen/trainset/10_1.pts',
                                   'afw/1_1.pts']):
        write(tmp_path / name, face(number))
    table = read_pts_tree(tmp_path, '**/*.pts', None)
    assert table.joints == FACE68.joints
    # afw first, then 2 before 10.
    np.testing.assert_allclose(table.keypoints, [face(2) - 1, face(0) - 1, face(1) - 1])
    assert table.name(1) == str(tmp_path / 'helen/trainset/2_1.pts')
    assert len(read_pts_tree(tmp_path, 'helen/*/*.pts', None)) == 2
    with pytest.raises(FileNotFoundError, match='no file ibug/.*docs/priors.md'):
        read_pts_tree(tmp_path, 'ibug/*.pts', None)


def test_points_that_mark_absence_are_not_labelled(tmp_path, warned):
    # As they stand in the file: (1, 1) is the middle of the first pixel.
    write(tmp_path / 'a.pts', [(1, 1), (-1, -1), (0, 0), (-1, 4)])
    table = read_pts_tree(tmp_path, '*.pts', None)
    np.testing.assert_array_equal(table.keypoints, [[[0, 0], [np.nan] * 2, [np.nan] * 2, [-2, 3]]])
    assert '2 points of 1 of 1 poses lie at exactly (0, 0) or (-1, -1)' in warned[0]


def test_profile_files_are_refused_or_counted(tmp_path):
    write(tmp_path / 'a.pts', face())
    write(tmp_path / 'b.pts', face(count=39))
    with pytest.raises(ValueError, match='b.pts has another number of points than .*a.pts.*68'):
        read_pts_tree(tmp_path, '**/*.pts', None)
    assert len(read_pts_tree(tmp_path, '**/*.pts', 68)) == 1
    with pytest.raises(ValueError, match='none of 2 files has num_points=29'):
        read_pts_tree(tmp_path, '**/*.pts', 29)


@pytest.mark.parametrize('text, message', [
    ('version: 1\nn_points: 2\n{\n1 2\n3 4\n', 'cut short'),
    ('1 2\n3 4\n', 'must stand between'),
    ('version: 1\nn_points: 3\n{\n1 2\n3 4\n}\n', r"n_points says \['3'\], but there are 2"),
    ('version: 1\n{\n1 2\n}\n', r'n_points says \[\]'),
    ('version: 1\nn_points: 2\n{\n1 2\n3 x\n}\n', "line 5: '3 x' is not a pair"),
    ('version: 1\nn_points: 1\n{\n1 2 3\n}\n', "line 4: '1 2 3' is not a pair"),
    ('version: 1\nn_points: 1\n{\n1 nan\n}\n', 'not finite'),
])
def test_malformed_files_are_named(tmp_path, text, message):
    (tmp_path / 'bad.pts').write_text(text)
    with pytest.raises(ValueError, match=f'bad.pts.*{message}'):
        read_pts_tree(tmp_path, '**/*.pts', None)


def test_a_picture_is_no_pts_file(tmp_path):
    (tmp_path / 'bad.pts').write_bytes(b'\x89PNG\xff\xd8')
    with pytest.raises(ValueError, match='bad.pts is not text'):
        read_pts(tmp_path / 'bad.pts')
