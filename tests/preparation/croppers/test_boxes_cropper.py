"""The boxes crop."""
import json

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


def test_boxes_of_images_without_a_folder_go_to_one_folder(tmp_path):
    videos = [FrameFolder(write_frames(tmp_path / name, moving_square(3)), name)
              for name in ('day1', 'day2')]
    (tmp_path / 'b.json').write_text(json.dumps(dict(
        images=[dict(id=0, file_name=videos[0].files[0])],
        annotations=[dict(image_id=0, bbox=[1, 2, 3, 4])])))
    cropper = BoxesCropper(str(tmp_path / 'b.json'))
    with pytest.raises(ValueError, match="without its folder, and both 'day1' and 'day2' have it"):
        cropper.look_at_all(videos)
    BoxesCropper(str(tmp_path / 'b.json')).look_at_all(videos[:1])


def test_a_category_of_several(tmp_path):
    (tmp_path / 'b.json').write_text(json.dumps(dict(
        images=[dict(id=0, file_name='f/0.png')],
        annotations=[dict(image_id=0, category_id=n, bbox=[n, 2, 3, 4]) for n in (1, 2)],
        categories=[dict(id=1, name='mouse'), dict(id=2, name='bowl')])))
    file = BoxesCropper(str(tmp_path / 'b.json'), category='bowl').file
    assert file.boxes('f', 1, ['0.png']).tolist() == [[2, 2, 5, 6]]
