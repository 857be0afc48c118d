import numpy as np
import pytest
from scipy.io import savemat

from ikp_mm.io.formats.mat import read_mat


@pytest.fixture
def path(tmp_path):
    savemat(tmp_path / 'a.mat', dict(x=np.arange(6).reshape(2, 3), action='bowl'))
    return tmp_path / 'a.mat'


def test_variables_in_the_order_asked_for(path):
    action, x = read_mat(path, ['action', 'x'], '')
    assert action.item() == 'bowl' and x.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_missing_key_is_named_beside_those_there(path):
    with pytest.raises(ValueError, match=r"a.mat has no key \['y'\]; it has \['action', 'x'\]. So"):
        read_mat(path, ['x', 'y'], 'So it is.')


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match='b.mat does not exist. See docs'):
        read_mat(tmp_path / 'b.mat', ['x'], 'See docs')


@pytest.mark.parametrize('length', [0, 1, 60, 127, 130, 135, 200, 280])
def test_a_truncated_file_is_named(path, length):
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(ValueError, match='a.mat .*cannot be read'):
        read_mat(path, ['x', 'action'], '')


def test_something_else_is_named(path):
    for content in (b'keypoints_2d', b'x' * 500, bytes(1000)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match='a.mat .*cannot be read'):
            read_mat(path, ['x'], '')
