"""What a study file says."""
import hashlib
from dataclasses import replace

import pytest
from mmengine.config import Config

from projects.studies.study import StudyRow, config_hash, read_study, resolve
from tiny_run import ROOT

BASE = '''
model = dict(width=4, steps=[dict(a=1), dict(a=2)])
train_cfg = dict(type='Loop', max_iters=10)
randomness = dict(seed=7, deterministic=True)
'''
ROW = StudyRow('one', 'one', 'all', 'configs/derived.py', {}, seed=3)
HEAD = "name = 'a'\nmetrics = ['direct']\ngroups = dict(g='G')\n"


@pytest.fixture
def root(tmp_path):
    """A repository with a config that derives from another."""
    (tmp_path / 'configs').mkdir()
    (tmp_path / 'configs/base.py').write_text(BASE)
    (tmp_path / 'configs/derived.py').write_text("_base_ = ['base.py']\nmodel = dict(depth=2)\n")
    return tmp_path


def write_study(root, text):
    path = root / 'study.py'
    path.write_text(text)
    return path


def row(**options):
    """A row's line in a study file."""
    whole = dict(name='x', label='x', group='g', config='c', overrides={}, seed=0)
    return f'rows.append({dict(whole, **options)!r})\n'


def test_reads_rows_with_their_defaults(root):
    study = read_study(write_study(root, HEAD + '_many = 12\nrows = []\n' + row() + row(
        name='two', label='2nd', seed=4, regress=[12, 'all'], overrides={'model.width': 8},
        supervised=True)))
    assert study.rows == (
        StudyRow('x', 'x', 'g', 'c', {}, 0, (), False),
        StudyRow('two', '2nd', 'g', 'c', {'model.width': 8}, 4, [12, 'all'], True))
    assert (study.name, study.groups, study.metrics) == ('a', dict(g='G'), ['direct'])
    assert study.result_path(study.rows[1]) == root / 'results/two.json'


@pytest.mark.parametrize(('text', 'error', 'message'), [
    ("name = 'a'\nrows = []", TypeError, "missing 2 required .*'metrics' and 'groups'"),
    (HEAD + "rows = []\ncolour = 1", TypeError, "unexpected keyword argument 'colour'"),
    (HEAD + "rows = [dict(name='x')]", TypeError, "missing .*'config'"),
    (row(sed=1), TypeError, "unexpected keyword argument 'sed'"),
    (row() + row(label='y'), ValueError, r"several rows of one name or label: \['x'\]"),
    (row(label='z') + row(name='y', label='z'), ValueError, r"label: \[\('g', 'z'\)\]"),
    (row(group='d'), ValueError, r"unknown metrics and groups: \['d'\]"),
    (HEAD.replace('direct', 'dirct') + "rows = []", ValueError, r"groups: \['dirct'\]")])
def test_refuses_by_name(root, text, error, message):
    head = HEAD + 'rows = []\n' if text.startswith('rows.append') else ''
    with pytest.raises(error, match=message):
        read_study(write_study(root, head + text))


def test_resolves_bases_overrides_and_seed(root):
    cfg = resolve(replace(ROW, overrides={
        'model.width': 8, 'model.steps.1.a': 5, 'model.new': dict(b=[1]),
        'train_cfg.max_iters': 20}), root)
    assert cfg.model.to_dict() == dict(width=8, steps=[dict(a=1), dict(a=5)], depth=2,
                                       new=dict(b=[1]))
    assert cfg.randomness == dict(seed=3, deterministic=True)
    # What is dumped reads back as it is, with no base beside it.
    cfg.dump(root / 'dumped.py')
    assert Config.fromfile(root / 'dumped.py').to_dict() == cfg.to_dict()


def test_an_override_that_nobody_reads_is_refused(root):
    with pytest.raises(ValueError, match='modle is read by nobody'):
        resolve(replace(ROW, overrides={'modle': 1}), root)


def test_hash_is_of_the_resolved_configuration(root):
    first = config_hash(resolve(ROW, root))
    assert config_hash(resolve(replace(ROW, name='other', overrides={'model.width': 4}),
                               root)) == first
    changed = [config_hash(resolve(replace(ROW, **change), root)) for change in (
        dict(seed=4), dict(overrides={'model.width': 5}), dict(overrides={'model.steps.0.a': 2}))]
    assert len({first, *changed}) == 4
    # The order in which a file names things does not matter; that of a list does.
    turned = Config(dict(reversed(list(resolve(ROW, root).to_dict().items()))))
    assert config_hash(turned) == first
    turned.model.steps.reverse()
    assert config_hash(turned) != first


def test_hash_is_sha256_of_the_sorted_json(root):
    """So it is the same in every process and on every machine."""
    text = ('{"model": {"depth": 2, "steps": [{"a": 1}, {"a": 2}], "width": 4}, '
            '"randomness": {"deterministic": true, "seed": 3}, '
            '"train_cfg": {"max_iters": 10, "type": "Loop"}}')
    assert config_hash(resolve(ROW, root)) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize('name', ['comparison', 'comparison_faces', 'seeds'])
def test_shipped_studies_resolve(name):
    study = read_study(ROOT / f'projects/{name}/study.py')
    assert {row.group for row in study.rows} == set(study.groups)
    for row in study.rows:
        cfg = resolve(row, ROOT)
        assert cfg.randomness.seed == row.seed and cfg.train_cfg.max_iters > 0
