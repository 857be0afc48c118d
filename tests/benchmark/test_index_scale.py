import pytest

from ikp_mm.benchmark.index_scale import (NumberedClips, measure_index, open_pairs,
                                          synthetic_index, table_index)


def test_synthetic_index(tmp_path):
    index = synthetic_index(2500, 30)
    assert len(index) == 2500 and index.frame_counts.sum() == 2500 * 30
    assert 14 <= index.frame_counts.min() < 20 and 40 < index.frame_counts.max() <= 46
    index.write(tmp_path / 'index')
    pairs = open_pairs(tmp_path / 'index')
    assert isinstance(pairs.clips, NumberedClips) and len(pairs) == 75000
    assert pairs.clips.name(2345) == 'set000002/clip000002345'
    assert pairs.clips.path(1, 7).as_posix() == '/synthetic/set000000/clip000000001/000007.jpg'
    clip, t, other = pairs.pair_of(5)
    assert pairs[5]['image'].unique().tolist() == [(31 * clip + t) % 256]
    assert 1 <= abs(t - other) <= 30 and other < pairs.clips.num_frames(clip)


def test_table():
    result = dict(
        clips=2000, frames=200_000, index_mib=3.2, compared_with_clips=10, folders=50,
        files_per_folder=2, starts=[dict(files='cold', built=0.25, first_draw=0.5)],
        memory=[dict(workers=0, total=300.0, total_small=290.0, worker_private=None,
                     worker_private_small=None),
                dict(workers=2, total=400.0, total_small=385.0, worker_private=21.0,
                     worker_private_small=20.0)],
        draws=[dict(clips=2000, median=50.0, low=40.0, high=60.0, ratio=1.25)],
        making=[dict(processes='one process', median=0.125, low=0.1, high=0.2)])
    table = table_index(result)
    for row in ('2,000 clips, 200,000 frames; the index takes 3 MiB', '| cold | 0.250 | 0.500 |',
                '| 0 | 300 | 290 | 10 | – | – |', '| 2 | 400 | 385 | 15 | 21 | 20 |',
                '| 2,000 | 50 (40 - 60) | 1.25 |', '| one process | 0.125 (0.100 - 0.200) |'):
        assert row in table.splitlines() or row in table


@pytest.mark.slow
def test_measured_in_small():
    result = measure_index(clips=300, frames_per_clip=10, sizes=(100, 300), workers=(0, 1),
                           draws=64, folders=20, files_per_folder=3, seconds=0.2)
    assert [row['files'] for row in result['starts']] == ['cold', 'warm']
    assert all(0 < row['built'] < row['first_draw'] for row in result['starts'])
    assert [row['worker_private'] is None for row in result['memory']] == [True, False]
    assert [row['clips'] for row in result['draws']] == [100, 300]
    assert result['draws'][0]['ratio'] == 1
    table_index(result)
