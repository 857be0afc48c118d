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
STUDY = Study('tiny', ROWS, ('supervised', 'direct', 'flip_aware', 'regressed', 'baseline'),
              dict(people='People', faces='Faces'), None)


def result(distance, error=None, minutes=10.0, **changes):
    regress = {} if error is None else dict(
        rows=[dict(n=50, error=error, unit=distance['unit'])])
    return dict(dict(distance=distance, regress=regress, seed=0, iterations=1900, minutes=minutes,
                     machine=MACHINE, commit='c' * 40, dirty=False), **changes)


def distance(n_regress=None, unit=SIDE, **results):
    return dict(unit=unit, n_regress=n_regress, results=results, per_group={})


OURS = result(distance(direct=4.0, flip_aware=3.5, mean_pose=13.0, nearest_prior=3.25), 3.0)
# Scored on the images of the test set that did not fit its map.
IMM = result(distance(n_regress=100, regressed=8.0, mean_pose=14.0), 7.0, 21.25)


def test_modes_baselines_costs_and_gaps():
    assert study_tables(STUDY, dict(ours=OURS, imm=IMM), ('ours', 'imm')) == '''\
### People, percent of the image side

| row | direct | flip-aware | regressed (n = 50) | baseline (no image) | iterations | minutes \
| seed |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| ours | 4.00 | 3.50 | 3.00 | – | 1900 | 10.0 | 0 |
| IMM | – | – | 7.00 | – | 1900 | 21.2 | 0 |
| mean pose of the prior | – | – | – | 13.00 | – | – | – |

–: no figure at hand.
- commit cccccccccc, 2 of 4 CPUs, 1 threads, no GPU, torch 2.0: ours, imm.
- twin: not run yet.

### Faces

| row | iterations | minutes | seed |
| --- | ---: | ---: | ---: |

–: no figure at hand.
- faces: not run yet.'''


def test_rows_of_another_configuration_are_marked():
    results = dict(ours=OURS, faces=result(distance(direct=5.0)),
                   twin=result(distance(direct=2.0, flip_aware=1.0), dirty=True))
    lines = study_tables(STUDY, results, ('twin', 'faces')).splitlines()
    assert lines[4:6] == ['| ours § | – | 4.00 | 3.50 | 3.00 | – | 1900 | 10.0 | 0 |',
                          '| twin | 2.00 | – | – | – | – | 1900 | 10.0 | 0 |']
    assert '–: no figure at hand. §: kept from another configuration of the row.' in lines
    assert any('- commit cccccccccc with changes, 2 of 4 CPUs' in line for line in lines)
    # The other table has no marked row and says nothing of marks.
    assert lines[-2].endswith('–: no figure at hand.') and '| ours | 5.00 |' in lines[-4]


def test_rows_of_two_units_are_refused():
    results = dict(ours=OURS, imm=result(distance(unit=PIXELS, direct=9.0)))
    with pytest.raises(ValueError, match='rows ours, imm are of one group but of several '
                                         'units: image_side, pixels'):
        study_tables(replace(STUDY, groups=dict(people='People')), results, results)
