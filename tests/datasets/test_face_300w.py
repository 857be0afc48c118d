import json

import numpy as np
import pytest
from mmpose.datasets.datasets import Face300WDataset
from mmpose.registry import DATASETS, TRANSFORMS

from ikp_mm.datasets.face_300w import NamedFace300WDataset
from ikp_mm.priors.framing import landmark_boxes, to_frame
from ikp_mm.ops.coords import frame_to_unit
from ikp_mm.skeletons import FACE68

from tiny_layouts_faces import tiny_face, write_300w

ANN = 'annotations/face_landmarks_300w_valid.json'
IMAGES = ['helen/testset/1_1.jpg', 'lfpw/testset/image_0001.png', 'ibug/image_003_1.jpg',
          'Test/01_Indoor/indoor_001.png', 'loose.png']


@pytest.fixture
def root(tmp_path):
    write_300w(tmp_path, ANN, IMAGES)
    return tmp_path


def build(root, **options):
    return DATASETS.build(dict(
        type='NamedFace300WDataset', data_root=str(root), ann_file=ANN,
        data_prefix=dict(img='images/'), test_mode=True, **options))


def test_is_mmposes_dataset_with_groups(root):
    ours = build(root)
    stock = DATASETS.build(dict(
        type='Face300WDataset', data_root=str(root), ann_file=ANN,
        data_prefix=dict(img='images/'), test_mode=True))
    assert isinstance(ours, Face300WDataset) and len(ours) == len(stock) == 5
    groups = []
    for index in range(5):
        info, theirs = ours.get_data_info(index), stock.get_data_info(index)
        groups.append(info['group'])
        for key in ('keypoints', 'keypoints_visible', 'bbox', 'bbox_center', 'bbox_scale'):
            assert np.array_equal(info[key], theirs[key]), key
        assert info['img_path'] == theirs['img_path']
    assert groups == ['common', 'common', 'challenge', 'Test/01_Indoor', '.']


def test_names_are_those_of_face68_in_mmposes_order(root):
    ours, stock = build(root).metainfo, Face300WDataset._load_metainfo()
    assert [ours['keypoint_id2name'][i] for i in range(68)] == list(FACE68.joints)
    assert ours['flip_indices'] == stock['flip_indices']
    assert len(ours['skeleton_links']) == len(FACE68.edges)
    # What the error is divided by: MMPose's NME takes places 36 and 45.
    names = [ours['keypoint_id2name'][i] for i in (36, 45)]
    assert names == ['right_eye_outer', 'left_eye_outer']


def test_the_padding_means_what_the_priors_means(root):
    """A face lies in the network's frame where ``to_frame`` puts its landmarks."""
    pipeline = [TRANSFORMS.build(step) for step in (
        dict(type='LoadImage'), dict(type='GetBBoxCenterScale', padding=1.6),
        dict(type='AreaTopdownAffine', input_size=(128, 128)))]
    result = build(root).get_data_info(1)
    for transform in pipeline:
        result = transform(result)
    points = tiny_face(160, 0.2)[None]
    fractions = to_frame(points, landmark_boxes(points), 1.6, 'test')[0]
    np.testing.assert_allclose(result['transformed_keypoints'][0] / 128, fractions, atol=2e-3)
    assert np.abs(frame_to_unit(fractions)).max() == pytest.approx(1 / 1.6, abs=1e-6)


def test_absent_files_are_named_with_the_page(root, tmp_path):
    (root / 'images' / IMAGES[2]).unlink()
    with pytest.raises(FileNotFoundError, match=r'1 of \d+ images are missing.*ibug/image_003_1\.jpg\. .*'
                       r'docs/datasets\.md'):
        build(root)
    with pytest.raises(FileNotFoundError, match=r'valid\.json does not exist\. .*docs/datasets\.md'):
        build(tmp_path / 'elsewhere')


def test_another_number_of_landmarks_is_refused(root):
    data = json.loads((root / ANN).read_text())
    data['annotations'][1]['keypoints'] = [1.0] * 3 * 29
    (root / ANN).write_text(json.dumps(data))
    with pytest.raises(ValueError, match=r'annotation 2 of lfpw/testset/image_0001\.png has 29 '
                       'landmarks, not 68'):
        build(root)


def test_landmarks_that_only_mark_absence_are_asked_about(root):
    data = json.loads((root / ANN).read_text())
    data['annotations'][1]['keypoints'][3:6] = [0, 0, 1]
    (root / ANN).write_text(json.dumps(data))
    with pytest.raises(ValueError, match='1 landmarks of the annotation 2 of lfpw/testset/'
                       r'image_0001\.png are marked visible and lie at exactly'):
        build(root)


def test_lazy_init_needs_no_files(tmp_path):
    """MMPose's inference reads the meta information alone."""
    assert NamedFace300WDataset(
        ann_file=ANN, data_root=str(tmp_path), lazy_init=True).metainfo['num_keypoints'] == 68
