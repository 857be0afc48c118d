import pickle

import cv2
import numpy as np
import pytest
from mmengine.logging import MMLogger
from mmpose.registry import DATASETS

from ikp_mm.io.find import natural_key
from ikp_mm.clips.folders import FolderClips
from ikp_mm.io.pictures import UnreadableFrameError, read_image


def write(path, value, size=(8, 8)):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.full((*size, 3), value, np.uint8))


def write_clip(root, name, count=2, value=0):
    for t in range(count):
        write(root / name / f'{t}.png', value + t)


def test_names_frames_and_natural_order(tmp_path):
    write_clip(tmp_path, 'actor2/walk', 12, value=10)
    write_clip(tmp_path, 'actor10/walk', 3, value=50)
    clips = DATASETS.build(dict(type='FolderClips', root=str(tmp_path), image_size=8))
    assert [clips.name(i) for i in range(len(clips))] == ['actor2/walk', 'actor10/walk']
    assert [clips.num_frames(i) for i in range(2)] == [12, 3]
    # '2.png' comes before '10.png'.
    assert [int(clips.frame(0, t)[0, 0, 0]) for t in (2, 9, 10, 11)] == [12, 19, 20, 21]
    assert clips.frame(1, 2).shape == (8, 8, 3) and clips.frame(1, 2).dtype == np.uint8


def test_short_clips_may_be_left_out_by_name(tmp_path, monkeypatch):
    for name, count in (('a', 3), ('b', 1), ('c', 2), ('d', 1)):
        write_clip(tmp_path, name, count)
    with pytest.raises(ValueError, match=r'2 clips have fewer than 2 frames: .*b \(1\), .*d \(1\)'):
        FolderClips(str(tmp_path), 8)
    warned = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'warning', warned.append)
    clips = FolderClips(str(tmp_path), 8, skip_short=True)
    assert [(clips.name(i), clips.num_frames(i)) for i in range(len(clips))] == [('a', 3), ('c', 2)]
    assert clips.frame(1, 1)[0, 0, 0] == 1
    assert len(warned) == 1 and '2 of 4 clips' in warned[0] and warned[0].endswith('b, d')
    with pytest.raises(ValueError, match='fewer than 4 frames'):
        FolderClips(str(tmp_path), 8, skip_short=True, min_frames=4)  # none would be left


def test_natural_key():
    assert sorted(['f10', 'f2', 'a', '3'], key=natural_key) == ['3', 'a', 'f2', 'f10']


def test_include_and_exclude_choose_by_name(tmp_path):
    for name in ('actor0/wave', 'actor0/bend', 'actor1/wave', 'actor7/wave'):
        write_clip(tmp_path, name)
    clips = FolderClips(str(tmp_path), 8, include=['actor[0-6]/*'], exclude=['*/bend'])
    assert [clips.name(i) for i in range(len(clips))] == ['actor0/wave', 'actor1/wave']


def test_backgrounds_lie_beside_their_clip_and_are_no_frames(tmp_path):
    write_clip(tmp_path, 'a')
    write_clip(tmp_path, 'b')
    write(tmp_path / 'a.background.png', 200)
    write(tmp_path / 'a' / 'x.background.png', 100)
    clips = FolderClips(str(tmp_path), 4, background_suffix='.background.png')
    assert clips.num_frames(0) == 2
    assert clips.background(0).tolist() == np.full((4, 4, 3), 200).tolist()
    assert clips.background(1) is None
    assert FolderClips(str(tmp_path), 4, background_suffix=None).background(0) is None


def test_shrinking_averages_areas(tmp_path):
    image = np.zeros((4, 4, 3), np.uint8)
    image[:2, :2] = [[[0], [100]], [[40], [60]]]
    (tmp_path / 'a').mkdir()
    for t in range(2):
        cv2.imwrite(str(tmp_path / 'a' / f'{t}.png'), image)
    frame = FolderClips(str(tmp_path), 2).frame(0, 0)
    # Pixel 0 lies at column 0; the border standing in for what is outside, columns 0 and 1 weigh
    # 3/4 and 1/4. Pixel 1 lies at column 2; columns 1 to 3 weigh 1/4, 1/2, 1/4. Rows alike:
    # 3/4 * 25 + 1/4 * 45 = 30; 3/4 * 25 + 1/4 * 15 = 22.5; 45 / 4 = 11.25; 15 / 4 = 3.75.
    np.testing.assert_allclose(frame[..., 0], [[30, 22.5], [11.25, 3.75]], atol=0.51)


def test_cache_keeps_frames_and_is_optional(tmp_path):
    write_clip(tmp_path, 'a')
    kept, fresh = (FolderClips(str(tmp_path), 8, cache=cache) for cache in (True, False))
    assert kept.frame(0, 0)[0, 0, 0] == fresh.frame(0, 0)[0, 0, 0] == 0
    write(tmp_path / 'a' / '0.png', 77)
    assert kept.frame(0, 0)[0, 0, 0] == 0
    assert fresh.frame(0, 0)[0, 0, 0] == 77


def test_a_link_back_does_not_loop(tmp_path):
    write_clip(tmp_path, 'a')
    (tmp_path / 'a' / 'up').symlink_to(tmp_path, target_is_directory=True)
    assert len(FolderClips(str(tmp_path), 8)) == 1


def test_folder_errors_name_the_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match='nowhere does not exist'):
        FolderClips(str(tmp_path / 'nowhere'), 8)
    with pytest.raises(FileNotFoundError, match=f'no folder below {tmp_path} holds images'):
        FolderClips(str(tmp_path), 8)
    write(tmp_path / '0.png', 0)
    with pytest.raises(FileNotFoundError, match=r'clips are its subfolders.*include='):
        FolderClips(str(tmp_path), 8)
    write_clip(tmp_path, 'long')
    with pytest.raises(FileNotFoundError, match=r"none of the 1 clips.*include=\['x'\]"):
        FolderClips(str(tmp_path), 8, include=['x'])
    write_clip(tmp_path, 'short', count=1)
    with pytest.raises(ValueError, match=r'1 clips have fewer than 2 frames: .*short \(1\)'):
        FolderClips(str(tmp_path), 8)
    assert len(FolderClips(str(tmp_path), 8, min_frames=1)) == 2
    assert len(FolderClips(str(tmp_path), 8, exclude=['short'])) == 1


@pytest.mark.parametrize('options, message', [
    (dict(non_square='squash'), "'squash'"), (dict(include='a*'), 'lists of patterns'),
    (dict(exclude='a*'), 'lists of patterns'), (dict(image_size=0), 'positive'),
    (dict(min_frames=0), 'positive')])
def test_bad_options(tmp_path, options, message):
    write_clip(tmp_path, 'a')
    with pytest.raises(ValueError, match=message):
        FolderClips(**{**dict(root=str(tmp_path), image_size=8), **options})


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
def test_truncated_files_are_unreadable(tmp_path, suffix):
    rng = np.random.default_rng(0)
    path = tmp_path / f'whole{suffix}'
    cv2.imwrite(str(path), rng.integers(0, 256, (32, 32, 3), np.uint8))
    assert read_image(path).shape == (32, 32, 3)
    data = path.read_bytes()
    # OpenCV alone decodes either file into a partly grey picture.
    path.write_bytes(data[:len(data) * 3 // 4])
    with pytest.raises(UnreadableFrameError, match=f'whole{suffix}: truncated') as caught:
        read_image(path)
    assert caught.value.path == str(path)


def test_a_thumbnails_end_does_not_make_a_truncated_jpeg_whole(tmp_path):
    data = cv2.imencode('.jpg', np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8))
    data = data[1].tobytes()
    thumbnail = b'\xff\xe1\x00\x0a' + b'\xff\xda\x00\x00' + b'\xff\xd9\x00\x00'
    path = tmp_path / 'a.jpg'
    path.write_bytes(data[:2] + thumbnail + data[2:])
    assert read_image(path).shape == (32, 32, 3)
    path.write_bytes(data[:2] + thumbnail + data[2:-40])
    with pytest.raises(UnreadableFrameError, match='truncated JPEG'):
        read_image(path)


@pytest.mark.parametrize('content, message', [(b'', 'decode'), (b'no image', 'decode')])
def test_what_is_no_image(tmp_path, content, message):
    path = tmp_path / 'a.jpg'
    path.write_bytes(content)
    with pytest.raises(UnreadableFrameError, match=message):
        read_image(path)
    with pytest.raises(UnreadableFrameError, match='No such file'):
        read_image(tmp_path / 'b.jpg')


def test_the_error_crosses_process_borders():
    error = pickle.loads(pickle.dumps(UnreadableFrameError('a/b.jpg', 'truncated JPEG')))
    assert (error.path, str(error)) == ('a/b.jpg', 'a/b.jpg: truncated JPEG')
