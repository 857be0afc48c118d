"""SLEAP's analysis exports as a source of a prior."""
import numpy as np
import pytest

from ikp_mm.priors import PosePriorDataset
from ikp_mm.priors.sleap import sleap_poses

# Two instances in frame 0; that of frame 5 was set by hand, its tail is missing.
CSV = '''track,frame_idx,instance.score,nose.x,nose.y,nose.score,tail.x,tail.y,tail.score
one,0,0.95,10,20,0.9,30,60,0.8
two,0,0.5,40,40,0.7,20,60,0.1
,5,nan,12,14,,,,
'''


@pytest.fixture
def path(tmp_path):
    (tmp_path / 'a.analysis.csv').write_text(CSV)
    return tmp_path / 'a.analysis.csv'


def test_unsure_points_go_and_those_set_by_hand_stay(path):
    poses = sleap_poses(path, box=(100, 80), min_score=0.5)
    np.testing.assert_allclose(poses.keypoints, [
        [[0.1, 0.3], [0.3, 0.7]], [[0.4, 0.5], [np.nan, np.nan]],
        [[0.12, 0.24], [np.nan, np.nan]]])
    assert poses.rows == ('frame 0 (one)', 'frame 0 (two)', 'frame 5')
    assert len(sleap_poses(path, (100, 80), subset=(0, 1)).keypoints) == 2


def test_min_score_needs_scores(path):
    lines = CSV.replace(',nose.score', '').replace(',tail.score', '').splitlines()
    path.write_text('\n'.join([lines[0], ',0,1,10,20,30,60']))
    assert len(sleap_poses(path).keypoints) == 1
    with pytest.raises(ValueError, match='a.analysis.csv has no scores: leave out min_score'):
        sleap_poses(path, min_score=0.5)


def test_one_point_does_not_refuse_the_file(path, warned):
    fish = dict(name='fish', joints=['nose', 'tail'], edges=[['nose', 'tail']])
    source = dict(type='sleap', path=str(path))
    with pytest.raises(ValueError, match=r'frame 5 has no joint that can be used \(1 of 3 rows\)'):
        PosePriorDataset(source, fish, seed=0, allow_missing=True)
    assert len(PosePriorDataset(dict(source, min_visible=2), fish, seed=0)) == 2
    assert any('left out 1 of 3 poses with fewer than min_visible=2' in line for line in warned)
