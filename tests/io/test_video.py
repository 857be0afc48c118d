import multiprocessing
import pickle
import struct
import sys

import numpy as np
import pytest

from ikp_mm.io.frame_sources import UnreadableVideoError, VideoFile
from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.io.video import OpenVideos, VideoReader, require_av

from tiny_layouts_faces import number_of, numbered_frame, numbered_video, write_video

pytest.importorskip('av')

COUNT = 60
# Distant key frames, B-frames, frames before a key frame that need the one after it, no times.
FORMATS = {
    'b_frames.mp4': dict(g='12', bf='2'),
    'open_gop.mp4': {'x264-params': 'keyint=12:min-keyint=12:bframes=3:open-gop=1:scenecut=0'},
    'fragments.mp4': dict(g='12', movflags='frag_keyframe+empty_moov'),
    'one_key.mkv': dict(g='250', bf='2'),
    'mpeg1.mpg': dict(codec='mpeg1video', g='12', bf='2'),
    'mpeg2.mpg': dict(codec='mpeg2video', g='12', bf='2'),
    'no_times.avi': dict(g='12', bf='2'),
    'mpeg4.avi': dict(codec='mpeg4', g='12'),
    'camera.MTS': {'x264-params': 'keyint=12:min-keyint=12:bframes=2:interlaced=1:scenecut=0'},
    'mpeg2.ts': dict(codec='mpeg2video', g='12', bf='2'),
    'h264.flv': dict(g='12', bf='2'),
    'bare.h264': dict(g='12', bf='2'),
    'wmv2.wmv': dict(codec='wmv2', g='12'),
    'vp8.webm': dict(codec='libvpx', g='12', **{'auto-alt-ref': '1', 'lag-in-frames': '8'}),
}


@pytest.mark.parametrize('name', FORMATS)
def test_random_access_gives_the_very_frame(name, tmp_path):
    reader = VideoReader(numbered_video(tmp_path / name, COUNT, **FORMATS[name]))
    assert len(reader) == COUNT
    order = np.random.default_rng(0).permutation(COUNT)
    drawn = {int(t): reader.frame(int(t)) for t in order}
    assert [number_of(drawn[t]) for t in range(COUNT)] == list(range(COUNT))
    # Bit for bit what reading in order gives, by number or not.
    fresh = VideoReader(reader.path)
    assert all(np.array_equal(fresh.frame(t), drawn[t]) for t in range(COUNT))
    video = VideoFile(reader.path, name)
    assert all(np.array_equal(frame, drawn[t]) for t, frame in enumerate(video))
    assert video.num_read == COUNT and video.problem is None
    with pytest.raises(IndexError, match='60 frames, there is no frame 60'):
        reader.frame(COUNT)


def test_frames_are_bgr_and_upright(tmp_path):
    image = np.zeros((32, 64, 3), np.uint8)
    image[:16], image[16:, :32] = (255, 0, 0), (0, 0, 255)
    frame = VideoReader(write_video(tmp_path / 'a.mp4', [image] * 3, qp='1')).frame(1)
    assert frame.shape == (32, 64, 3) and frame.dtype == np.uint8
    for y, x, color in ((8, 40, (255, 0, 0)), (24, 16, (0, 0, 255)), (24, 48, (0, 0, 0))):
        assert np.abs(frame[y, x].astype(int) - color).max() < 12


def test_reading_on_does_not_search(tmp_path, monkeypatch):
    reader = VideoReader(numbered_video(tmp_path / 'a.mp4', 40, g='20'))
    searched = []
    seek = VideoReader._seek
    monkeypatch.setattr(VideoReader, '_seek', lambda self, key, latest: (
        searched.append(key), seek(self, key, latest))[1])
    for t in (0, 1, 5, 19):
        reader.frame(t)
    assert searched == []
    reader.frame(30)  # beyond the next key frame: decoding 20 to 29 alone is shorter
    reader.frame(31)
    assert searched == [1]
    reader.frame(3)
    assert searched == [1, 0]


def test_an_uneven_frame_rate_is_counted_not_timed(tmp_path):
    times = [t * 3 if t < 10 else 200 + t for t in range(20)]
    reader = VideoReader(numbered_video(tmp_path / 'a.mp4', 20, times=times, g='5'))
    assert [number_of(reader.frame(t)) for t in (19, 0, 10, 9)] == [19, 0, 10, 9]


# a, b, c, d of the track header's matrix (ISO 14496-12), the pixel (p, q) being shown at
# (a p + c q, b p + d q), and what that does to an array of rows from the top.
MATRICES = {
    'as_it_is': ((1, 0, 0, 1), lambda image: image),
    'clockwise': ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
    'half_a_turn': ((-1, 0, 0, -1), lambda image: np.rot90(image, 2)),
    'anticlockwise': ((0, -1, 1, 0), np.rot90),
    'selfie': ((-1, 0, 0, 1), np.fliplr),
    'upside_down': ((1, 0, 0, -1), np.flipud),
    'diagonal': ((0, 1, 1, 0), lambda image: image.swapaxes(0, 1)),
    'other_diagonal': ((0, -1, -1, 0), lambda image: np.rot90(image, 2).swapaxes(0, 1)),
}


def with_matrix(path, a, b, c, d):
    """Write a display matrix into an mp4's track header, 40 bytes behind its name."""
    data = bytearray(path.read_bytes())
    start = data.index(b'tkhd') + 4 + 40
    assert struct.unpack('>9i', data[start:start + 36])[0] == 1 << 16
    values = (a, b, 0, c, d, 0, 0, 0, 1 << 14)
    data[start:start + 36] = struct.pack('>9i', *(round(value * (1 << 16)) for value in values))
    path.write_bytes(data)
    return path


@pytest.mark.parametrize('name', MATRICES)
def test_a_phones_rotation_and_mirroring_are_applied(tmp_path, name):
    path = numbered_video(tmp_path / 'a.mp4', 3)
    stored = VideoReader(path).frame(2)
    matrix, shown = MATRICES[name]
    with_matrix(path, *matrix)
    assert np.array_equal(VideoReader(path).frame(2), shown(stored))
    assert np.array_equal(list(VideoFile(path, 'a'))[2], shown(stored))


def test_a_matrix_that_turns_askew_is_refused(tmp_path):
    path = with_matrix(numbered_video(tmp_path / 'a.mp4', 3), 0.8, 0.6, -0.6, 0.8)
    with pytest.raises(UnreadableFrameError, match=r'\[0\.8, 0\.6, -0\.6, 0\.8\] turns it'):
        VideoReader(path).frame(0)
    with pytest.raises(UnreadableVideoError, match='no multiple of a quarter turn'):
        list(VideoFile(path, 'a'))


# What the stream says of its colours, and by which matrix players then show them.
COLOURS = {'tagged_709': (64, 1, 1), 'tagged_601': (720, 5, 5), 'untagged_small': (64, None, 5),
           'untagged_hd': (720, None, 1)}


@pytest.mark.parametrize('name', COLOURS)
def test_colours_are_those_that_players_show(tmp_path, name):
    import av
    height, stated, meant = COLOURS[name]
    image = np.zeros((height, 96, 3), np.uint8)
    image[:, :32, 2], image[:, 32:64, 1], image[:, 64:, 0] = 200, 180, 220
    with av.open(str(tmp_path / 'a.mp4'), 'w') as container:
        stream = container.add_stream('libx264', rate=10, options={'qp': '1'})
        stream.width, stream.height, stream.pix_fmt = 96, height, 'yuv420p'
        if stated is not None:
            stream.codec_context.colorspace = stated
        frame = av.VideoFrame.from_ndarray(image, format='bgr24').reformat(
            format='yuv420p', dst_colorspace=meant, dst_color_range=1)
        if stated is None:
            frame.colorspace = 2  # not stated
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    read = VideoReader(tmp_path / 'a.mp4').frame(0).astype(int)
    for x in (16, 48, 80):
        assert np.abs(read[height // 2, x] - image[height // 2, x]).max() <= 4


def test_what_is_transparent_is_seen_before_white(tmp_path):
    import av
    pixels = np.zeros((16, 16, 4), np.uint8)
    pixels[:8] = (10, 20, 200, 255)
    with av.open(str(tmp_path / 'a.mkv'), 'w') as container:
        stream = container.add_stream('ffv1', rate=10)
        stream.width = stream.height = 16
        stream.pix_fmt = 'bgra'
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format='bgra')))
        container.mux(stream.encode())
    frame = VideoReader(tmp_path / 'a.mkv').frame(0)
    assert frame[4, 4].tolist() == [10, 20, 200] and frame[12, 12].tolist() == [255] * 3


def test_a_name_with_colons(tmp_path, monkeypatch):
    numbered_video(tmp_path / 'a.mp4', 3).rename(tmp_path / '12:30:05.mp4')
    monkeypatch.chdir(tmp_path)
    assert number_of(VideoReader('12:30:05.mp4').frame(2)) == 2


def test_a_file_of_sound_is_no_video(tmp_path):
    import av
    with av.open(str(tmp_path / 'a.mp4'), 'w') as container:
        stream = container.add_stream('aac', rate=48000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), 'fltp', 'mono')
        sound.sample_rate = 48000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    with pytest.raises(UnreadableFrameError, match='holds no video stream'):
        VideoReader(tmp_path / 'a.mp4')


def cut(path, fraction):
    data = path.read_bytes()
    path.write_bytes(data[:int(len(data) * fraction)])
    return path


def test_truncated_video_with_its_table_in_front(tmp_path):
    path = cut(numbered_video(tmp_path / 'a.mp4', COUNT, height=96, movflags='faststart',
                              g='12'), 0.6)
    reader = VideoReader(path)
    # The table of contents says 60; what is there is read, what is not is named.
    assert len(reader) == COUNT
    readable = 0
    for t in range(COUNT):
        try:
            assert number_of(reader.frame(t)) == t
            readable += 1
        except UnreadableFrameError as error:
            assert error.path == str(path)
    assert 12 <= readable < COUNT
    with pytest.raises(UnreadableFrameError, match=r'a.mp4: truncated video: it states 60 frames '
                       r'and ends after \d+, frame 59 is not there'):
        reader.frame(59)


def test_truncated_video_without_a_table(tmp_path):
    """An MPEG stream does not say how long it should be: it holds fewer frames.

    Its encoder places key frames where it likes, one after the other too.
    """
    path = cut(numbered_video(tmp_path / 'a.mpg', COUNT, height=96, codec='mpeg1video', g='12',
                              qmin='2', qmax='2'), 0.5)
    reader = VideoReader(path)
    assert 12 < len(reader) < COUNT
    # The last may be half a frame; the rest is exact.
    assert [number_of(reader.frame(t)) for t in range(len(reader) - 2)] == list(
        range(len(reader) - 2))


def test_frames_flagged_damaged_are_refused(tmp_path):
    path = numbered_video(tmp_path / 'a.mp4', 12)
    reader = VideoReader(path)
    assert not reader.index.broken.any()
    reader.index.broken[7] = True
    with pytest.raises(UnreadableFrameError, match='a.mp4: frame 7 is cut off or damaged'):
        reader.frame(7)


def test_truncated_before_its_table(tmp_path):
    path = cut(numbered_video(tmp_path / 'a.mp4', 20), 0.5)
    with pytest.raises(UnreadableFrameError, match='a.mp4: Invalid data'):
        VideoReader(path)


@pytest.mark.parametrize('content', [b'', b'no video at all\n' * 50])
def test_no_video(tmp_path, content):
    path = tmp_path / 'text.mp4'
    path.write_bytes(content)
    with pytest.raises(UnreadableFrameError, match='text.mp4: Invalid data'):
        VideoReader(path)
    with pytest.raises(UnreadableFrameError, match='absent.mp4: No such file'):
        VideoReader(tmp_path / 'absent.mp4')


def test_damaged_frames_are_named_and_the_rest_is_read(tmp_path):
    path = numbered_video(tmp_path / 'a.mp4', COUNT, g='12')
    index = VideoReader(path).index
    reader = VideoReader(path, index)
    # A frame that the index promises and the decoder never gives.
    index.times[30] += 1
    with pytest.raises(UnreadableFrameError, match='a.mp4: frame 30 of 60 cannot be decoded'):
        reader.frame(30)
    assert number_of(reader.frame(31)) == 31


def test_a_file_that_cannot_be_opened_again_is_read_once_it_can(tmp_path):
    path = numbered_video(tmp_path / 'a.mp4', COUNT, g='12')
    reader = VideoReader(path)
    assert number_of(reader.frame(20)) == 20
    path.rename(tmp_path / 'elsewhere.mp4')
    for t in (3, 25, 4, 26):  # reading on in a closed file would end the process
        with pytest.raises(UnreadableFrameError, match='a.mp4: No such file'):
            reader.frame(t)
    (tmp_path / 'elsewhere.mp4').rename(path)
    assert [number_of(reader.frame(t)) for t in (25, 26, 3)] == [25, 26, 3]


def test_a_video_that_holds_nothing_is_closed(tmp_path, monkeypatch):
    closed, close = [], VideoReader.close
    monkeypatch.setattr(VideoReader, 'close', lambda self: (closed.append(1), close(self)))

    def nothing(self):
        raise UnreadableFrameError(self.path, 'holds no frame')

    monkeypatch.setattr(VideoReader, '_make_index', nothing)
    with pytest.raises(UnreadableFrameError, match='holds no frame'):
        VideoReader(numbered_video(tmp_path / 'a.mp4', 3))
    assert closed == [1]


def test_the_videos_used_last_stay_open(tmp_path):
    paths = [numbered_video(tmp_path / f'{i}.mp4', 4) for i in range(3)]
    videos = OpenVideos(max_open=2)
    first, second = videos.reader(paths[0]), videos.reader(paths[1])
    assert videos.reader(paths[0]) is first  # used again: the second is now the oldest
    videos.reader(paths[2])
    assert videos.reader(paths[0]) is first and videos.reader(paths[1]) is not second
    with pytest.raises(ValueError, match='max_open'):
        OpenVideos(0)


def read_numbers(videos, path, wanted, queue):
    queue.put((videos.reader(path), [number_of(videos.reader(path).frame(t)) for t in wanted])[1])


def test_no_open_video_crosses_a_process_border(tmp_path):
    path = numbered_video(tmp_path / 'a.mp4', 40, g='10')
    videos = OpenVideos()
    videos.reader(path).frame(25)
    assert pickle.loads(pickle.dumps(videos)).reader(path) is not videos.reader(path)
    context = multiprocessing.get_context('fork')
    queue = context.Queue()
    wanted = [[3, 39, 17, 8] * 10, [30, 2, 21, 11] * 10]
    workers = [context.Process(target=read_numbers, args=(videos, path, numbers, queue))
               for numbers in wanted]
    for worker in workers:
        worker.start()
    # Both children and the parent read the same file at once.
    assert [number_of(videos.reader(path).frame(t)) for t in (26, 5, 38)] == [26, 5, 38]
    assert sorted(queue.get(timeout=60) for _ in workers) == sorted(wanted)
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0


def test_without_pyav_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'av', None)
    with pytest.raises(ImportError, match='pip install av'):
        require_av()


def test_numbers_can_be_told():
    assert [number_of(numbered_frame(n)) for n in (0, 7, 200, 255)] == [0, 7, 200, 255]
