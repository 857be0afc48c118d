"""The shipped rows."""
from collections import Counter

from projects.comparison.published import MODES, UNITS, load_published


def test_rows_are_of_known_kinds_and_name_their_source():
    datasets, rows = load_published()
    for row in rows:
        assert row.mode in MODES and row.unit in UNITS and row.source.strip(), row
        assert tuple(row.values) == datasets[row.dataset].columns, row
        assert all(value is None or isinstance(value, (int, float)) and value >= 0
                   for value in row.values.values()), row
    counts = Counter((row.dataset, row.method, row.mode, row.unit) for row in rows)
    assert max(counts.values()) == 1


def test_simplified_human36m_is_as_the_design_notes_have_it():
    datasets, rows = load_published()
    activities = ('wait', 'pose', 'greet', 'direct', 'discuss', 'walk')
    assert datasets['simplified_h36m'].columns == ('all', *activities)
    found = {(row.method, row.mode): [row.values[c] for c in ('all', *activities)]
             for row in rows if row.dataset == 'simplified_h36m'}
    assert found == {
        ('stacked hourglass', 'supervised'): [2.16, 1.88, 1.92, 2.15, 1.62, 1.88, 2.21],
        ('Thewlis 2017', 'regressed'): [7.51, 7.54, 8.56, 7.26, 6.47, 7.93, 5.40],
        ('Zhang 2018', 'regressed'): [4.14, 5.01, 4.61, 4.76, 4.45, 4.91, 4.61],
        ('Lorenz 2019', 'regressed'): [2.79] + [None] * 6,
        ('KeypointGAN', 'unknown'): [2.73] + [None] * 6}


def test_every_method_of_the_talk_has_a_row_and_no_figure_is_unverified():
    _, rows = load_published()
    methods = {name: [row.method for row in rows if row.dataset == name]
               for name in ('h36m', '300w', 'simplified_h36m_unpaired', '300w_unpaired')}
    assert methods['h36m'] == ['stacked hourglass', 'Jakab & Gupta 2018 (IMM)', 'KeypointGAN']
    assert {'LBF', 'TCDCN', 'RAR', 'Wing Loss', 'Wiles 2018', 'KeypointGAN',
            'KeypointGAN + supervised regression'} <= set(methods['300w'])
    assert sum('Thewlis' in method for method in methods['300w']) == 3
    assert all(methods.values())
    for row in rows:
        assert row.verified == any(value is not None for value in row.values.values())
