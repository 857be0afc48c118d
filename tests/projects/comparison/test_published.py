"""The shipped rows, and what the loader refuses."""
import copy
import json

import pytest

from projects.comparison.published import PublishedRow, load_published

CONTENT = dict(
    datasets=dict(d=dict(title='D', columns=['all', 'walk'])),
    rows=[dict(dataset='d', method='M', mode='direct', unit='pixels', verified=True,
               values=dict(all=2.5, walk=None), source='a table')])


@pytest.fixture
def load(tmp_path):
    def write_and_load(change=lambda content: None):
        content = copy.deepcopy(CONTENT)
        change(content)
        path = tmp_path / 'rows.json'
        path.write_text(json.dumps(content))
        return load_published(path)

    return write_and_load


def test_rows_are_typed(load):
    datasets, rows = load()
    assert datasets['d'].columns == ('all', 'walk') and datasets['d'].title == 'D'
    assert rows == [PublishedRow('d', 'M', 'direct', 'pixels', True, dict(all=2.5, walk=None),
                                 'a table')]


@pytest.mark.parametrize(('change', 'message'), [
    (lambda c: c.update(more=1), 'wrong or missing: more'),
    (lambda c: c['datasets']['d'].pop('title'), 'datasets.d.*missing: title'),
    (lambda c: c['rows'][0].pop('source'), 'row 0.*missing: source'),
    (lambda c: c['rows'][0].update(colour=1), 'row 0.*colour'),
    (lambda c: c['rows'][0].update(dataset='e'), r'row 0 \(M, e\): dataset must be one of d'),
    (lambda c: c['rows'][0].update(mode='best'), "mode must be one of .*got 'best'"),
    (lambda c: c['rows'][0].update(unit='cm'), "unit must be one of .*got 'cm'"),
    (lambda c: c['rows'][0].update(source=' '), 'source must be a text'),
    (lambda c: c['rows'][0].update(verified=1), 'verified must be true or false'),
    (lambda c: c['rows'][0]['values'].pop('walk'), 'values.*missing: walk'),
    (lambda c: c['rows'][0]['values'].update(run=1.0), 'values.*run'),
    (lambda c: c['rows'][0]['values'].update(walk='2.1'), "walk must be a number.*'2.1'"),
    (lambda c: c['rows'][0]['values'].update(walk=True), 'walk must be a number'),
    (lambda c: c['rows'][0]['values'].update(walk=-1), 'walk must be a number'),
    (lambda c: c['rows'][0]['values'].update(all=None), 'verified, but it has no figure'),
    (lambda c: c['rows'].append(c['rows'][0]), 'two rows for d / M / direct / pixels')])
def test_refuses_by_name(load, change, message):
    with pytest.raises(ValueError, match=message):
        load(change)


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
