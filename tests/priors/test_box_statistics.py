"""Boxes of priors and of figures, and when they are called different."""
import numpy as np
import pytest

from ikp_mm.clips import FramePairDataset
from ikp_mm.priors import PosePriorDataset
from ikp_mm.priors.box_statistics import (FigureBoxes, figure_boxes, framing_problems,
                                            joint_boxes, motion_weight, statistics_table,
                                            weight_box)
from ikp_mm.synthetic import SyntheticClips, generate_poses


def prior_of(poses, **options):
    return PosePriorDataset(poses, 'h36m17', frame='image', seed=0, **options)


@pytest.fixture(scope='module')
def poses():
    return generate_poses(0, 2000).astype(np.float64)


@pytest.fixture(scope='module')
def people():
    """Boxes of synthetic people by their weight, well framed by construction."""
    clips = SyntheticClips(num_clips=40, frames_per_clip=24, image_size=64)
    pairs = FramePairDataset(
        clips, 64, background=dict(source='clip_median', threshold=16.0, softness=8.0, blur=0.5),
        seed=0)
    return figure_boxes(pairs, 80)


def test_weight_box_is_that_of_the_figure():
    weight = np.zeros((100, 100))
    weight[20:80, 40:60] = 1
    # 3 % of the mass on each side lies outside: of 60 rows one whole row, of 20 columns none.
    np.testing.assert_allclose(weight_box(weight), [0.5, 0.5, 0.2, 0.58])
    weight[5, 5] = 1  # a speck
    weight[20:80, 60:70] = 0.4  # less than half
    np.testing.assert_allclose(weight_box(weight), [0.5, 0.5, 0.2, 0.58])
    weight[10:30, 80:90] = 1  # a part of its own, 200 of 1400 pixels: columns 40 to 89 count now
    x, _, width, _ = weight_box(weight)
    assert (x, width) == pytest.approx((0.645, 0.49), abs=0.011)
    assert weight_box(np.zeros((100, 100))) is None
    tiny = np.zeros((100, 100))
    tiny[:7, :7] = 1  # 49 of 10,000 pixels
    assert weight_box(tiny) is None


def test_motion_weight_is_what_moves():
    frames = np.random.default_rng(0).normal(100, 1, (12, 64, 64, 3))
    assert motion_weight(frames.astype(np.uint8)).sum() == 0
    frames[::2, 16:48, 24:40] += 60
    box = weight_box(motion_weight(frames.astype(np.uint8)))
    np.testing.assert_allclose(box, [0.5, 0.5, 0.25, 0.5], atol=0.05)


def test_joint_boxes_hold_the_joints_that_are_there():
    pose = np.full((1, 17, 2), 0.5)
    pose[0, 0], pose[0, 1], pose[0, 2] = (0.2, 0.3), (0.6, 0.9), np.nan
    # A second pose that has the missing joint, as every prior must, all in one point.
    prior = prior_of(np.concatenate([pose, np.full((1, 17, 2), 0.5)]), allow_missing=True)
    boxes = joint_boxes(prior, 20)
    spread = boxes[boxes[:, 2] > 0]
    assert 0 < len(spread) < 20
    np.testing.assert_allclose(spread, np.tile([0.4, 0.6, 0.4, 0.6], (len(spread), 1)), atol=1e-6)


def test_joint_boxes_follow_the_draw_number():
    upright = np.column_stack([np.full(17, 0.5), np.linspace(0.2, 0.8, 17)])[None]
    prior = prior_of(upright, jitter=dict(rotate_deg=dict(start=0, end=90, begin=0, until=10)))
    np.testing.assert_allclose(joint_boxes(prior, 1), [[0.5, 0.5, 0, 0.6]], atol=1e-6)
    # Turned by up to 90 degrees: some lie more than they stand.
    later = joint_boxes(prior, 40, first=100)
    assert (later[:, 2] > later[:, 3]).any() and later[:, 2:].max() < 0.6001


def test_well_framed_people_give_no_warning(poses, people):
    assert people.source == 'weight' and people.left_out == 0
    assert framing_problems(joint_boxes(prior_of(poses), 200), people) == []


@pytest.mark.parametrize('change, words', [
    (lambda p: (p - 0.5) * 0.6 + 0.5, 'too small'),
    (lambda p: (p - 0.5) * 1.6 + 0.5, 'too large'),
    (lambda p: p + [0.2, 0], 'right of the figures'),
    (lambda p: p - [0, 0.2], 'above the figures')])
def test_a_mis_framed_prior_is_named(poses, people, change, words):
    problem, = framing_problems(joint_boxes(prior_of(change(poses)), 200), people)
    assert words in problem


def test_motion_is_believed_only_from_afar():
    mouth = FigureBoxes(np.array([[0.5, 0.65, 0.3, 0.15]]), 'motion', 0)
    face = np.array([[0.5, 0.63, 0.77, 0.77]])
    assert framing_problems(face, mouth) == []
    assert 'too large' in framing_problems(face, mouth._replace(source='weight'))[0]
    whole = FigureBoxes(np.array([[0.5, 0.5, 0.9, 0.9]]), 'motion', 0)
    assert 'too small' in framing_problems(face * [1, 1, 0.5, 0.5], whole)[0]


def test_without_a_background_motion_is_used(poses):
    clips = SyntheticClips(num_clips=6, frames_per_clip=12, image_size=64)
    found = figure_boxes(FramePairDataset(clips, 64, seed=0), 6)
    assert found.source == 'motion' and len(found.boxes) + found.left_out == 6
    # What a walker sweeps over is wider than any joint box, and as high.
    assert framing_problems(joint_boxes(prior_of(poses), 100), found) == []


def test_nothing_seen_is_an_error():
    class Still:
        def __len__(self):
            return 2

        def name(self, i):
            return f'still{i}'

        def num_frames(self, i):
            return 3

        def frame(self, i, t):
            return np.full((16, 16, 3), 90, np.uint8)

        def background(self, i):
            return None

    with pytest.raises(ValueError, match='2 clips: nothing moves'):
        figure_boxes(FramePairDataset(Still(), 16, seed=0), 5)
    pairs = FramePairDataset(Still(), 16, background=dict(source='clip_median'), seed=0)
    with pytest.raises(ValueError, match='5 frames: the foreground weight is empty'):
        figure_boxes(pairs, 5)


def test_table():
    boxes = np.array([[0.1, 0.2, 0.3, 0.4]])
    table = statistics_table(boxes, FigureBoxes(boxes * 2, 'weight', 0)).splitlines()
    assert table[1].split() == "prior's joints, 1 0.10 (0.10 .. 0.10) 0.20 (0.20 .. 0.20) " \
        '0.30 (0.30 .. 0.30) 0.40 (0.40 .. 0.40) 0.40 (0.40 .. 0.40)'.split()
    assert table[2].split()[:3] == ['figures,', '1', '0.20']
