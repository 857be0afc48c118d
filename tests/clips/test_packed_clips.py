import os
import pickle

import cv2
import numpy as np
import pytest
from torch.utils.data import DataLoader

from ikp_mm.io.pictures import UnreadableFrameError
from ikp_mm.clips.frame_pairs import FramePairDataset
from ikp_mm.clips.packed_clips import PackedClips

from tiny_packed import SIZE, TinyClips, pack, same_draws
from tiny_videos import moving_square, write_frames

pytest.importorskip('lmdb')
GIVEN = dict(source='given', threshold=40.0, softness=5.0)


def pairs(clips, **options):
    return FramePairDataset(clips, **{**dict(image_size=SIZE, seed=3), **options})


@pytest.fixture
def packed(tmp_path):
    pack(TinyClips(), tmp_path / 'packed', masks=True)
    return str(tmp_path / 'packed')


def test_everything_that_a_source_gives(packed):
    clips, source = PackedClips(packed, SIZE), TinyClips()
    assert len(clips) == 3 and clips.frame_counts.tolist() == [5, 70, 3]
    assert [clips.name(i) for i in range(3)] == ['actor0/ä', 'actor1/ä', 'actor2/ä']
    for i in range(3):
        assert clips.num_frames(i) == source.num_frames(i)
        for t in range(clips.num_frames(i)):
            assert np.array_equal(clips.frame(i, t), source.frame(i, t))
            assert np.array_equal(clips.mask(i, t), source.mask(i, t))
    assert np.array_equal(clips.background(1), source.background(1))
    assert clips.background(2) is None


@pytest.mark.parametrize('options', [
    {}, dict(background=dict(source='clip_median')), dict(background=dict(source='mask')),
    dict(uniform='clips', augment=dict(rotate_deg=20.0), appearance_warp={})])
def test_draws_are_those_of_the_source(packed, options):
    assert same_draws(pairs(PackedClips(packed, SIZE), **options), pairs(TinyClips(), **options))


def folders(tmp_path):
    for name in ('b', 'a10', 'a9'):
        write_frames(tmp_path / 'clips' / name, moving_square(6))
        cv2.imwrite(str(tmp_path / 'clips' / f'{name}.background.jpg'),
                    np.full((64, 96, 3), 60, np.uint8))
    return dict(type='FolderClips', root=str(tmp_path / 'clips'), non_square='crop')


@pytest.mark.parametrize('background', [None, GIVEN])
def test_draws_from_folders(tmp_path, background):
    config = folders(tmp_path)
    pack(config, tmp_path / 'packed')
    assert same_draws(
        pairs(dict(type='PackedClips', path=str(tmp_path / 'packed')), background=background),
        pairs(config, background=background))


def test_draws_from_videos(tmp_path):
    pytest.importorskip('av')
    from tiny_layouts_faces import numbered_video
    for name in ('b.mp4', 'a.mp4'):
        numbered_video(tmp_path / 'videos' / name, 9, height=64, g='4')
    config = dict(type='VideoClips', root=str(tmp_path / 'videos'))
    pack(config, tmp_path / 'packed')
    packed = PackedClips(str(tmp_path / 'packed'), SIZE)
    assert [packed.name(i) for i in range(2)] == ['a.mp4', 'b.mp4']
    assert same_draws(pairs(packed), pairs(config))


@pytest.mark.parametrize('same_light', [True, False])
def test_packed_medians_weigh_as_medians_do(tmp_path, same_light):
    weighing = dict(threshold=40.0, softness=5.0, same_light=same_light)
    median = dict(source='clip_median', max_frames=9, quantile=0.4, **weighing)
    pack(TinyClips(), tmp_path / 'packed', background=median)
    assert same_draws(
        pairs(PackedClips(str(tmp_path / 'packed'), SIZE),
              background=dict(source='given', **weighing)),
        pairs(TinyClips(), background=median))


def test_include_and_exclude(packed):
    clips, source = PackedClips(packed, SIZE, include=['actor[12]/*']), TinyClips()
    assert [clips.name(i) for i in range(len(clips))] == ['actor1/ä', 'actor2/ä']
    assert clips.frame_counts.tolist() == [70, 3]
    assert np.array_equal(clips.frame(1, 2), source.frame(2, 2))
    assert np.array_equal(clips.background(0), source.background(1))
    assert len(PackedClips(packed, SIZE, exclude=['*1/*'])) == 2
    with pytest.raises(FileNotFoundError, match=r"none of the 3 clips .* include=\['x'\]"):
        PackedClips(packed, SIZE, include=['x'])
    with pytest.raises(ValueError, match='not one string'):
        PackedClips(packed, SIZE, include='x')


def test_another_image_size(packed):
    with pytest.raises(ValueError, match='image_size=16, the dataset asks for image_size=32'):
        pairs(dict(type='PackedClips', path=packed), image_size=32)


def test_masks_that_were_not_packed(tmp_path):
    pack(TinyClips(), tmp_path / 'packed')
    with pytest.raises(ValueError, match='packed without masks: .* --masks'):
        pairs(PackedClips(str(tmp_path / 'packed'), SIZE), background=dict(source='mask'))[0]


def test_unreadable_stays_unreadable(tmp_path):
    """Frames keep their numbers, and draws are drawn again as over the source."""
    unreadable = [(0, 2), (1, 3, 'mask'), 2]
    report = pack(TinyClips(unreadable=unreadable), tmp_path / 'packed', masks=True)
    clips = PackedClips(str(tmp_path / 'packed'), SIZE)
    assert clips.frame_counts.tolist() == [5, 70, 0]
    with pytest.raises(UnreadableFrameError, match=r'actor0/ä frame 2: \(0, 2\).png: truncated'):
        clips.frame(0, 2)
    with pytest.raises(UnreadableFrameError, match=r'actor1/ä mask 3: .*truncated PNG'):
        clips.mask(1, 3)
    with pytest.raises(UnreadableFrameError, match='actor2/ä: 2.png: truncated PNG'):
        clips.num_frames(2)
    assert np.array_equal(clips.frame(0, 3), TinyClips().frame(0, 3))
    assert report.unreadable == ['2.png: truncated PNG', '(0, 2).png: truncated PNG',
                                 "(1, 3, 'mask').png: truncated PNG"]
    options = dict(uniform='clips', background=dict(source='mask'), max_unreadable=1.0)
    assert same_draws(pairs(clips, **options), pairs(TinyClips(unreadable=unreadable), **options),
                      range(30))


def test_frames_that_do_not_exist(packed):
    for t in (-1, 5):
        with pytest.raises(IndexError, match=rf'actor0/ä frame {t}: the clip has 5 frames'):
            PackedClips(packed, SIZE).frame(0, t)


def test_two_sources_read_one_database(packed):
    train, val = (PackedClips(packed, SIZE, include=[f'actor{i}/*']) for i in range(2))
    assert not np.array_equal(train.frame(0, 0), val.frame(0, 0))
    assert np.array_equal(train.frame(0, 1), TinyClips().frame(0, 1))


def test_packed_anew_while_in_use(packed):
    old = PackedClips(packed, SIZE)
    old.frame(0, 0)
    pack(TinyClips(lengths=(4, )), packed, overwrite=True)
    new = PackedClips(packed, SIZE)
    assert len(new) == 1 and np.array_equal(new.frame(0, 3), TinyClips().frame(0, 3))


@pytest.mark.parametrize('start', ['fork', pytest.param('spawn', marks=pytest.mark.slow)])
def test_loader_workers_after_the_parent_has_read(packed, start):
    # The last clip has no background.
    dataset = pairs(PackedClips(packed, SIZE, include=['actor[01]/*']), background=GIVEN)
    expected = [dataset[draw] for draw in range(6)]
    loader = DataLoader(dataset, sampler=range(6), batch_size=None, num_workers=2,
                        multiprocessing_context=start)
    items = list(loader)
    assert same_draws(dict(enumerate(items)), dict(enumerate(expected)), range(6))
    assert same_draws(dataset, dict(enumerate(expected)), range(6))  # the parent's still reads


def test_a_fork_opens_its_own(packed):
    clips = PackedClips(packed, SIZE)
    clips.frame(0, 0)
    inherited = {id(backend) for _, backend in clips._database._opened.values()}
    child = os.fork()
    if child == 0:
        ok = np.array_equal(clips.frame(1, 1), TinyClips().frame(1, 1))
        own = {id(backend._client) for _, backend in clips._database._opened.values()}
        os._exit(0 if ok and len(own) == 1 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert {id(backend) for _, backend in clips._database._opened.values()} == inherited
    assert np.array_equal(clips.frame(1, 2), TinyClips().frame(1, 2))


def test_pickled_small(packed):
    clips = pickle.loads(pickle.dumps(PackedClips(packed, SIZE, exclude=['*0/*'])))
    assert clips.name(0) == 'actor1/ä' and len(pickle.dumps(clips)) < 400

