"""Simplified Human3.6M on tiny files in the layout that the KeypointGAN release reads."""
import os
import shutil

import cv2
import numpy as np
import pytest
from mmpose.registry import DATASETS
from scipy.io import savemat

from ikp_mm.priors.pose_sources import POSE_SOURCES
from ikp_mm.datasets.simplified_h36m import (SimplifiedH36MClips, SimplifiedH36MDataset,
                                             list_sequences, read_landmarks,
                                             simplified_h36m_poses)
from ikp_mm.skeletons import H36M32

from tiny_layouts_people import write_h36m_frame

SIZE = 32
# Joint k of frame n lies at x = 0.2 + 0.01 n, y = 0.1 + 0.02 k, but the head above and the feet
# below.
HEAD, FEET = H36M32.index('head'), [H36M32.index(f'{side}_foot') for side in ('left', 'right')]
# Subject: sequences and their frame numbers, which are not padded: 20 comes after 9 in time.
SEQUENCES = {
    'S1': {'Directions 1.54138969': (1, 9, 20, 30, 40), 'Directions.55011271': (1, 6),
           'Walking 1.54138969': (1, 6), 'WalkingDog.54138969': (1, 6)},
    'S11': {'Directions.54138969': (1, 6, 11), 'Walking.54138969': (1, 6)},
}


def pose(number):
    points = np.stack([np.full(32, 0.2 + 0.01 * number), 0.1 + 0.02 * np.arange(32)], axis=1)
    points[HEAD, 1], points[FEET, 1] = 0.05, 0.9
    return points


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp('human_images')
    for subject, sequences in SEQUENCES.items():
        for name, numbers in sequences.items():
            for number in numbers:
                image = np.full((SIZE, SIZE, 3), 5 * number, np.uint8)
                mask = np.zeros((SIZE, SIZE), np.uint8)
                mask[:, :8] = 255
                write_h36m_frame(root, subject, name, number, image, mask, pose(number))
    return root


@pytest.fixture
def copy(root, tmp_path):
    shutil.copytree(root, tmp_path / 'human_images')
    return tmp_path / 'human_images'


def clips_of(root, **options):
    return SimplifiedH36MClips(str(root), **{**dict(
        image_size=SIZE, subjects=['S1'], activities=['Directions'], half=None), **options})


def test_a_sequence_belongs_to_the_activity_its_first_word_names(root):
    def names(*activities):
        return [sequence.name for sequence in list_sequences(root, ['S1'], activities)]
    assert names('Directions') == ['Directions 1.54138969', 'Directions.55011271']
    assert names('Walking') == ['Walking 1.54138969']
    assert names('WalkingDog') == ['WalkingDog.54138969']


def test_frames_are_in_numeric_order_and_halves_share_none(root):
    def frames(half):
        return list_sequences(root, ['S1'], ['Directions'], half)[0].frames
    assert frames(None) == (1, 9, 20, 30, 40)
    assert frames('first') == (1, 9) and frames('second') == (20, 30, 40)


def test_halves_are_of_the_images_for_poses_too(copy):
    (copy / 'S1/Landmarks/Directions 1.54138969/1.mat').unlink()
    poses, _ = simplified_h36m_poses(str(copy), ['S1'], ['Directions'], 'second')[:2]
    # Frames 20, 30, 40 of one sequence and 6 of the other, though a label of the first half lacks.
    np.testing.assert_allclose(poses[:, 0, 0], [0.4, 0.5, 0.6, 0.26], atol=1e-6)


def test_landmarks_are_stored_with_y_first(root):
    path = root / 'S1/Landmarks/Walking 1.54138969/6.mat'
    np.testing.assert_allclose(read_landmarks(path), pose(6))


def test_pose_source(root):
    assert POSE_SOURCES['simplified_h36m'] is simplified_h36m_poses
    poses, joints = simplified_h36m_poses(str(root), ['S1', 'S11'], ['Walking'], None)[:2]
    assert joints == H36M32.joints
    np.testing.assert_allclose(poses, [pose(1), pose(6), pose(1), pose(6)], atol=1e-6)
    every_second, _ = simplified_h36m_poses(str(root), ['S1'], ['Directions'], None, interval=2)[:2]
    np.testing.assert_allclose(every_second[:, 0, 0], [0.21, 0.4, 0.6, 0.21], atol=1e-6)


def test_clips(root):
    clips = clips_of(root)
    assert [clips.name(i) for i in range(len(clips))] == ['S1/Directions 1.54138969',
                                                          'S1/Directions.55011271']
    assert [clips.num_frames(i) for i in range(2)] == [5, 2]
    assert clips.background(0) is None
    for t, number in enumerate((1, 9, 20, 30, 40)):
        frame = clips.frame(0, t)
        assert frame.shape == (SIZE, SIZE, 3) and np.abs(frame.astype(int) - 5 * number).max() < 4
    mask = clips.mask(0, 0)
    assert mask.dtype == np.float32 and mask.shape == (SIZE, SIZE)
    assert (mask[:, :8] == 1).all() and (mask[:, 8:] == 0).all()


def test_frames_and_masks_are_resized_together(root):
    clips = clips_of(root, image_size=16)
    assert clips.frame(0, 0).shape == (16, 16, 3)
    # Column 4 of the half-sized mask lies at column 8 and covers half of 7, all of 8, half of 9.
    np.testing.assert_array_equal(clips.mask(0, 0)[0], [1] * 4 + [0.25] + [0] * 11)


def test_masks_stay_in_their_range_when_resized(tmp_path):
    write_h36m_frame(tmp_path, 'S1', 'Posing.5', 1, np.zeros((52, 52, 3), np.uint8),
                     np.full((52, 52), 255, np.uint8), pose(1))
    mask = clips_of(tmp_path, activities=['Posing'], min_frames=1).mask(0, 0)
    assert mask.dtype == np.float32 and 0.999 < mask.min() and mask.max() == 1


def test_cache_and_interval(root):
    kept = clips_of(root, cache=True, interval=2, min_frames=1)
    assert kept.num_frames(0) == 3 and kept.frame(0, 1) is kept.frame(0, 1)
    np.testing.assert_allclose(kept.frame(0, 1), 100, atol=3)  # frame number 20
    assert clips_of(root).frame(0, 1) is not clips_of(root).frame(0, 1)


def test_clips_never_touch_landmarks(copy):
    shutil.rmtree(copy / 'S1/Landmarks')
    clips = DATASETS.build(dict(type='SimplifiedH36MClips', root=str(copy), image_size=SIZE,
                                subjects=['S1'], activities=['Walking', 'Directions'], half=None))
    assert [clips.num_frames(i) for i in range(len(clips))] == [5, 2, 2]
    assert clips.frame(0, 1).shape and clips.mask(0, 1).shape
    assert not hasattr(clips, 'keypoints')


def test_evaluation_dataset(root):
    dataset = DATASETS.build(dict(
        type='SimplifiedH36MDataset', root=str(root), interval=2,
        activities=['Walking', 'Directions']))
    infos = [dataset.get_data_info(i) for i in range(len(dataset))]
    assert [(info['id'], info['group']) for info in infos] == [
        (0, 'Directions'), (1, 'Directions'), (2, 'Walking')]
    np.testing.assert_allclose(infos[1]['keypoints'][0], pose(11) * SIZE, atol=1e-4)
    assert infos[1]['keypoints_visible'].all()
    assert infos[1]['bbox'].tolist() == [[0, 0, SIZE, SIZE]]
    assert infos[1]['img_path'] == str(root / 'S11/WithBackground/Directions.54138969/11.jpg')
    assert 'img' not in infos[1]
    assert dataset.metainfo['num_keypoints'] == 32


def test_test_frames_are_masked_on_request(root):
    dataset = SimplifiedH36MDataset(
        str(root), activities=['Walking'], background_fill=200, pipeline=[
            dict(type='LoadImage'), dict(type='GetBBoxCenterScale', padding=1.0),
            dict(type='AreaTopdownAffine', input_size=(SIZE, SIZE)), dict(type='PackPoseInputs')])
    image = dataset[1]['inputs'].numpy()
    np.testing.assert_allclose(image[:, :, :8], 30, atol=3)  # frame number 6
    assert (image[:, :, 8:] == 200).all()


def test_absent_data_says_what_to_get_and_what_to_do(root, tmp_path):
    message = r'does not exist.*docs/datasets.md.*tar -xzf'
    for build in (lambda path: SimplifiedH36MClips(path, SIZE), simplified_h36m_poses,
                  SimplifiedH36MDataset):
        with pytest.raises(FileNotFoundError, match='nowhere ' + message):
            build(str(tmp_path / 'nowhere'))
    with pytest.raises(FileNotFoundError, match='S5/WithBackground ' + message):
        clips_of(root, subjects=['S1', 'S5'])
    (tmp_path / 'S1/WithBackground/Walking 1').mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match='Walking 1 holds no frame such as 1.jpg'):
        clips_of(tmp_path, activities=['Walking'])


def test_a_missing_activity_is_named(root):
    with pytest.raises(ValueError, match=r"S11/WithBackground: .*absent: \['Posing'\]\); "
                                         r"it has \['Directions', 'Walking'\]"):
        SimplifiedH36MDataset(str(root), activities=['Posing', 'Walking'])


def test_bad_selection(root):
    for options in (dict(subjects='S1'), dict(activities='Walking'), dict(subjects=[])):
        with pytest.raises(ValueError, match='are lists with at least one name'):
            clips_of(root, **options)
    with pytest.raises(ValueError, match="half must be"):
        clips_of(root, half='third')
    with pytest.raises(ValueError, match='interval'):
        clips_of(root, interval=0)
    with pytest.raises(ValueError, match=r"1 clips have fewer.*S1/Directions.55011271"):
        clips_of(root, min_frames=3)
    with pytest.raises(ValueError, match='background_fill'):
        SimplifiedH36MDataset(str(root), background_fill=300)


def test_a_sequence_of_one_frame_has_no_first_half(tmp_path):
    write_h36m_frame(tmp_path, 'S1', 'Posing.5', 1, np.zeros((8, 8, 3), np.uint8),
                     np.zeros((8, 8), np.uint8), pose(1))
    with pytest.raises(ValueError, match='Posing.5 has 1 frames, none of them in the first half'):
        clips_of(tmp_path, activities=['Posing'], half='first')


@pytest.mark.parametrize('content, message', [
    (dict(keypoints_3d=np.zeros((32, 3))), r"has no key \['keypoints_2d'\]; it has "
                                           r"\['keypoints_3d'\]"),
    (dict(keypoints_2d=np.zeros((17, 2))), r'must be \(32, 2\), got \(17, 2\)'),
    (dict(keypoints_2d=np.zeros((2, 32))), r'must be \(32, 2\), got \(2, 32\)'),
    (dict(keypoints_2d=np.full((32, 2), 64.)), 'fractions of the frame.*64 to 64'),
    (dict(keypoints_2d=np.full((32, 2), np.nan)), 'fractions of the frame'),
])
def test_wrong_labels_are_refused_with_their_file(copy, content, message):
    savemat(copy / 'S1/Landmarks/Walking 1.54138969/6.mat', content)
    for read in (simplified_h36m_poses, SimplifiedH36MDataset):
        with pytest.raises(ValueError, match='Walking 1.54138969/6.mat.*' + message):
            read(str(copy), ['S1'], ['Walking'], None)


def test_a_joint_a_little_outside_the_crop_is_legal(copy):
    points = pose(6)
    points[5, 0] = 1.2
    savemat(copy / 'S1/Landmarks/Walking 1.54138969/6.mat', dict(keypoints_2d=points[:, ::-1]))
    poses, _ = simplified_h36m_poses(str(copy), ['S1'], ['Walking'], None)[:2]
    assert poses[1, 5, 0] == pytest.approx(1.2)


@pytest.mark.parametrize('reorder', [
    lambda stored: stored[:, ::-1],  # x first
    lambda stored: stored[np.r_[HEAD:32, 0:HEAD]],  # begins with the head
], ids=['x first', 'joint order'])
def test_another_order_is_noticed(tmp_path, reorder):
    for number in (1, 6):
        write_h36m_frame(tmp_path, 'S1', 'Walking.5', number, np.zeros((8, 8, 3), np.uint8),
                         np.zeros((8, 8), np.uint8), pose(number))
        savemat(tmp_path / f'S1/Landmarks/Walking.5/{number}.mat',
                dict(keypoints_2d=reorder(pose(number)[:, ::-1])))
    with pytest.raises(ValueError, match=r'(?s)Walking.5/1.mat and the files.*order of.h36m32'):
        simplified_h36m_poses(str(tmp_path), ['S1'], ['Walking'], None)


def test_a_mask_of_another_size_is_refused_with_its_file(copy):
    cv2.imwrite(str(copy / 'S1/BackgroudMask/Walking 1.54138969/1.png'),
                np.zeros((SIZE, 2 * SIZE), np.uint8))
    with pytest.raises(ValueError, match=r'Walking 1.54138969/1.png is 64 x 32, but its frame is '
                                         r'32 x 32'):
        clips_of(copy, activities=['Walking']).mask(0, 0)


def test_a_frame_and_its_mask_are_decoded_once_each(root, monkeypatch):
    from ikp_mm.clips import background
    from ikp_mm.datasets import cropped_clips
    from ikp_mm.io.pictures import read_image
    decoded = []
    for module in (background, cropped_clips):
        monkeypatch.setattr(module, 'read_image',
                            lambda path: (decoded.append(str(path)), read_image(path))[1])
    clips = clips_of(root)
    clips.frame(0, 0), clips.mask(0, 0)
    assert len(decoded) == len(set(decoded)) == 2


def test_each_folder_is_listed_once_and_no_file_opened(root, monkeypatch):
    listed = []
    listdir = os.listdir
    monkeypatch.setattr(os, 'listdir', lambda path: listed.append(str(path)) or listdir(path))
    monkeypatch.setattr('ikp_mm.datasets.cropped_clips.read_image', None)
    clips_of(root)
    images = root / 'S1/WithBackground'
    assert sorted(listed) == sorted(map(str, (images, images / 'Directions 1.54138969',
                                              images / 'Directions.55011271')))


def test_label_files_are_read_once_a_process(copy, monkeypatch):
    first, _ = simplified_h36m_poses(str(copy), ['S1'], ['Walking'], None)[:2]
    monkeypatch.setattr('ikp_mm.datasets.simplified_h36m.read_landmarks', None)
    again, _ = simplified_h36m_poses(str(copy), ['S1'], ['Walking'], None)[:2]
    np.testing.assert_array_equal(first, again)
