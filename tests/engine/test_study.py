"""What a study file says, and when a row's json still holds."""
import hashlib
from dataclasses import replace

import pytest
from mmengine.config import Config

from ikp_mm.engine.study import (StudyRow, config_hash, read_result, read_study, resolve,
                                 result_path, row_state)
from ikp_mm.engine.study_provenance import CodeVersion

from tiny_run import ROOT

BASE = '''
model = dict(width=4, steps=[dict(a=1), dict(a=2)])
train_cfg = dict(type='Loop', max_iters=10)
randomness = dict(seed=7, deterministic=True)
'''
ROW = StudyRow('one', 'one', 'all', 'configs/derived.py', {}, seed=3)


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


def test_reads_rows_with_their_defaults(root):
    study = read_study(write_study(root, '''
name = 'tiny'
_many = 12
rows = [dict(name='one', config='configs/derived.py'),
        dict(name='two', config='configs/derived.py', label='2nd', seed=4, regress=[_many, 'all'],
             overrides={'model.width': 8}, test=False, supervised=True)]
'''), root)
    assert study.rows == (
        StudyRow('one', 'one', 'all', 'configs/derived.py', {}, 0, None, True, False),
        StudyRow('two', '2nd', 'all', 'configs/derived.py', {'model.width': 8}, 4, (12, 'all'),
                 False, True))
    assert study.groups == {'all': 'tiny'}
    assert study.results_dir == root / 'projects/tiny/results'
    assert result_path(study, study.rows[1]) == root / 'projects/tiny/results/two.json'


@pytest.mark.parametrize(('text', 'message'), [
    ("rows = []", 'a study has name and rows'),
    ("name = 'a'\nrows = []\ncolour = 1", 'colour'),
    ("name = 'a'\nrows = [dict(name='x')]", r"row 0 \(x\).*missing keys \['config'\]"),
    ("name = 'a'\nrows = [dict(name='x', config='c', sed=1)]", r"unknown keys \['sed'\]"),
    ("name = 'a'\nrows = [dict(name='a/b', config='c')]", 'name must be made of'),
    ("name = 'a'\nrows = [dict(name='x', config='c', test=False)]", 'would have no figure'),
    ("name = 'a'\nrows = [dict(name='x', config='c'), dict(name='x', config='d')]",
     'several rows have the name x'),
    ("name = 'a'\nrows = [dict(name='x', config='c', label='z'), dict(name='y', config='d', "
     "label='z')]", "group and label.*'z'"),
    ("name = 'a'\ngroups = dict(b='B')\nrows = [dict(name='x', config='c', group='d')]",
     "row x is of group 'd'; groups names b"),
    ("name = 'a'\nmetrics = ['dirct']\nrows = [dict(name='x', config='c')]", "'dirct'")])
def test_refuses_by_name(root, text, message):
    with pytest.raises(ValueError, match=message):
        read_study(write_study(root, text), root)


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


@pytest.mark.parametrize(('overrides', 'part'), [
    ({'optim_wrapper.lr': 1}, 'optim_wrapper'), ({'model.head.width': 1}, 'head'),
    ({'model.steps.2.a': 1}, '2'), ({'modle': 1}, 'modle')])
def test_an_override_of_nothing_is_refused(root, overrides, part):
    with pytest.raises(ValueError, match=f"row one: override .*has no '{part}'"):
        resolve(replace(ROW, overrides=overrides), root)


def test_a_row_states_its_iterations_and_its_config(root):
    with pytest.raises(FileNotFoundError, match='row one: there is no .*absent.py'):
        resolve(replace(ROW, config='configs/absent.py'), root)
    (root / 'configs/epochs.py').write_text('train_cfg = dict(max_epochs=3)\n')
    with pytest.raises(ValueError, match='has no train_cfg.max_iters'):
        resolve(replace(ROW, config='configs/epochs.py'), root)


def test_hash_sees_what_decides_numbers_and_nothing_else(root):
    def digest(row=ROW, **entries):
        cfg = resolve(row, root)
        for key, value in entries.items():
            cfg[key] = value
        return config_hash(cfg)

    first = digest()
    assert digest(work_dir='elsewhere', log_level='DEBUG') == first
    with_hooks = [digest(default_hooks=hooks) for hooks in (
        {}, dict(runtime_info=dict(type='A')), dict(runtime_info=dict(type='B')),
        dict(timer=dict(type='A')))]
    assert with_hooks[0] == with_hooks[1] == with_hooks[2] != with_hooks[3]
    assert digest(replace(ROW, name='other', overrides={'model.width': 4})) == first
    changed = [digest(replace(ROW, seed=4)), digest(replace(ROW, overrides={'model.width': 5})),
               digest(replace(ROW, overrides={'model.steps.0.a': 2})), digest(more=1)]
    assert len({first, *changed}) == 5
    # The order in which a file names things does not matter; that of a list does.
    cfg = resolve(ROW, root)
    turned = Config(dict(reversed(list(cfg.to_dict().items()))))
    assert config_hash(turned) == first
    turned.model.steps.reverse()
    assert config_hash(turned) != first


def test_hash_is_sha256_of_the_sorted_json(root):
    """So it is the same in every process and on every machine."""
    text = ('{"model": {"depth": 2, "steps": [{"a": 1}, {"a": 2}], "width": 4}, '
            '"randomness": {"deterministic": true, "seed": 3}, '
            '"train_cfg": {"max_iters": 10, "type": "Loop"}}')
    assert config_hash(resolve(ROW, root)) == hashlib.sha256(text.encode()).hexdigest()


def test_states_of_a_row():
    code = CodeVersion('abc')
    result = dict(config_hash='h', commit='abc', uncommitted='', test=True, supervised=False,
                  labelled=[])
    assert row_state(None, ROW, 'h', code) == 'missing'
    assert row_state(result, ROW, 'h', code) == 'done'
    assert row_state(result, ROW, 'h', CodeVersion('abd')) == 'stale'
    # Uncommitted changes never equal a clean commit, nor other changes.
    assert row_state(result, ROW, 'h', CodeVersion('abc', 'x')) == 'stale'
    dirty = dict(result, uncommitted='x')
    assert row_state(dirty, ROW, 'h', code) == 'stale'
    assert row_state(dirty, ROW, 'h', CodeVersion('abc', 'x')) == 'done'
    assert row_state(dirty, ROW, 'h', CodeVersion('abc', 'y')) == 'stale'
    assert row_state(result, ROW, 'other', CodeVersion('abd')) == 'changed'
    assert row_state(result, replace(ROW, regress=(50,)), 'h', code) == 'changed'
    assert row_state(result, replace(ROW, supervised=True), 'h', code) == 'changed'


def test_a_broken_json_is_named(root):
    study = read_study(write_study(
        root, "name = 'tiny'\nrows = [dict(name='one', config='configs/derived.py')]"), root)
    assert read_result(study, study.rows[0]) is None
    path = result_path(study, study.rows[0])
    path.parent.mkdir(parents=True)
    path.write_text('{"cut"')
    with pytest.raises(ValueError, match=r'one\.json is no json .*delete it'):
        read_result(study, study.rows[0])


def test_the_shipped_study_reads():
    study = read_study(ROOT / 'projects/comparison/study.py', ROOT)
    assert {row.group for row in study.rows} == {'people', 'faces'}
    assert study.results_dir == ROOT / 'projects/comparison/results'
