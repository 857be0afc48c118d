import json

import torch

from ikp_mm.benchmark.renderer import NAMES, make_renderers, measure_renderer, table_renderer


def test_the_three_draw_the_same():
    keypoints = torch.rand(2, 6, 2) * 2 - 1
    reference, *others = (renderer(keypoints) for renderer in
                          make_renderers(edges=5, size=12, device='cpu').values())
    for image in others:
        torch.testing.assert_close(image, reference, rtol=1e-5, atol=1e-6)


def test_a_row_per_size_and_number_of_edges():
    result = measure_renderer(sizes=(8, 64), edges=(40, ), batch=2, seconds=0, min_rounds=1)
    assert json.loads(json.dumps(result)) == result
    assert [(row['size'], row['edges']) for row in result['rows']] == [(8, 40), (64, 40)]
    for row in result['rows']:
        for name in NAMES:
            for what in ('forward', 'step'):
                assert row[f'{what}_ratio'][name] == (
                    row[what]['reference']['median'] / row[what][name]['median'])
            assert row['memory_ratio'][name] == (
                row['peak_bytes']['reference'] / row['peak_bytes'][name])
    largest = result['rows'][-1]['peak_bytes']
    # One (N, E, S, S, 2) tensor of the reference is 2.6 MB; ours has no (N, E, S, S) of 1.3 MB.
    assert largest['reference'] > 2 * 40 * 64**2 * 2 * 4 and largest['ours'] < 2 * 40 * 64**2 * 4


def test_table():
    def by_name(*values):
        return dict(zip(NAMES, values))

    def seconds(*values):
        return by_name(*(dict(median=value, low=0., high=9., repeats=3) for value in values))

    row = dict(size=128, edges=68, forward=seconds(0.5, 0.1, 0.05), step=seconds(1.5, 0.5, 0.06),
               peak_bytes=by_name(250_000_000, 125_000_000, 5_000_000),
               forward_ratio=by_name(1., 5., 10.), step_ratio=by_name(1., 3., 25.),
               memory_ratio=by_name(1., 2., 50.))
    table = table_renderer(dict(device='cpu', threads=2, batch=4, rows=[row]))
    assert table.startswith('Renderer, batch 4, cpu, 2 thread(s)')
    assert table.splitlines()[-3:] == [
        '| 128 | 68 | reference | 500.00 | 1500.00 | 250.0 |',
        '| 128 | 68 | plane per edge | 100.00 (5.0×) | 500.00 (3.0×) | 125.0 (2.0×) |',
        '| 128 | 68 | ours | 50.00 (10.0×) | 60.00 (25.0×) | 5.0 (50.0×) |']
