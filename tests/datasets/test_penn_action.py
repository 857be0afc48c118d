"""Penn Action on tiny files in the layout of its own description."""
import shutil

import numpy as np
import pytest
from mmpose.registry import DATASETS
from scipy.io import loadmat, savemat

from ikp_mm.datasets.penn_action import (PennActionClips, PennActionDataset, load_penn_videos,
                                         penn_action_poses, read_penn_video)
from ikp_mm.priors.pose_sources import POSE_SOURCES
from ikp_mm.skeletons import PENN13

from tiny_layouts_people import write_penn_video

WIDTH, HEIGHT = 48, 40
# Joint k of frame t lies at (10 + k + t, 8 + 2 k): x 10..22, y 8..32 in frame 0.
JOINTS = np.stack([10 + np.arange(13), 8 + 2 * np.arange(13)], axis=1)
# Number: frames, 1 (training) or -1 (test), action.
VIDEOS = {'0001': (3, 1, 'squat'), '0002': (2, 1, 'squat'), '0003': (2, 1, 'squat'),
          '0004': (2, -1, 'squat'), '0005': (2, 1, 'bowl'), '0006': (2, 1, 'bowl'),
          '0007': (4, -1, 'bowl')}
HIDDEN = 5  # a joint that is not visible in the last frame of each video


def write(root, name, count, train, action):
    points = JOINTS + np.array([[[t, 0]] for t in range(count)])
    visibility = np.ones((count, 13))
    visibility[-1, HIDDEN] = 0
    points[-1, HIDDEN] = 1  # as in the dataset: without a meaning
    # x 8..24, y 6..34 in frame 0: 16 wide, 28 high.
    boxes = np.array([[8 + t, 6, 24 + t, 34] for t in range(count)])
    images = [np.full((HEIGHT, WIDTH, 3), 40 * t + 40, np.uint8) for t in range(count)]
    write_penn_video(root, name, images, points, visibility, boxes, train, action)


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp('Penn_Action')
    for name, video in VIDEOS.items():
        write(root, name, *video)
    return root


@pytest.fixture
def copy(root, tmp_path):
    shutil.copytree(root, tmp_path / 'Penn_Action')
    return tmp_path / 'Penn_Action'


def change(path, **changes):
    content = {key: value for key, value in loadmat(path).items() if not key.startswith('__')}
    content.update(changes)
    savemat(path, {key: value for key, value in content.items() if value is not None})


def names(root, *args, **options):
    return [video.name for video in load_penn_videos(root, *args, **options)]


def test_one_video(root):
    video = read_penn_video(root / 'labels/0001.mat')
    assert (video.name, video.action, video.split) == ('0001', 'squat', 'train')
    assert video.numbers.tolist() == [1, 2, 3]
    assert video.boxes[1].tolist() == [9, 6, 25, 34]
    np.testing.assert_array_equal(video.keypoints[:2], [JOINTS, JOINTS + [1, 0]])
    # The hidden joint is missing, and only it.
    assert np.argwhere(np.isnan(video.keypoints).any(axis=2)).tolist() == [[2, HIDDEN]]
    assert video.squares('frame', 1.5).tolist() == [[16 + t, 20, 42] for t in range(3)]
    # The boxes of three frames together: x 8..26, y 6..34.
    assert video.squares('clip', 1.5).tolist() == [[17, 20, 42]] * 3


def test_official_split_actions_and_halves(root):
    assert names(root, 'train') == ['0001', '0002', '0003', '0005', '0006']
    assert names(root, 'test') == ['0004', '0007']
    assert names(root, None, ['bowl']) == ['0005', '0006', '0007']
    # Halves of each action: of three videos the middle one goes to the second half.
    assert names(root, 'train', half='first') == ['0001', '0005']
    assert names(root, 'train', half='second') == ['0002', '0003', '0006']


def test_frames_without_a_box_are_left_out(copy):
    path = copy / 'labels/0007.mat'
    boxes = loadmat(path)['bbox'][:3]  # one row less than frames, as in some real clips
    boxes[1] = 0
    change(path, bbox=boxes)
    video = read_penn_video(path)
    assert video.numbers.tolist() == [1, 3]
    np.testing.assert_array_equal(video.keypoints[1], JOINTS + [2, 0])
    clips = PennActionClips(str(copy), 8, split='test', actions=['bowl'], half=None)
    assert clips.num_frames(0) == 2
    np.testing.assert_allclose(clips.frame(0, 1)[2:6, 2:6], 120, atol=3)  # the third image


@pytest.mark.parametrize('crop', ['clip', 'frame'])
def test_the_prior_is_framed_as_the_clips_are(root, crop):
    poses, _ = penn_action_poses(str(root), 'test', ['bowl'], None, crop=crop, complete=False)[:2]
    clips = PennActionClips(str(root), 16, 'test', ['bowl'], None, crop=crop)
    for t in range(4):
        cx, cy, side = clips.square(0, t)
        np.testing.assert_allclose(poses[t, 0],
                                   (JOINTS[0] + [t, 0] - [cx - side / 2, cy - side / 2]) / side)
    # One square for the video, so the figure that moves one pixel a frame moves in the prior.
    assert np.ptp(poses[:, 0, 0]) == pytest.approx(3 / (28 * 1.2) if crop == 'clip' else 0)


def test_poses_are_fractions_of_their_padded_square(root):
    assert POSE_SOURCES['penn_action'] is penn_action_poses
    poses, joints = penn_action_poses(str(root), 'train', ['bowl'], 'first', padding=1.5,
                                      crop='frame')[:2]
    assert joints == PENN13.joints
    # Frame 0 of video 0005 alone: in frame 1 a joint is hidden. Square: 42 around (16, 20).
    assert poses.shape == (1, 13, 2)
    np.testing.assert_allclose(poses[0], (JOINTS - [16, 20]) / 42 + 0.5)


def test_incomplete_poses_on_request(root):
    poses, _ = penn_action_poses(str(root), 'train', ['squat'], None, crop='frame',
                                 complete=False)[:2]
    assert poses.shape == (7, 13, 2)
    assert np.isnan(poses[2, HIDDEN]).all() and np.isfinite(np.delete(poses[2], HIDDEN, 0)).all()
    # The box moves with the figure: all poses are the same but for the hidden joint.
    np.testing.assert_allclose(poses[1], poses[0])
    fewer = penn_action_poses(str(root), 'train', ['squat'], None, complete=False, interval=2)
    assert len(fewer.keypoints) == 2 + 1 + 1


def test_one_square_for_a_clip_or_one_a_frame(root):
    def clips(crop):
        return PennActionClips(str(root), 16, actions=['squat'], crop=crop, padding=1.5)
    still, moving = clips('clip'), clips('frame')
    for t in range(3):
        assert still.square(0, t).tolist() == [17, 20, 42]
        assert moving.square(0, t).tolist() == [16 + t, 20, 42]


def test_clips(root):
    clips = DATASETS.build(dict(type='PennActionClips', root=str(root), image_size=8, cache=True))
    assert [clips.name(i) for i in range(len(clips))] == ['0001', '0005']
    assert clips.background(0) is None and not hasattr(clips, 'keypoints')
    frame = clips.frame(0, 2)
    assert frame.shape == (8, 8, 3) and frame is clips.frame(0, 2)
    np.testing.assert_allclose(frame[2:6, 2:6], 120, atol=3)


def test_the_frame_crop_is_what_mmpose_shows_the_network_in_a_test(root):
    clips = PennActionClips(str(root), 32, split='test', half=None, crop='frame', padding=1.5)
    dataset = PennActionDataset(str(root), pipeline=[
        dict(type='LoadImage'), dict(type='GetBBoxCenterScale', padding=1.5),
        dict(type='AreaTopdownAffine', input_size=(32, 32)), dict(type='PackPoseInputs')])
    np.testing.assert_array_equal(dataset[3]['inputs'].numpy().transpose(1, 2, 0),
                                  clips.frame(1, 1))


def test_evaluation_dataset(root):
    dataset = DATASETS.build(dict(type='PennActionDataset', root=str(root), interval=3))
    infos = [dataset.get_data_info(i) for i in range(len(dataset))]
    assert [(info['id'], info['group']) for info in infos] == [(0, 'squat'), (1, 'bowl'),
                                                               (2, 'bowl')]
    assert infos[2]['img_path'] == str(root / 'frames/0007/000004.jpg')
    assert infos[2]['bbox'].tolist() == [[11, 6, 27, 34]]
    assert np.flatnonzero(infos[2]['keypoints_visible'][0] == 0).tolist() == [HIDDEN]
    np.testing.assert_array_equal(infos[2]['keypoints'][0, 0], [13, 8])


def test_absent_data_says_what_to_get_and_what_to_do(copy, tmp_path):
    message = r'See docs/datasets.md.*tar -xzf'
    for build in (lambda path: PennActionClips(path, 8), penn_action_poses, PennActionDataset):
        with pytest.raises(FileNotFoundError, match='nowhere/labels does not exist. ' + message):
            build(str(tmp_path / 'nowhere'))
    (copy / 'frames/0007/000002.jpg').unlink()
    with pytest.raises(FileNotFoundError, match=r'1 of \d+ .*frames/0007.*000002.jpg. ' + message):
        PennActionDataset(str(copy))
    shutil.rmtree(copy / 'frames/0001')
    with pytest.raises(FileNotFoundError, match=r'of \d+ images are missing.*frames/0001/000001.jpg. ' + message):
        PennActionClips(str(copy), 8)
    for file in (copy / 'labels').iterdir():
        file.unlink()
    with pytest.raises(FileNotFoundError, match='labels holds no .mat file'):
        penn_action_poses(str(copy))


@pytest.mark.parametrize('changes, message', [
    (dict(bbox=None), r"has no key \['bbox'\]"),
    (dict(x=np.zeros((2, 14))), r'must be \(T, 13\), got \(2, 14\), \(2, 13\)'),
    (dict(visibility=np.zeros((1, 13))), r'must be \(T, 13\).*\(1, 13\)'),
    (dict(bbox=np.zeros((2, 5))), r'bbox must be \(T, 4\), got \(2, 5\)'),
    (dict(bbox=np.zeros((2, 4))), 'no frame has a box with an area'),
    (dict(train=0), r'train must be 1 or -1, got \[\[0\]\]'),
    (dict(action=3), 'action must be one name'),
])
def test_wrong_labels_are_refused_with_their_file(copy, changes, message):
    change(copy / 'labels/0005.mat', **changes)
    with pytest.raises(ValueError, match='labels/0005.mat.*' + message):
        load_penn_videos(copy, 'train')


def test_bad_selection(root):
    for actions in (['swim'], 'bowl'):
        with pytest.raises(ValueError, match=r"a list is needed.*has \['bowl', 'squat'\]"):
            load_penn_videos(root, 'train', actions)
    with pytest.raises(ValueError, match="split must be 'train', 'test' or None"):
        load_penn_videos(root, 'val')
    with pytest.raises(ValueError, match='half must be'):
        load_penn_videos(root, 'train', half='third')
    with pytest.raises(ValueError, match="no video of split='test'.*half='first'"):
        load_penn_videos(root, 'test', half='first')
    with pytest.raises(ValueError, match='crop must be one of'):
        PennActionClips(str(root), 8, crop='box')
    with pytest.raises(ValueError, match=r'1 clips have fewer than min_frames=3.*0005'):
        PennActionClips(str(root), 8, min_frames=3)
    with pytest.raises(ValueError, match='interval'):
        PennActionDataset(str(root), interval=0)


def test_no_complete_pose(copy):
    for name in ('0005', '0006'):
        change(copy / f'labels/{name}.mat', visibility=np.eye(2, 13))
    with pytest.raises(ValueError, match='none of 2 poses has all 13 joints visible'):
        penn_action_poses(str(copy), 'train', ['bowl'], 'first')
