"""The command. (The tables: test_figures.py.)"""
import json
import sys

import pytest

from projects.comparison.compare import main, parse_args


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, 'argv', ['compare.py', *map(str, arguments)])
    main(parse_args())


def test_runs_stand_beside_published_rows(tmp_path, monkeypatch, capsys):
    for name, error in (('mine', 5.25), ('twin', 2.5)):
        (tmp_path / name).mkdir()
        (tmp_path / name / 'keypoint_distance.json').write_text(json.dumps(dict(
            unit='percent of the image side', n_regress=None, results=dict(direct=error),
            per_group=dict(direct=dict(Walk=error + 1)))))
    run(monkeypatch, '--dataset', 'simplified_h36m',
        tmp_path / 'mine/keypoint_distance.json', '--supervised',
        f'the twin={tmp_path}/twin/keypoint_distance.json')
    lines = capsys.readouterr().out.splitlines()
    assert '| stacked hourglass | 2.16 | – | – | – |' in lines
    assert '| KeypointGAN | – | – | – | 2.73 |' in lines
    assert '| mine (this run) | – | 5.25 | – | – |' in lines
    assert '| the twin | 2.50 | – | – | – |' in lines
    assert '| mine (this run) | 5.25 | – | – | – | – | – | 6.25 |' in lines
    assert ('- Zhang 2018: a public summary of arXiv 1907.02055 (design notes, section 4)'
            in lines)


def test_published_rows_alone(monkeypatch, capsys):
    run(monkeypatch, '--dataset', '300w')
    said = capsys.readouterr().out
    assert '| LBF (?) | – | – | – |' in said and '| Wing Loss | 4.04 |' in said
    # The two ways to measure a face stand in two tables.
    assert 'full, percent of the distance of the outer eye corners' in said
    assert 'full, percent of the distance of the pupils' in said


def test_an_unknown_data_set_is_refused(monkeypatch, capsys):
    with pytest.raises(SystemExit):
        run(monkeypatch, '--dataset', 'mpii')
    assert "invalid choice: 'mpii'" in capsys.readouterr().err
