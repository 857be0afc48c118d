"""tools/regress.py on a KeypointGAN's checkpoint, which it treats as any other's."""
import json

import pytest

from tiny_run import run_tool, tiny_config, train


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A configuration file and a checkpoint of it; 16 labelled frames to fit on."""
    from mmengine.registry import init_default_scope
    init_default_scope('mmpose')
    folder = tmp_path_factory.mktemp('regress')
    cfg = tiny_config(folder / 'work', 1, 2, validate=True)
    cfg.regression_dataloader = dict(cfg.test_dataloader, dataset=dict(
        cfg.test_dataloader.dataset, split='train', num_clips=8))
    train(cfg)
    cfg.dump(folder / 'tiny.py')
    return folder / 'tiny.py', folder / 'work/last_checkpoint'


def test_prints_a_table_and_writes_json(trained, tmp_path, monkeypatch, capsys):
    out = tmp_path / 'regressed.json'
    run_tool(monkeypatch, 'regress.py', *trained, '--labelled', '5', 'all', '--out', out)
    result = json.loads(out.read_text())
    assert [row['n'] for row in result['rows']] == [5, 16]
    assert result['config'] == str(trained[0])
    assert result['checkpoint'].endswith('iter_2.pth')
    assert (result['num_points'], result['num_unknowns'], result['ridge']) == (17, 35, 0)
    said = capsys.readouterr().out
    assert 'percent of the image side' in said
    for row in result['rows']:
        assert f'{row["n"]:>10}{row["error"]:>9.2f}' in said


def test_ridge_and_options(trained, tmp_path, monkeypatch):
    errors = []
    for ridge in ('0', '0.1'):
        out = tmp_path / f'{ridge}.json'
        run_tool(monkeypatch, 'regress.py', *trained, '--labelled', 'all', '--ridge', ridge,
                 '--out', out, options=['regression_dataloader.dataset.num_clips=3'])
        result = json.loads(out.read_text())
        assert result['num_fit_images'] == 6 and result['ridge'] == float(ridge)
        errors.append(result['rows'][0]['error'])
    assert errors[0] != errors[1]


@pytest.mark.parametrize('arguments, message', [
    (['--labelled', '17'], '17 labelled images were asked for, but regression_dataloader has 16'),
    (['--labelled', 'many'], "got 'many'"),
])
def test_refusals(trained, monkeypatch, arguments, message):
    with pytest.raises(SystemExit, match=message):
        run_tool(monkeypatch, 'regress.py', *trained, *arguments)
