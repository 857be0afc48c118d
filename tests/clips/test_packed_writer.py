import functools
import numpy as np
import pytest

from ikp_mm.clips import packed_writer
from ikp_mm.clips.packed_clips import PackedClips
from ikp_mm.clips.packed_format import PackedFormatError

from tiny_packed import SIZE, TinyClips, pack

pytest.importorskip('lmdb')


def test_report(tmp_path):
    report = pack(TinyClips(), tmp_path / 'packed')
    assert (report.clips, report.frames, report.unreadable) == (3, 78, [])
    assert report.nbytes == (tmp_path / 'packed' / 'data.mdb').stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == ['packed']


def test_grows_beyond_its_first_map(tmp_path, monkeypatch):
    """A map of one page: every job needs more."""
    monkeypatch.setattr(packed_writer, 'FIRST_MAP', 4096)
    clips = TinyClips(lengths=(30, 30))
    pack(clips, tmp_path / 'packed')
    assert np.array_equal(PackedClips(str(tmp_path / 'packed'), SIZE).frame(1, 29),
                          clips.frame(1, 29))


@pytest.mark.slow
def test_workers_write_the_same(tmp_path):
    clips = TinyClips(unreadable=[(1, 65)])
    reports = [pack(clips, tmp_path / str(workers), workers, masks=True) for workers in (0, 2)]
    ours, theirs = (PackedClips(str(tmp_path / str(workers)), SIZE) for workers in (0, 2))
    assert reports[0] == reports[1] and len(reports[0].unreadable) == 1
    for i, count in enumerate(clips.lengths):
        for t in set(range(count)) - {65}:
            assert np.array_equal(ours.frame(i, t), theirs.frame(i, t))


class Interrupting(TinyClips):

    def frame(self, i, t):
        if (i, t) == (1, 66):
            raise KeyboardInterrupt
        return super().frame(i, t)


def test_interrupted_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        pack(Interrupting(), tmp_path / 'packed')
    assert not list(tmp_path.iterdir())


def test_interrupted_overwriting_leaves_the_old(tmp_path):
    pack(TinyClips(lengths=(4, )), tmp_path / 'packed')
    with pytest.raises(KeyboardInterrupt):
        pack(Interrupting(), tmp_path / 'packed', overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ['packed']
    assert PackedClips(str(tmp_path / 'packed'), SIZE).frame_counts.tolist() == [4]


def test_nothing_is_overwritten_unasked(tmp_path):
    pack(TinyClips(), tmp_path / 'packed')
    with pytest.raises(FileExistsError, match='packed exists; give --overwrite'):
        pack(TinyClips(), tmp_path / 'packed')
    (tmp_path / 'other').mkdir()
    with pytest.raises(FileExistsError, match='other is in the way: it holds no packed.json'):
        pack(TinyClips(), tmp_path / 'other', overwrite=True)


def test_a_database_of_another_packing(tmp_path):
    """data.mdb copied without the files beside it, of the very same length."""
    for name in 'ab':
        pack(TinyClips(), tmp_path / name)
    (tmp_path / 'a' / 'data.mdb').write_bytes((tmp_path / 'b' / 'data.mdb').read_bytes())
    with pytest.raises(PackedFormatError, match='another packing than its index says'):
        PackedClips(str(tmp_path / 'a'), SIZE).frame(0, 0)


def test_progress_with_time_to_go(tmp_path, monkeypatch):
    """A job of 64 frames takes 8 s here: jobs of 5, 64, 6 and 3 frames end at 8, 16, 24, 32 s."""
    times = iter(range(0, 99, 8))
    monkeypatch.setattr(packed_writer, 'IndexProgress', functools.partial(
        packed_writer.IndexProgress, clock=lambda: next(times)))
    lines = []
    pack(TinyClips(), tmp_path / 'packed', say=lines.append)
    # At 16 s 69 of 78: 9 * 16 / 69 = 2 s; at 32 s all.
    assert lines == ['69 of 78 frames, about 0:00:02 to go', '78 of 78 frames, about 0:00:00 to go']


def test_wrong_size_and_missing_masks(tmp_path):
    with pytest.raises(ValueError, match=r"clip 'actor0/ä' frame 0 is uint8 \(16, 16, 3\)"):
        pack(TinyClips(), tmp_path / 'packed', image_size=8)
    with pytest.raises(ValueError, match='it has no method mask'):
        pack(dict(type='SyntheticClips', num_clips=1, frames_per_clip=2), tmp_path / 'packed',
             masks=True)
    with pytest.raises(ValueError, match="codec must be one of .* got 'gif'"):
        pack(TinyClips(), tmp_path / 'packed', codec='gif')
    assert not list(tmp_path.iterdir())
