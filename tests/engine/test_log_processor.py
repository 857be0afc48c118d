import json
import re

import pytest
from tiny_run import tiny_config, train


def test_one_line_an_iteration_names_the_stage(tmp_path):
    runner = train(tiny_config(tmp_path, 2, 4, log_level='INFO'))
    folder = tmp_path / runner.timestamp
    log = (folder / f'{runner.timestamp}.log').read_text()
    lines = [line.split('INFO - ')[1] for line in log.splitlines() if 'Iter(train)' in line]
    heads = [re.match(r'stage (\d)/2 (\w+)  Iter\(train\) \[(\d)/4\]', line).groups()
             for line in lines]
    assert heads == [('1', 'prior', '1'), ('1', 'prior', '2'), ('2', 'gan', '3'), ('2', 'gan', '4')]
    for line, figures in zip(lines, (('loss_prior', ), ) * 2 + (
            ('loss_prior', 'loss_gan', 'loss_reconstruction', 'loss_rerender', 'loss_d', 'd_real',
             'd_fake'), ) * 2, strict=True):
        for figure in ('eta', 'time', 'translator.lr', 'head.grad_norm', *figures):
            assert f'{figure}: ' in line

    records = [json.loads(line) for line in
               (folder / 'vis_data/scalars.json').read_text().splitlines()]
    assert [(record['step'], record['stage']) for record in records] == [
        (1, 1), (2, 1), (3, 2), (4, 2)]
    assert 'loss_d' not in records[1] and 'loss_d' in records[2]


def test_validation_lines_have_no_stage(tmp_path):
    runner = train(tiny_config(tmp_path, 1, 2, validate=True, log_level='INFO'))
    log = (tmp_path / runner.timestamp / f'{runner.timestamp}.log').read_text()
    validations = [line for line in log.splitlines() if 'Iter(val)' in line]
    assert validations and not any('stage' in line for line in validations)
    records = [json.loads(line) for line in
               (tmp_path / runner.timestamp / 'vis_data/scalars.json').read_text().splitlines()]
    last = records[-1]
    assert 'label_free/score' in last and 'stage' not in last and last['step'] == 2


@pytest.mark.parametrize('custom, kept', [
    ([], 3), ([dict(data_src='loss_prior', method_name='mean', window_size=5)], 5),
    ([dict(data_src='loss_prior', method_name='mean', window_size='global')], 6)])
def test_only_the_last_values_are_kept_unless_more_are_asked_for(tmp_path, monkeypatch, custom,
                                                                 kept):
    monkeypatch.setattr('ikp_mm.engine.log_processor.HISTORY', 3)
    runner = train(tiny_config(tmp_path, 6, 6, log_processor__custom_cfg=custom,
                               log_processor__window_size=2))
    values, counts = runner.message_hub.get_scalar('train/loss_prior').data
    assert len(values) == len(counts) == kept
