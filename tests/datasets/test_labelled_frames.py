import cv2
import numpy as np
import pytest
from mmpose.registry import DATASETS
from tiny_deeplabcut import ANIMALS, OLD, PREDICTED, project

from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.datasets.labelled_frames import LabelledFramesDataset, SyntheticPeopleDataset
from ikp_mm.synthetic import SyntheticClips

FISH = dict(name='fish', joints=['mouth', 'tail'], edges=[['mouth', 'tail']])
FILES = np.array(['frames/a.png', 'frames/b.png', 'frames/c.png'])
FRACTIONS = np.array([[[0.5, 0.25], [1.0, 0.0]], [[np.nan, np.nan], [0.1, 0.2]],
                      [[0.2, 0.4], [0.6, 0.8]]], np.float32)


@pytest.fixture
def root(tmp_path):
    (tmp_path / 'frames').mkdir()
    for i, file in enumerate(FILES):
        cv2.imwrite(str(tmp_path / file), np.full((20, 40, 3), i, np.uint8))
    save(tmp_path)
    return tmp_path


def save(root, **changes):
    np.savez(root / 'labels.npz', **{**dict(files=FILES, keypoints=FRACTIONS), **changes})


def load(root, **options):
    return LabelledFramesDataset(**{**dict(ann_file='labels.npz', data_root=str(root),
                                           skeleton=FISH), **options})


def test_whole_frame_and_pixels(root):
    dataset = load(root)
    info = dataset.get_data_info(0)
    assert len(dataset) == 3 and info['img_path'] == str(root / 'frames/a.png')
    assert info['bbox'].tolist() == [[0, 0, 40, 20]]
    assert info['keypoints'].tolist() == [[[20, 5], [40, 0]]]  # of 40 x 20 pixels
    assert dataset.get_data_info(1)['keypoints_visible'].tolist() == [[0, 1]]
    assert info['group'] == 'all' and info['flip_indices'] == [0, 1]


def test_pixels_are_no_fractions(root):
    save(root, keypoints=FRACTIONS * 20)
    with pytest.raises(ValueError, match='labels.npz: labels are fractions 0..1.*run up to 20'):
        load(root)


@pytest.mark.parametrize('kind', ['U', 'S'])
def test_files_and_joints_may_be_bytes_and_joints_go_by_name(root, kind):
    save(root, files=np.array([file.replace('/', '\\') for file in FILES]).astype(kind),
         joints=np.array(['tail', 'mouth']).astype(kind))
    info = load(root).get_data_info(0)
    assert info['img_path'] == str(root / 'frames/a.png')
    assert info['keypoints'].tolist() == [[[40, 0], [20, 5]]]
    save(root, joints=['tail', 'fin'])
    with pytest.raises(ValueError, match=r"labels.npz: lacks the joints \['mouth'\]"):
        load(root)


def test_labels_that_cannot_be_one_are_counted(root, warned):
    points = FRACTIONS.copy()
    points[0, 1] = 0
    save(root, keypoints=points)
    assert load(root).get_data_info(0)['keypoints_visible'].tolist() == [[1, 0]]
    assert "(first: joint 'tail' of frames/a.png)" in warned[0]
    points[2, 0] = [1.75, 0.15]  # in one of three pictures
    save(root, keypoints=points)
    with pytest.raises(ValueError, match='1 of 3 poses have points far outside their box image '
                                         r'.first: frames/c.png'):
        load(root)


def test_missing_and_broken_files_are_named(root):
    (root / 'frames/b.png').write_bytes(b'x')
    with pytest.raises(UnreadableFrameError, match='frames/b.png'):
        load(root)
    with pytest.raises(FileNotFoundError, match='other.npz'):
        load(root, ann_file='other.npz')


@pytest.mark.parametrize('file', ['/etc/passwd', 'frames/../../b.png'])
def test_files_outside_the_folder_are_refused(root, file):
    save(root, files=np.array(['frames/a.png', file, 'frames/c.png']))
    with pytest.raises(ValueError, match=f'names {file}, which is not below {root}'):
        load(root)


def test_files_may_be_written_in_full(root):
    save(root, files=np.array([str(root / 'frames/a.png'), 'frames/../frames/b.png',
                               'frames/c.png']))
    assert len(load(root)) == 3


@pytest.mark.parametrize('changes, message', [
    (dict(keypoints=FRACTIONS[:2]), r'3 files need keypoints \(3, 2, 2\).*got \(2, 2, 2\)'),
    (dict(keypoints=FRACTIONS[:, :1]), r'got \(3, 1, 2\)'),
    (dict(keypoints=np.where(np.isnan(FRACTIONS), np.inf, FRACTIONS)), "frames/b.png, joint 'mouth'"),
])
def test_labels_that_do_not_fit(root, changes, message):
    save(root, **changes)
    with pytest.raises(ValueError, match=message):
        load(root)


def test_synthetic_people():
    dataset = DATASETS.build(dict(type='SyntheticPeopleDataset', split='test', num_clips=2,
                                  frames_per_clip=3, image_size=32, seed=4))
    clips = SyntheticClips(seed=4, num_clips=2, frames_per_clip=3, image_size=32, split='test')
    assert len(dataset) == 6
    info = dataset.get_data_info(4)  # clip 1, frame 1
    np.testing.assert_array_equal(info['img'], clips.frame(1, 1))
    np.testing.assert_array_equal(info['keypoints'][0], clips.keypoints(1)[1])
    assert info['bbox'].tolist() == [[0, 0, 32, 32]] and info['keypoints_visible'].all()
    assert (info['id'], info['group']) == (4, 'all')
    assert SyntheticPeopleDataset.METAINFO['dataset_name'] == 'h36m17'
    assert dataset.metainfo['num_keypoints'] == 17


NOSED = dict(name='fish', joints=['nose', 'tail'], edges=[['nose', 'tail']])
BOXES = 'source,frame,x0,y0,x1,y1\nm1,0,0,0,40,80\nm1,2,0,20,80,100\n'


@pytest.fixture
def folder(tmp_path):
    file = project(tmp_path)
    for name in ('img001', 'img002', 'img003', 'img010'):
        cv2.imwrite(str(file.parent / f'{name}.png'), np.zeros((80, 100, 3), np.uint8))
    (tmp_path / 'boxes.csv').write_text(BOXES)
    return tmp_path


def evaluate(folder, **options):
    return DATASETS.build({**dict(type='DeepLabCutFramesDataset', ann_file='.',
                                  data_root=str(folder), skeleton=NOSED), **options})


def test_whole_image(folder):
    dataset = evaluate(folder)
    info = dataset.get_data_info(0)
    assert len(dataset) == 3 and info['img_path'].endswith('labeled-data/m1/img001.png')
    assert info['bbox'].tolist() == [[0, -10, 100, 90]]  # the square about 100 x 80
    assert info['keypoints'].tolist() == [[[10, 20], [30, 60]]]
    assert info['group'] == 'm1'
    assert dataset.get_data_info(2)['keypoints_visible'].tolist() == [[1, 0]]


def test_box_file_frames_and_counts_what_has_no_box(folder):
    dataset = evaluate(folder, box=str(folder / 'boxes.csv'))
    assert [dataset.get_data_info(i)['bbox'][0].tolist() for i in range(len(dataset))] == [
        [-20, 0, 60, 80], [0, 20, 80, 100]]
    assert [dataset.get_data_info(i)['id'] for i in range(2)] == [0, 1]
    wide = evaluate(folder, box=str(folder / 'boxes.csv'), padding=1.5, subset=(0, 1))
    assert wide.get_data_info(0)['bbox'].tolist() == [[-40, -20, 80, 100]]
    with pytest.raises(ValueError, match='no box for any of 1 frames'):
        evaluate(folder, box=str(folder / 'boxes.csv'), subset=(2, 3))


def test_boxes_of_the_labels(folder, warned):
    dataset = evaluate(folder, box='landmarks', subset=(0, 2))
    assert dataset.get_data_info(0)['bbox'].tolist() == [[-5, 15, 45, 65]]
    # img010 has one label, which has no box.
    assert len(evaluate(folder, box='landmarks')) == 2
    assert '1 of 3 labelled frames are not scored: landmarks has no box for them' in warned[-1]


def test_two_videos_with_bare_names_keep_their_own_images(folder):
    for video in ('m1', 'm2'):
        file = project(folder, video=video)
        file.write_text(OLD.replace('labeled-data/m1/', ''))
        for name in ('img001', 'img002', 'img003', 'img010'):
            cv2.imwrite(str(file.parent / f'{name}.png'), np.zeros((80, 100, 3), np.uint8))
    dataset = evaluate(folder)
    assert [dataset.get_data_info(i)['group'] for i in range(6)] == ['m1'] * 3 + ['m2'] * 3
    assert '/m2/' in dataset.get_data_info(3)['img_path']


def test_several_animals_are_several_figures(folder):
    project(folder, ANIMALS)
    dataset = evaluate(folder, box='landmarks')
    assert [dataset.get_data_info(i)['keypoints'][0, 0].tolist() for i in range(len(dataset))] == [
        [10, 20], [40, 40], [12, 20]]


def test_missing_body_parts_are_named(folder):
    three = dict(name='f', joints=['nose', 'fin', 'tail'], edges=[['nose', 'fin']])
    with pytest.raises(ValueError, match=r"CollectedData_Ann.csv: lacks the joints \['fin'\].*"
                                         'joint_names=.*allow_missing=True'):
        evaluate(folder, skeleton=three)
    assert evaluate(folder, skeleton=three, allow_missing=True).get_data_info(0)[
        'keypoints_visible'].tolist() == [[1, 0, 1]]
    mean = evaluate(folder, skeleton=three, joint_names=dict(fin=['nose', 'tail']))
    assert mean.get_data_info(0)['keypoints'][0, 1].tolist() == [20, 40]


def test_what_is_refused(folder):
    (folder / 'predicted.csv').write_text(PREDICTED)
    with pytest.raises(ValueError, match='predicted.csv holds predictions.*needs labels'):
        evaluate(folder, ann_file='predicted.csv')
    with pytest.raises(ValueError, match='padding must be positive'):
        evaluate(folder, padding=0)
    with pytest.raises(FileNotFoundError, match='nowhere'):
        evaluate(folder, ann_file='nowhere')
    (folder / 'labeled-data/m1/img003.png').write_bytes(b'x')
    for box in ('image', str(folder / 'boxes.csv')):
        with pytest.raises(UnreadableFrameError, match='img003.png'):
            evaluate(folder, box=box)
