"""Human3.6M on tiny files in exactly the layout of MMPose's preprocess_h36m.py."""
import cv2
import numpy as np
import pytest
from mmpose.registry import DATASETS

from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.clips.frame_pairs import FramePairDataset
from ikp_mm.datasets.h36m import H36MClips, H36MDataset, h36m_poses, load_h36m_annotations
from ikp_mm.priors.pose_prior import PosePriorDataset
from ikp_mm.skeletons import H36M17

TRAIN = 'annotation_body3d/fps10/h36m_train.npz'
SIZE = 60
# A pose in pixels: its joints span 40 x 20 around (30, 25); the box's side is 1.2 * 40 = 48.
POSE = np.stack([np.linspace(10, 50, 17), np.linspace(15, 35, 17)], axis=1)
SEQUENCES = {  # name: frames
    'S1_Directions_1.54138969': 5,
    'S1_Directions_1.55011271': 5,
    'S1_WalkingDog.54138969': 3,
    'S5_WalkDog_1.54138969': 2,
    'S5_Walking.54138969': 2,
}


def frame_image(t):
    """Grey room of 80 with a white figure at column 5 t."""
    image = np.full((SIZE, SIZE, 3), 80, np.uint8)
    image[20:30, 5 * t:5 * t + 5] = 255
    return image


@pytest.fixture(scope='module')
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp('processed')
    names, keypoints = [], []
    for sequence, count in SEQUENCES.items():
        subject = sequence.split('_')[0]
        folder = root / 'images' / subject / sequence
        folder.mkdir(parents=True)
        for t in range(count):
            names.append(f'{subject}/{sequence}/{sequence}_{5 * t + 1:06d}.jpg')
            cv2.imwrite(str(root / 'images' / names[-1]), frame_image(t))
            keypoints.append(POSE + [2 * t, 0])  # the figure moves two pixels a frame
    keypoints = np.array(keypoints)
    low, high = keypoints.min(axis=1), keypoints.max(axis=1)
    visible = np.ones((len(names), 17, 1))
    (root / 'annotation_body3d/fps10').mkdir(parents=True)
    for split in ('train', 'test'):
        np.savez(root / f'annotation_body3d/fps10/h36m_{split}.npz', imgname=np.array(names),
                 center=(low + high) / 2, scale=1.2 * (high - low).max(axis=1) / 200,
                 part=np.concatenate([keypoints, visible], axis=2),
                 S=np.zeros((len(names), 17, 4)))
    return root


def test_annotations(root):
    rows = load_h36m_annotations(root / TRAIN)
    assert len(rows) == 17
    assert rows.centers[0].tolist() == [30, 25]
    np.testing.assert_allclose(rows.sides, 48)
    np.testing.assert_allclose(rows.boxes(1.0)[0], [6, 1, 54, 49])
    np.testing.assert_allclose(rows.boxes(1.5)[0], [-6, -11, 66, 61])
    assert rows.keypoints.shape == (17, 17, 2)


def test_rows_are_chosen_by_subject_activity_and_camera(root):
    def chosen(**options):
        return sorted(set(load_h36m_annotations(root / TRAIN, **options).sequences))
    # Subject 1's 'WalkingDog' is the others' 'WalkDog', and 'Walking' is neither.
    assert chosen(activities=['WalkDog']) == ['S1_WalkingDog.54138969', 'S5_WalkDog_1.54138969']
    assert chosen(subjects=['S5'], activities=['Walking']) == ['S5_Walking.54138969']
    assert chosen(cameras=['55011271']) == ['S1_Directions_1.55011271']
    with pytest.raises(ValueError, match=r"absent: \['S9'\].*\['S1', 'S5'\]"):
        chosen(subjects=['S1', 'S9'])
    with pytest.raises(ValueError, match='a list is needed'):
        chosen(subjects='S1')
    with pytest.raises(ValueError, match='no row has'):
        chosen(subjects=['S5'], activities=['Directions'])


def test_the_prior_is_framed_as_the_clips_are(root):
    for frames_per_clip in (None, 2):
        poses, _ = h36m_poses(root / TRAIN, frames_per_clip=frames_per_clip)[:2]
        clips = H36MClips(str(root), 16, frames_per_clip=frames_per_clip)
        rows = load_h36m_annotations(root / TRAIN)
        for clip in range(len(clips)):
            cx, cy, side = clips.square(clip)
            sequence, first = clips.name(clip).split('/')
            row = [f'{sequence}_{first}' in name for name in rows.image_names].index(True)
            for t in range(clips.num_frames(clip)):
                expected = (POSE + [2 * t, 0] - [cx - side / 2, cy - side / 2]) / side
                if frames_per_clip == 2 and int(first) > 1:  # the second piece begins at frame 2
                    expected = expected + [2 * 2 / side, 0]
                np.testing.assert_allclose(poses[row + t], expected)
    # By hand: five frames of one sequence in the square of side 56 around (34, 25).
    poses, _ = h36m_poses(root / TRAIN)[:2]
    np.testing.assert_allclose(poses[4, 0], [(10 + 8 - 6) / 56, (15 - (-3)) / 56])


def test_poses_of_one_frame_a_clip_are_fractions_of_their_box(root):
    poses, joints = h36m_poses(root / TRAIN, frames_per_clip=1)[:2]
    assert joints == H36M17.joints
    # x: (10 - 6) / 48 = 1/12 ... 11/12; y: (15 - 1) / 48 = 7/24 ... 17/24; in every frame.
    for pose in poses:
        np.testing.assert_allclose(pose[[0, -1]], [[1 / 12, 7 / 24], [11 / 12, 17 / 24]])
    # Twice the box: half the distance from its middle.
    padded, _ = h36m_poses(root / TRAIN, frames_per_clip=1, padding=2.0)[:2]
    np.testing.assert_allclose(padded - 0.5, (poses - 0.5) / 2)
    assert len(h36m_poses(root / TRAIN, interval=4).keypoints) == 5


def test_halves_of_every_sequence(root):
    def chosen(half):
        rows = load_h36m_annotations(root / TRAIN, subjects=['S1'], half=half)
        return [(name.split('/')[1][3:], int(name[-10:-4])) for name in rows.image_names]
    # 5, 5 and 3 frames, numbered 1, 6, 11, ...: the middle one goes to the second half.
    assert chosen('first') == [
        *[(f'Directions_1.{camera}', number) for camera in (54138969, 55011271)
          for number in (1, 6)], ('WalkingDog.54138969', 1)]
    assert sorted(chosen('first') + chosen('second')) == sorted(chosen(None))
    assert not set(chosen('first')) & set(chosen('second'))
    with pytest.raises(ValueError, match='half must be'):
        chosen('third')


def test_halves_do_not_depend_on_the_order_of_rows(root, tmp_path):
    with np.load(root / TRAIN) as archive:
        order = np.random.default_rng(0).permutation(len(archive['imgname']))
        np.savez(tmp_path / 'shuffled.npz', **{key: archive[key][order] for key in archive})
    for half in ('first', 'second'):
        assert sorted(load_h36m_annotations(tmp_path / 'shuffled.npz', half=half).image_names) == (
            sorted(load_h36m_annotations(root / TRAIN, half=half).image_names))


def test_clips_and_poses_from_the_halves_of_the_same_sequences(root):
    clips = H36MClips(str(root), 16, cameras=['55011271'], half='first')
    assert clips.num_frames(0) == 2
    np.testing.assert_allclose(clips.square(0)[:2], [31, 25])  # frames 0 and 1
    poses, _ = h36m_poses(root / TRAIN, cameras=['55011271'], half='second')[:2]
    assert len(poses) == 3


def test_prior_from_given_subjects(root):
    prior = PosePriorDataset(
        dict(type='h36m', ann_file=str(root / TRAIN), subjects=['S5'], frames_per_clip=1),
        'h36m17', seed=0)
    assert len(prior) == 4
    np.testing.assert_allclose(prior.poses[0, 0], [2 / 12 - 1, 14 / 24 - 1], atol=1e-6)


def test_a_clip_is_a_sequence_with_one_crop_around_all_its_boxes(root):
    clips = H36MClips(str(root), 16)
    assert [clips.name(i) for i in range(5)] == [f'{name}/000001' for name in sorted(
        SEQUENCES, key=lambda n: (n[:2], n))]
    assert [clips.num_frames(i) for i in range(5)] == [5, 5, 3, 2, 2]
    # Five frames of moving by 2: x from 6 to 54 + 8, y from 1 to 49; the square takes the width.
    np.testing.assert_allclose(clips.square(0), [34, 25, 56])


def test_sequences_are_cut_into_pieces(root):
    clips = H36MClips(str(root), 16, frames_per_clip=2, subjects=['S1'], cameras=['54138969'])
    # 5 frames make 2 + 3 (the rest joins the last piece), 3 frames one piece.
    assert [(clips.name(i).rsplit('/')[-1], clips.num_frames(i)) for i in range(len(clips))] == [
        ('000001', 2), ('000011', 3), ('000001', 3)]
    assert clips.square(0)[2] == pytest.approx(50)  # one move of 2


def test_the_crop_is_what_mmpose_shows_the_network_in_a_test(root):
    clips = H36MClips(str(root), 32, frames_per_clip=1, min_frames=1)
    dataset = H36MDataset(str(root), pipeline=[
        dict(type='LoadImage'), dict(type='GetBBoxCenterScale', padding=1.0),
        dict(type='AreaTopdownAffine', input_size=(32, 32)), dict(type='PackPoseInputs')])
    np.testing.assert_array_equal(dataset[2]['inputs'].numpy().transpose(1, 2, 0),
                                  clips.frame(2, 0))


def test_the_room_is_the_median_over_a_subjects_camera(root):
    assert H36MClips(str(root), 16).background(0) is None
    clips = H36MClips(str(root), 16, background_frames=8, subjects=['S1'])
    room = clips.background(0)
    # The figure is nowhere in more than half of the 8 frames; JPEG leaves a few levels. The crop
    # reaches 3 pixels above and 2 to the right of the image: black there, as in a test.
    assert room.shape == (16, 16, 3) and np.abs(room[2:, :-2].astype(int) - 80).max() < 12
    assert room[0].max() == 0
    assert clips.frame(0, 2).max() > 200


@pytest.fixture
def with_masks(root, tmp_path):
    for name in ('annotation_body3d', 'images'):
        (tmp_path / name).symlink_to(root / name)
    for t in range(5):
        mask = np.zeros((SIZE, SIZE), np.uint8)
        mask[20:30, 5 * t:5 * t + 5] = 255
        path = (tmp_path / 'masks/S1/S1_Directions_1.54138969'
                / f'S1_Directions_1.54138969_{5 * t + 1:06d}.png')
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), mask)
    return tmp_path


def masked_clips(folder):
    return H36MClips(str(folder), 56, subjects=['S1'], activities=['Directions'],
                     cameras=['54138969'], mask_prefix='masks')


def test_masks_are_cropped_like_their_frames(with_masks):
    clips = masked_clips(with_masks)
    # The clip's square is 56 wide around (34, 25): original pixel (x, y) lies at (x - 6, y + 3).
    for t in (2, 3):
        mask = clips.mask(0, t)
        assert mask.dtype == np.float32 and mask.shape == (56, 56)
        expected = np.zeros((56, 56))
        expected[23:33, max(5 * t - 6, 0):5 * t - 1] = 1
        np.testing.assert_allclose(mask, expected)
        assert clips.frame(0, t)[mask == 1].min() > 180  # the figure is white, JPEG aside


def test_masks_absent_or_of_another_size(root, with_masks):
    with pytest.raises(ValueError, match='mask_prefix'):
        H36MClips(str(root), 16).mask(0, 0)
    with pytest.raises(FileNotFoundError, match='silhouettes does not exist.*docs/datasets.md'):
        H36MClips(str(root), 16, mask_prefix='silhouettes')
    clips = masked_clips(with_masks)
    path = next(with_masks.glob('masks/*/*/*_000001.png'))
    cv2.imwrite(str(path), np.zeros((SIZE, SIZE + 1), np.uint8))
    with pytest.raises(ValueError, match='000001.png is 61 x 60, but its frame is 60 x 60'):
        clips.mask(0, 0)
    path.unlink()
    with pytest.raises(UnreadableFrameError, match='masks/S1.*000001.png'):
        clips.mask(0, 0)


def test_cache_is_optional(root):
    kept, fresh = (H36MClips(str(root), 16, cache=cache) for cache in (True, False))
    assert kept.frame(0, 0) is kept.frame(0, 0)
    assert fresh.frame(0, 0) is not fresh.frame(0, 0)
    one = H36MClips(str(root), 16, cache=16 * 16 * 3)  # bytes: room for one frame
    first = one.frame(0, 0)
    assert one.frame(0, 0) is first
    one.frame(0, 1)
    assert one.frame(0, 0) is not first


def test_pairs_train_from_it(root):
    pairs = FramePairDataset(
        dict(type='H36MClips', data_root=str(root), background_frames=9), 16, gap=(1, 3), seed=0,
        background=dict(source='given', threshold=60, softness=20))
    item = pairs[0]
    assert item['image'].shape == (3, 16, 16) and 0 < item['weight'].mean() < 0.3
    assert not np.array_equal(item['image'], item['appearance'])


def test_evaluation_dataset(root):
    dataset = DATASETS.build(dict(type='H36MDataset', data_root=str(root), interval=5))
    infos = [dataset.get_data_info(i) for i in range(len(dataset))]
    assert [(info['id'], info['group']) for info in infos] == [
        (0, 'Directions'), (5, 'Directions'), (10, 'WalkDog'), (15, 'Walking')]
    np.testing.assert_allclose(infos[0]['bbox'], [[6, 1, 54, 49]])
    np.testing.assert_allclose(infos[0]['keypoints'][0], POSE, atol=1e-5)
    assert infos[2]['img_path'] == str(
        root / 'images/S1/S1_WalkingDog.54138969/S1_WalkingDog.54138969_000001.jpg')
    assert dataset.metainfo['flip_indices'][1] == 4


def test_missing_data_says_what_to_get_where_to_put_it_and_what_prepares_it(root, tmp_path):
    message = r'(?s)h36m_t\w+.npz does not exist.*imar.ro.*preprocess_h36m.py.*data_root'
    with pytest.raises(FileNotFoundError, match=message):
        H36MDataset(str(tmp_path))
    with pytest.raises(FileNotFoundError, match=message):
        H36MClips(str(tmp_path), 16)
    (tmp_path / 'annotation_body3d').symlink_to(root / 'annotation_body3d')
    with pytest.raises(FileNotFoundError, match=r'17 of 17 images are missing.*S1_Directions_1'):
        H36MClips(str(tmp_path), 16)


def test_bad_input(root, tmp_path):
    with pytest.raises(ValueError, match=r'2 clips have fewer than min_frames=3.*S5_WalkDog'):
        H36MClips(str(root), 16, min_frames=3)
    with pytest.raises(ValueError, match='interval'):
        H36MDataset(str(root), interval=0)
    with pytest.raises(ValueError, match='frames_per_clip'):
        H36MClips(str(root), 16, frames_per_clip=0)
    np.savez(tmp_path / 'a.npz', imgname=np.array(['x/y.jpg']))
    with pytest.raises(ValueError, match=r"a.npz has no array \['center', 'scale', 'part'\]"):
        load_h36m_annotations(tmp_path / 'a.npz')
    np.savez(tmp_path / 'b.npz', imgname=np.array(['S1/walk/walk_1.jpg']), center=np.ones((1, 2)),
             scale=np.ones(1), part=np.ones((1, 17, 3)))
    with pytest.raises(ValueError, match="b.npz: 'walk' is no sequence folder"):
        load_h36m_annotations(tmp_path / 'b.npz')


def test_broken_images_are_for_the_training_set_to_count(root, tmp_path):
    (tmp_path / 'annotation_body3d').symlink_to(root / 'annotation_body3d')
    for file in (root / 'images').rglob('*.jpg'):
        copy = tmp_path / file.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    broken = tmp_path / 'images/S1/S1_Directions_1.54138969/S1_Directions_1.54138969_000001.jpg'
    broken.write_bytes(b'')
    clips = H36MClips(str(tmp_path), 16, background_frames=8, subjects=['S1'])
    with pytest.raises(UnreadableFrameError, match='000001.jpg'):
        clips.frame(0, 0)
    # It is left out of the median.
    assert np.abs(clips.background(0)[2:, :-2].astype(int) - 80).max() < 12
