"""Tables of a study, by hand values."""
from dataclasses import replace

import pytest

from projects.studies.study import Study, StudyRow
from projects.studies.tables import study_tables

SIDE, PIXELS = 'percent of the image side', 'pixels of the original frame'
MACHINE = dict(cpus=4, usable_cpus=2, threads=1, architecture='x', gpu=None, torch='2.0',
               python='3.11')
ROWS = (StudyRow('ours', 'ours', 'people', 'a.py', {}, 0, regress=(50,)),
        StudyRow('imm', 'IMM', 'people', 'b.py', {}, 0, regress=(50,)),
        StudyRow('twin', 'twin', 'people', 'c.py', {}, 0, supervised=True),
        StudyRow('faces', 'ours', 'faces', 'd.py', {}, 0))
STUDY = Study('tiny', ROWS, ('supervised', 'direct', 'flip_aware', 'regressed', 'baseline',
                             'mmpose/PCK'),
              dict(people='People', faces='Faces'), None)


def result(distance, error=None, minutes=10.0, **changes):
    regress = {} if error is None else dict(
        rows=[dict(n=50, error=error, unit=distance['unit'])])
    return dict(dict(distance=distance, regress=regress, metrics={'mmpose/PCK': 0.875}, seed=0,
                     iterations=1900, minutes=minutes, machine=MACHINE, commit='c' * 40,
                     dirty=False), **changes)


def distance(n_regress=None, unit=SIDE, **results):
    return dict(unit=unit, n_regress=n_regress, results=results, per_group={})


OURS = result(distance(direct=4.0, flip_aware=3.5, mean_pose=13.0, nearest_prior=3.25), 3.0)
IMM = result(distance(n_regress=100, regressed=8.0, mean_pose=14.0), 7.0, 21.25,
             metrics={'mmpose/PCK': None})


def test_modes_baselines_costs_and_gaps():
    results = dict(ours=OURS, imm=IMM, twin=None, faces=None)
    states = dict(ours='done', imm='done', twin='missing', faces='changed')
    assert study_tables(STUDY, states, results) == '''\
### People, percent of the image side

| row | direct | flip-aware | regressed (n = 50) | baseline (no image) | mmpose/PCK | iterations \
| minutes | seed |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| ours | 4.00 | 3.50 | 3.00 | – | 0.88 | 1900 | 10.0 | 0 |
| IMM | – | – | 7.00 | – | – | 1900 | 21.2 | 0 |
| twin | – | – | – | – | – | – | – | – |
| mean pose of the prior | – | – | – | 13.00 | – | – | – | – |

–: no figure at hand.
- commit cccccccccc, 2 of 4 CPUs, 1 threads, no GPU, torch 2.0: ours, imm.
- twin: missing, it has no json.

### Faces

| row | mmpose/PCK | iterations | minutes | seed |
| --- | ---: | ---: | ---: | ---: |
| ours | – | – | – | – |

–: no figure at hand.
- faces: changed, its json is of another configuration.'''


def test_stale_rows_are_shown_marked_or_not_at_all():
    states = dict(ours='stale', imm='missing', twin='done', faces='changed')
    results = dict(ours=OURS, imm=None, faces=result(distance(direct=5.0)),
                   twin=result(distance(direct=2.0, flip_aware=1.0), dirty=True))
    kept = study_tables(STUDY, states, results, keep_stale=True).splitlines()
    assert kept[2] == ('| row | supervised | direct | flip-aware | regressed (n = 50) | baseline '
                       '(no image) | mmpose/PCK | iterations | minutes | seed |')
    assert kept[4] == '| ours † | – | 4.00 | 3.50 | 3.00 | – | 0.88 | 1900 | 10.0 | 0 |'
    assert kept[6] == '| twin ‡ | 2.00 | – | – | – | – | 0.88 | 1900 | 10.0 | 0 |'
    assert '†: kept from other code.' in kept[9]
    assert '‡: run with changes that were not committed.' in kept[9]
    assert '- commit cccccccccc with changes, 2 of 4 CPUs' in '\n'.join(kept)
    # A row of another configuration has a mark of its own.
    assert any(line.startswith('| ours § | 5.00 |') for line in kept)
    assert any('§: kept from another configuration of the row.' in line for line in kept)
    dropped = study_tables(STUDY, states, results).splitlines()
    assert dropped[4] == '| ours | – | – | – | – | – |'
    assert '- ours: stale, its json is of this configuration and of other code.' in dropped
    assert dropped[-1] == '- faces: changed, its json is of another configuration.'


def test_baselines_of_part_of_the_test_set_only_where_there_are_no_others():
    rows = STUDY.rows[1:2]
    text = study_tables(replace(STUDY, rows=rows), dict(imm='done'), dict(imm=IMM))
    assert '| mean pose of the prior | – | 14.00 |' in text


def test_rows_of_two_units_are_refused():
    results = dict(ours=OURS, imm=result(distance(unit=PIXELS, direct=9.0)), twin=None,
                   faces=None)
    with pytest.raises(ValueError, match='rows ours, imm, twin are of one group but of several '
                                         'units: image_side, pixels'):
        study_tables(STUDY, dict.fromkeys(results, 'done'), results)
