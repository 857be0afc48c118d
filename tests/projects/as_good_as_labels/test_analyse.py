"""The table of analyse.py on predictions whose errors are known."""
import pickle
from argparse import Namespace

import cv2
import numpy as np
import pytest

from projects.as_good_as_labels import analyse

JOINTS = 4  # mouse4: snout, leftear, rightear, tailbase


def test_thirds_are_equal_parts_in_order():
    values = np.array([5., 1., 9., 3., 7., 2.])
    low, middle, high = analyse.thirds(values)
    assert sorted(values[low]) == [1, 2] and sorted(values[middle]) == [3, 5]
    assert sorted(values[high]) == [7, 9]


@pytest.fixture
def files(tmp_path):
    """Six images of 100 px. The twin is 1 px off everywhere; ours 2 px, at the snout 4 px, and in
    image 5 its left and right ears are exchanged."""
    rng = np.random.default_rng(0)
    names = [f'{k}.png' for k in range(6)]
    for name in names:
        cv2.imwrite(str(tmp_path / name), np.zeros((100, 100, 3), np.uint8))
    truth = rng.uniform(0.2, 0.8, (6, JOINTS, 2))
    truth[:, :, 0] += np.arange(6)[:, None] * 0.01
    np.savez(tmp_path / 'labels.npz', files=np.array(names), keypoints=truth)
    np.savez(tmp_path / 'prior.npz', keypoints=truth[:3])
    config = tmp_path / 'config.py'
    config.write_text(f'''
test_dataloader = dict(dataset=dict(
    type='LabelledFramesDataset', data_root={str(tmp_path)!r}, ann_file='labels.npz',
    skeleton='mouse4', pipeline=[]))
test_evaluator = dict(type='KeypointDistanceMetric', prior=dict(
    type='PosePriorDataset', poses={str(tmp_path / 'prior.npz')!r}, skeleton='mouse4', frame='image'))
''')
    ours, twin = 100 * truth + [2, 0], 100 * truth + [0, 1]
    ours[:, 0] = 100 * truth[:, 0] + [0, 4]
    ours[5, [1, 2]] = ours[5, [2, 1]]
    for file, predicted in (('ours', ours), ('twin', twin)):
        samples = [dict(
            img_path=str(tmp_path / name), input_center=np.array([50., 50.]),
            input_scale=np.array([100., 100.]), pred_instances=dict(keypoints=pose[None]),
            gt_instances=dict(keypoints=100 * label[None], keypoints_visible=np.ones((1, JOINTS))))
            for name, pose, label in zip(names, predicted, truth)]
        with open(tmp_path / f'{file}.pkl', 'wb') as stream:
            # In another order: images are matched by name.
            pickle.dump(samples if file == 'ours' else samples[::-1], stream)
    return tmp_path


def arguments(files, view_joint):
    return Namespace(config=files / 'config.py', ours=files / 'ours.pkl', twin=files / 'twin.pkl',
                     view_joint=view_joint, out=files / 'out')


def test_errors_by_joint_flips_and_the_prior(files, capsys):
    analyse.main(arguments(files, 'snout'))
    printed = capsys.readouterr().out
    rows = {cells[1].strip(): [cell.strip() for cell in cells[2:6]] for cells in (
        line.split('|') for line in printed.splitlines() if line.startswith('|'))}
    assert rows['snout'] == ['6', '4.00', '1.00', '4.00']
    assert rows['tailbase'] == ['6', '2.00', '1.00', '2.00']
    assert rows['the better naming of left and right'] == ['6', '2.50', '1.00', '2.50']
    assert float(rows['all'][1]) > 2.5  # with the exchanged ears
    # The first three images are in the prior.
    assert rows['distance to the prior: lowest third'] == ['2', '2.50', '1.00', '2.50']
    assert 'nearer in 1 images of ours, 0 of the twin' in printed
    assert cv2.imread(str(files / 'out/worst.png')) is not None


def test_what_cannot_be_compared_is_refused(files):
    with pytest.raises(ValueError, match='--view-joint nose: the joints are snout'):
        analyse.main(arguments(files, 'nose'))
    samples = pickle.loads((files / 'twin.pkl').read_bytes())
    (files / 'twin.pkl').write_bytes(pickle.dumps(samples[1:]))
    with pytest.raises(ValueError, match='are of different images'):
        analyse.main(arguments(files, 'snout'))
