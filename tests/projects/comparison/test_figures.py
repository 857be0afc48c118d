"""Published and own figures side by side, by hand values."""
import json

import pytest

from projects.comparison.figures import (Entry, column_title, compare, distance_entries,
                                          format_cell, markdown_table, published_entries,
                                          read_run, unit_key)
from ikp_mm.evaluation.functional.keypoint_distance import UNIT_NAMES
from projects.comparison.published import PublishedDataset, PublishedRow

DATASET = PublishedDataset('Data D', ('all', 'walk'))
PUBLISHED = [
    PublishedRow('d', 'A', 'supervised', 'image_side', True, dict(all=2.0, walk=1.5), 's'),
    PublishedRow('d', 'B', 'regressed', 'image_side', True, dict(all=3.0, walk=None), 's'),
    PublishedRow('d', 'C', 'unknown', 'image_side', False, dict(all=None, walk=None), 's'),
    PublishedRow('other', 'X', 'direct', 'pixels', True, dict(all=9.0), 's')]
RUN = dict(
    unit='percent of the image side', n_regress=None,
    results=dict(direct=4.125, flip_aware=3.5, mean_pose=13.0, box_mean_pose=6.0,
                 nearest_prior=3.25),
    per_group=dict(direct=dict(Walk=5.0, Sit=1.0)))
REGRESSION = dict(rows=[
    dict(n=50, error=3.5, unit='percent of the image side', determined=False),
    dict(n=500, error=3.0, unit='percent of the image side', determined=True,
         per_group=dict(walk=2.75))])


@pytest.fixture
def written(tmp_path):
    def write(content, name='run.json'):
        path = tmp_path / name
        path.write_text(json.dumps(content))
        return path

    return write


def test_the_whole_comparison(written):
    entries = published_entries(PUBLISHED, 'd')
    entries += read_run(written(RUN), DATASET.columns, 'ours')
    entries += read_run(written(REGRESSION), DATASET.columns, 'ours')
    assert compare(DATASET, entries) == '''\
## Data D

### all, percent of the image side

| method | supervised | direct | flip-aware | regressed (n not stated) | regressed (n = 50) | \
regressed (n = 500) | mode not stated | baseline (no image) | oracle (uses the truth) |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| A | 2.00 | – | – | – | – | – | – | – | – |
| B | – | – | – | 3.00 | – | – | – | – | – |
| C (?) | – | – | – | – | – | – | – | – | – |
| ours | – | 4.12 | 3.50 | – | 3.50 * | 3.00 | – | – | – |
| mean pose of the prior | – | – | – | – | – | – | – | 13.00 | – |
| mean pose in the true box | – | – | – | – | – | – | – | – | 6.00 |
| nearest prior pose | – | – | – | – | – | – | – | – | 3.25 |

### supervised, percent of the image side

| method | all | walk |
| --- | ---: | ---: |
| A | 2.00 | 1.50 |

### direct, percent of the image side

| method | all | walk |
| --- | ---: | ---: |
| ours | 4.12 | 5.00 |

### regressed (n = 500), percent of the image side

| method | all | walk |
| --- | ---: | ---: |
| ours | 3.00 | 2.75 |

–: no figure at hand. (?): not verified. *: fewer labelled images than unknowns; of the maps that \
fit them exactly the one of least norm.'''


def test_units_never_share_a_table():
    entries = [Entry('A', 'direct', 'pixels', dict(all=9.0)),
               Entry('B', 'direct', 'image_side', dict(all=3.0)),
               Entry('C', 'direct', 'pixels', dict(all=8.0))]
    assert compare(PublishedDataset('D', ('all',)), entries) == '''\
## D

### all, pixels of the original frame

| method | direct |
| --- | ---: |
| A | 9.00 |
| C | 8.00 |

### all, percent of the image side

| method | direct |
| --- | ---: |
| B | 3.00 |

–: no figure at hand.'''


def test_a_supervised_run_stands_in_its_own_column_alone(written):
    entries = read_run(written(RUN), DATASET.columns, 'twin', supervised=True)
    assert [(e.method, e.mode) for e in entries] == [
        ('twin', 'supervised'), ('mean pose of the prior', 'baseline'),
        ('mean pose in the true box', 'oracle'), ('nearest prior pose', 'oracle')]


def test_a_regression_on_test_images_is_not_one_on_training_images():
    content = dict(RUN, n_regress=100, results=dict(regressed=7.0), per_group={})
    entry, = distance_entries(content, ('all',), 'imm')
    assert column_title(entry.column) == 'regressed on test images (n = 100)'
    assert column_title(('regressed', 100)) == 'regressed (n = 100)'


def test_baselines_of_runs_are_one_row_when_they_agree(written):
    other = dict(RUN, results=dict(direct=5.0, mean_pose=13.0, box_mean_pose=6.5))
    entries = [entry for name, content in (('ours', RUN), ('theirs', other))
               for entry in read_run(written(content), ('all',), name)]
    lines = compare(PublishedDataset('D', ('all',)), entries).splitlines()
    assert [line.split(' | ')[0][2:] for line in lines[4:-2]] == [
        'method', '---', 'ours', 'mean pose of the prior', 'mean pose in the true box',
        'nearest prior pose', 'theirs', 'mean pose in the true box, theirs']


def test_two_runs_of_one_name_are_refused(written):
    entries = [entry for error in (4.0, 5.0) for entry in read_run(
        written(dict(RUN, results=dict(direct=error))), ('all',), 'ours')]
    with pytest.raises(ValueError, match='ours: two figures for direct, 4.00 and 5.00'):
        compare(PublishedDataset('D', ('all',)), entries)


def test_units_of_runs():
    assert unit_key('percent of the image side') == 'image_side'
    assert unit_key('pixels of the original frame') == 'pixels'
    eyes = UNIT_NAMES['keypoint_distance']
    assert unit_key(eyes, ['left_eye_outer', 'right_eye_outer']) == 'inter_ocular'
    assert unit_key(eyes, ['kpt-36', 'kpt-45']) == 'inter_ocular'
    assert unit_key(eyes, ['thorax', 'pelvis']) == 'percent of the distance from thorax to pelvis'
    assert unit_key(eyes) == 'percent of the distance between two joints (not said which)'


@pytest.mark.parametrize('content', [dict(a=1), dict(rows=[dict(n=5)]), dict(results={})])
def test_other_files_are_refused(written, content):
    with pytest.raises(ValueError, match=r'run\.json: neither the json of KeypointDistance'):
        read_run(written(content), ('all',), 'ours')


def test_absent_files_and_unknown_rows_are_named(written, tmp_path):
    with pytest.raises(FileNotFoundError, match='absent.json is missing: tools/test.py writes'):
        read_run(tmp_path / 'absent.json', ('all',), 'ours')
    with pytest.raises(ValueError, match="ours: row 'guess' of the json is of no known mode"):
        read_run(written(dict(RUN, results=dict(guess=1.0))), ('all',), 'ours')


def test_cells_and_tables():
    assert [format_cell(value) for value in (None, float('nan'), 2, 0.126)] == [
        '–', '–', '2.00', '0.13']
    assert markdown_table(['a', 'b'], [['x|y', '1']]) == [
        '| a | b |', '| --- | ---: |', '| x\\|y | 1 |']
