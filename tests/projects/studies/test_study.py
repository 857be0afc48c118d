"""What a study file says, and when a row's json still holds."""
import hashlib
import subprocess
from dataclasses import replace

import pytest
from mmengine.config import Config

from projects.studies import study as module
from projects.studies.study import (StudyRow, code_version, config_hash, read_result, read_study,
                                    resolve, row_state)
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
        StudyRow('two', '2nd', 'g', 'c', {'model.width': 8}, 4, (12, 'all'), True))
    assert (study.name, study.groups, study.metrics) == ('a', dict(g='G'), ['direct'])
    assert study.result_path(study.rows[1]) == root / 'results/two.json'


@pytest.mark.parametrize(('text', 'message'), [
    ("name = 'a'", "study.py: .*missing 2 required .*'metrics' and 'groups'"),
    (HEAD + "colour = 1", "unexpected keyword argument 'colour'"),
    (HEAD + "rows = [dict(name='x')]", r"row 0 \(x\): .*missing .*'config'"),
    (row(sed=1), r"row 0 \(x\): .*unexpected keyword argument 'sed'"),
    (row(name='a/b'), "row 'a/b': a name is made of"),
    (row() + row(label='y'), 'several rows have the name x'),
    (row(label='z') + row(name='y', label='z'), "group and label.*'z'"),
    (row(group='d'), "row x is of group 'd'; groups names g"),
    (HEAD.replace('direct', 'dirct') + "rows = []", "'dirct'")])
def test_refuses_by_name(root, text, message):
    head = HEAD + 'rows = []\n' if text.startswith('rows.append') else ''
    with pytest.raises(ValueError, match=message):
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
    assert digest(work_dir='elsewhere', log_level='DEBUG',
                  custom_imports=dict(imports=['ikp_mm'])) == first
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
    result = dict(config_hash='h', code='sources', commit='abb', supervised=False, labelled=[])
    assert row_state(None, ROW, 'h', 'sources') == 'missing'
    assert row_state(result, ROW, 'h', 'sources') == 'done'
    assert row_state(result, ROW, 'h', 'other sources') == 'stale'
    old = {key: value for key, value in result.items() if key != 'code'}
    assert row_state(old, ROW, 'h', 'sources') == 'stale'
    assert row_state(result, ROW, 'other', 'other sources') == 'changed'
    assert row_state(result, replace(ROW, regress=(50,)), 'h', 'sources') == 'changed'
    assert row_state(result, replace(ROW, supervised=True), 'h', 'sources') == 'changed'


def test_a_broken_json_is_named(root):
    study = read_study(write_study(root, HEAD + 'rows = []\n' + row()))
    assert read_result(study, study.rows[0]) is None
    path = study.result_path(study.rows[0])
    path.parent.mkdir()
    path.write_text('{"cut"')
    with pytest.raises(ValueError, match=r'x\.json is no json .*delete it'):
        read_result(study, study.rows[0])


@pytest.mark.parametrize('name', ['comparison', 'seeds'])
def test_shipped_studies_resolve(name):
    study = read_study(ROOT / f'projects/{name}/study.py')
    assert {row.group for row in study.rows} == set(study.groups)
    for row in study.rows:
        cfg = resolve(row, ROOT)
        assert cfg.randomness.seed == row.seed and cfg.train_cfg.max_iters > 0


# ------------------------------------------------------------------ which code

PATHS = ('package', 'tools/train.py')


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A git checkout of one commit; ``git(...)`` runs in it."""
    def git(*arguments):
        return subprocess.run(
            ['git', '-C', str(tmp_path), '-c', 'user.name=a', '-c', 'user.email=a@b',
             '-c', 'commit.gpgsign=false', *arguments], capture_output=True, text=True,
            check=True).stdout.strip()

    monkeypatch.setattr(module, 'DRAWS_ONLY', 'package/sheets')
    for name in ('package/model.py', 'package/sheets/one.py', 'tools/train.py', 'README.md'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('1\n')
    (tmp_path / '.gitignore').write_text('*.pyc\n')
    git('init', '-q')
    git('add', '.')
    git('commit', '-qm', 'first')
    return tmp_path, git


def test_the_commit_is_the_last_that_touched_the_code(checkout):
    root, git = checkout
    first = code_version(root, PATHS)
    assert first['commit'] == git('rev-parse', 'HEAD') and not first['dirty']
    for name in ('README.md', 'package/sheets/one.py'):
        (root / name).write_text('2\n')
    assert code_version(root, PATHS) == first
    git('commit', '-qam', 'nothing that counts')
    assert code_version(root, PATHS) == first
    (root / 'tools/train.py').write_text('2\n')
    git('commit', '-qam', 'code')
    last = code_version(root, PATHS)
    assert last['commit'] == git('rev-parse', 'HEAD') and not last['dirty']
    assert last['code'] != first['code']


def test_uncommitted_code_is_dirty_each_state_in_its_own_way(checkout):
    root, git = checkout
    seen = [code_version(root, PATHS)]
    (root / 'package/model.py').write_text('2\n')
    seen.append(code_version(root, PATHS))
    git('add', 'package/model.py')
    assert code_version(root, PATHS) == seen[-1]  # staged or not is the same code
    (root / 'package/new.py').write_text('1\n')
    seen.append(code_version(root, PATHS))
    (root / 'package/new.py').write_text('2\n')
    seen.append(code_version(root, PATHS))
    (root / 'package/cache.pyc').write_text('ignored')
    assert code_version(root, PATHS) == seen[-1]
    assert [one['dirty'] for one in seen] == [False, True, True, True]
    assert len({one['code'] for one in seen}) == 4 and len({one['commit'] for one in seen}) == 1
    (root / 'package/new.py').unlink()
    (root / 'package/model.py').write_text('1\n')
    git('add', '.')
    assert code_version(root, PATHS) == seen[0]


def test_outside_a_checkout_it_says_so(tmp_path):
    with pytest.raises(RuntimeError, match='a study needs a git checkout'):
        code_version(tmp_path, ())
