import pytest

from ikp_mm.benchmark.loading import (loading_needs, measure_layouts, measure_loading,
                                      table_layouts, table_loading)

ROWS = [dict(size=64, form='JPEG folders', pairs_per_second=100.0, low=90.0, high=110.0, ratio=1.0,
             bytes=2_500_000, start_seconds=1.25),
        dict(size=64, form='packed, raw', pairs_per_second=400.0, low=390.0, high=410.0, ratio=4.0,
             bytes=7_000_000, start_seconds=0.5),
        dict(size=128, form='packed, raw', pairs_per_second=1.0, low=1.0, high=1.0, ratio=4.0,
             bytes=7_000_000, start_seconds=0.5)]


def test_needs():
    """16 pairs in 40 ms, 10 % of the step waiting: 0.9 * 16 / 0.04 = 360 pairs, 720 images a
    second; 3.6 and 0.9 processes, rounded up."""
    need = loading_needs(ROWS, 64, 0.04, 16)
    assert need['images_per_second'] == pytest.approx(720)
    assert need['workers'] == {'JPEG folders': 4, 'packed, raw': 1}


def test_table():
    table = table_loading(dict(num_clips=12, frames_per_clip=24, full_size=160, workers=2,
                               rows=ROWS[:2], needs=[loading_needs(ROWS, 64, 0.04, 16)]))
    lines = table.splitlines()
    assert lines[4:6] == [
        '| 64 px | JPEG folders | 2.5 | 100 (90 - 110) | 1.00 | 1.25 |',
        '| 64 px | packed, raw | 7.0 | 400 (390 - 410) | 4.00 | 0.50 |']
    assert lines[-1].endswith('from 720 images/s on. Workers for that: JPEG folders: 4, '
                              'packed, raw: 1.')


def test_layouts():
    """Values of 3072 bytes take a page of 4096 each; a clip's 12288 and 16 of its own take four."""
    pytest.importorskip('lmdb')
    rows = measure_layouts(seconds=0.01, sizes=(32, ), num_clips=40, frames_per_clip=4, pairs=2)
    assert [row['layout'] for row in rows] == ['frame', 'clip']
    assert all(4096 < row['bytes_per_frame'] < 1.2 * 4096 for row in rows)
    assert all(0 < row['low'] <= row['pairs_per_second'] <= row['high'] for row in rows)
    row = dict(size=32, layout='clip', bytes_per_frame=4100.2, pairs_per_second=10.0, low=9.0,
               high=11.0)
    assert table_layouts([row]).splitlines()[-1] == '| 32 px | clip | 4100 | 10 (9 - 11) |'


@pytest.mark.slow
def test_measures_every_form():
    pytest.importorskip('av')
    result = measure_loading(seconds=0.1, sizes=(16, ), num_clips=2, frames_per_clip=4, pairs=2,
                             workers=1, steps={16: (1.0, 2)}, batch_size=2)
    assert [row['form'] for row in result['rows']] == [
        'JPEG folders', 'JPEG folders, kept in memory', 'videos', 'packed, raw', 'packed, png']
    assert result['rows'][0]['ratio'] == 1
    for row in result['rows']:
        assert 0 < row['low'] <= row['pairs_per_second'] <= row['high'] and row['bytes'] > 0
    assert result['needs'][0]['images_per_second'] == pytest.approx(3.6)
