import numpy as np
import pytest
from mmpose.datasets.transforms import TopdownAffine
from mmpose.registry import TRANSFORMS

from ikp_mm.datasets.area_topdown_affine import (AREA, STOCK, AreaTopdownAffine, crop_step,
                                                 with_crop_step)

PIPELINE = [dict(type='LoadImage'), dict(type=STOCK, input_size=(8, 8))]


def results(image, box, **more):
    """What ``GetBBoxCenterScale`` hands on."""
    low, high = np.array(box[:2], float), np.array(box[2:], float)
    return dict(img=image, bbox_center=(low + high)[None] / 2, bbox_scale=(high - low)[None],
                keypoints=np.array([[[10., 12.], [3., 4.]]]), **more)


@pytest.mark.parametrize('size, box', [((16, 16), (4, 4, 18, 18)), ((16, 24), (-5, 3, 9, 20.5))])
@pytest.mark.parametrize('use_udp', [False, True])
def test_boxes_not_larger_than_the_input_are_as_mmpose_has_them(size, box, use_udp):
    image = np.random.default_rng(0).integers(0, 256, (40, 48, 3), dtype=np.uint8)
    for more in (dict(), dict(bbox_rotation=np.array([30.]))):
        ours, theirs = (kind(size, use_udp)(results(image, box, **more))
                        for kind in (AreaTopdownAffine, TopdownAffine))
        assert ours.keys() == theirs.keys()
        for key in theirs:
            np.testing.assert_array_equal(ours[key], theirs[key])


@pytest.mark.parametrize('more', [dict(), dict(bbox_rotation=np.array([20.]))])
def test_noise_of_larger_boxes_is_averaged(more):
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), dtype=np.uint8)
    ours, theirs = (kind((64, 64))(results(noise, (100, 100, 484, 484), **more))
                    for kind in (AreaTopdownAffine, TopdownAffine))
    # 6 x 6 values a pixel, of standard deviation 74; 2 x 2 where linear interpolation looks.
    assert ours['img'].std() == pytest.approx(74 / 6, rel=0.1)
    assert theirs['img'].std() > 30
    # The geometry stays MMPose's.
    np.testing.assert_array_equal(ours['transformed_keypoints'], theirs['transformed_keypoints'])


def test_the_step_is_found_and_exchanged():
    step, = [step for step in with_crop_step(PIPELINE, AREA) if step['type'] == AREA]
    assert step == dict(type=AREA, input_size=(8, 8)) == crop_step(with_crop_step(PIPELINE, AREA))
    assert with_crop_step(with_crop_step(PIPELINE, AREA), STOCK) == PIPELINE
    assert isinstance(TRANSFORMS.build(step), AreaTopdownAffine)
    with pytest.raises(ValueError, match=r"must have one .*has \['LoadImage'\]"):
        crop_step(PIPELINE[:1])
