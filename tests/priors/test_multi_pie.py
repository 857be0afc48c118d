"""Files as public readers of MPie_Labels expect them: see the module's header."""
import numpy as np
import pytest
from scipy.io import savemat

from ikp_mm.priors.multi_pie import multi_pie_poses
from ikp_mm.skeletons import FACE68


def face(seed):
    return np.random.default_rng(seed).uniform(200, 400, (68, 2))


def write(root, name, points, key='pts'):
    folder = root / name.split('_')[3]
    folder.mkdir(parents=True, exist_ok=True)
    savemat(folder / f'{name}_lm.mat', {key: points})
    return folder / f'{name}_lm.mat'


@pytest.fixture
def labels(tmp_path):
    root = tmp_path / 'MPie_Labels' / 'labels'
    write(root, '001_01_01_051_05', face(0))
    write(root, '002_03_02_051_07', face(1))
    write(root, '001_01_01_130_05', face(2))
    write(root, '001_01_01_240_05', face(3)[:39])
    write(root, '002_01_01_240_05', face(4)[:39])
    return root


def test_frontal_labels_are_framed_and_profiles_counted(labels, warned):
    poses = multi_pie_poses(labels, padding=2.0)
    assert poses.joints == FACE68.joints and poses.keypoints.shape == (3, 68, 2)
    # In the order of the file names: 001 051, 001 130, 002 051. The larger side fills one half.
    for row, seed in zip(poses.keypoints, (0, 2, 1)):
        low, high = face(seed).min(axis=0), face(seed).max(axis=0)
        expected = (face(seed) - (low + high) / 2) / ((high - low).max() * 2) + 0.5
        np.testing.assert_allclose(row, expected)
    assert len(warned) == 1
    assert '3 labels of 68 points; left out 2 of 39 points from camera 240' in warned[0]


def test_selection(labels, warned):
    assert len(multi_pie_poses(labels, cameras=['051', '130']).keypoints) == 3
    assert len(multi_pie_poses(labels, cameras=['051']).keypoints) == 2
    assert warned == []
    with pytest.raises(ValueError, match=r"nothing of \['050'\].*it has \['051', '130', '240'\]"):
        multi_pie_poses(labels, cameras=['050'])
    with pytest.raises(ValueError, match="nothing of '051' .a list is needed"):
        multi_pie_poses(labels, cameras='051')
    with pytest.raises(ValueError, match=r"cameras=\['240'\].*has 68 points"):
        multi_pie_poses(labels, cameras=['240'])


def test_one_flat_folder_is_read_too(labels, tmp_path):
    flat = tmp_path / 'all'
    flat.mkdir()
    for path in labels.glob('051/*.mat'):
        (flat / path.name).write_bytes(path.read_bytes())
    np.testing.assert_array_equal(multi_pie_poses(flat).keypoints,
                                  multi_pie_poses(labels, cameras=['051']).keypoints)
    # The same label in two folders would count twice.
    with pytest.raises(ValueError, match='001_01_01_051_05_lm.mat and .* are the same label'):
        multi_pie_poses(tmp_path)


def test_bad_files_are_named(labels):
    write(labels, '003_01_01_051_05', face(5), key='points')
    with pytest.raises(ValueError, match=r"003_01_01_051_05_lm.mat has no key \['pts'\]; "
                                         r"it has \['points'\]"):
        multi_pie_poses(labels)
    path = write(labels, '003_01_01_051_05', face(5))
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(ValueError, match='003_01_01_051_05_lm.mat .* cannot be read'):
        multi_pie_poses(labels)
    write(labels, '003_01_01_051_05', face(5).T)
    with pytest.raises(ValueError, match=r"003_01_01_051_05_lm.mat: 'pts' must be .*\(2, 68\)"):
        multi_pie_poses(labels)
    path.rename(path.with_name('smile_lm.MAT'))
    with pytest.raises(ValueError, match='smile_lm.MAT: the name'):
        multi_pie_poses(labels)


def test_absent(tmp_path):
    with pytest.raises(FileNotFoundError, match='licensed by CMU.*docs/datasets.md'):
        multi_pie_poses(tmp_path / 'labels')
