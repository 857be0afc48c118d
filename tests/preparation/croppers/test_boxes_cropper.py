"""The boxes crop."""
import numpy as np
import pytest

from ikp_mm.preparation import CropError, FrameFolder, VideoFile
from ikp_mm.preparation.croppers import BoxesCropper
from tiny_videos import moving_square, truncate, write_frames, write_video


@pytest.fixture
def box_file(tmp_path):
    path = tmp_path / 'boxes.csv'
    rows = [f'{name},{t},{t},0,{t + 9},9' for name in ('v', 'f') for t in range(6)]
    path.write_text('\n'.join(['source,frame,x0,y0,x1,y1', *rows, 'f,6,1,1,1,1']))
    return str(path)


def test_boxes_of_the_frames_given_out(tmp_path, box_file):
    video = VideoFile(write_video(tmp_path / 'v.avi', moving_square(9)), 'v', step=2)
    cropper = BoxesCropper(box_file)
    boxes = cropper.boxes(video)
    np.testing.assert_array_equal(boxes[:, 0], [0, 2, 4, np.nan, np.nan])
    assert cropper.why_missing == {3: 'no box in the file', 4: 'no box in the file'}


def test_broken_images_keep_their_numbers(tmp_path, box_file):
    folder = FrameFolder(write_frames(tmp_path / 'f', moving_square(7)), 'f')
    truncate(tmp_path / 'f/1.png', 0.5)
    cropper = BoxesCropper(box_file)
    np.testing.assert_array_equal(cropper.boxes(folder)[:, 0], [0, 2, 3, 4, 5, np.nan])
    assert cropper.why_missing == {5: 'zero-size box'}


def test_refusals(tmp_path, box_file):
    folder = FrameFolder(write_frames(tmp_path / 'other', moving_square(7)), 'other')
    with pytest.raises(CropError, match="no box of 'other'; it has boxes of: v, f"):
        BoxesCropper(box_file).boxes(folder)
    with pytest.raises(ValueError, match=r"has boxes of \['v', 'f'\], but the videos given are"):
        BoxesCropper(box_file).look_at_all([folder])
    short = FrameFolder(write_frames(tmp_path / 'f', moving_square(3)), 'f')
    with pytest.raises(CropError, match="frame 3 of 'f', which has 3 frames"):
        BoxesCropper(box_file).boxes(short)
    with pytest.raises(ValueError, match='boxes=FILE'):
        BoxesCropper()
