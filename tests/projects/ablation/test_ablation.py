"""Labelling as image translation, and the rows of the ablation."""
import pytest
import tiny_model
import torch
from mmengine.registry import PARAM_SCHEDULERS
from mmpose.registry import MODELS

import projects.ablation.image_translation  # noqa: F401
from projects.studies.study import config_hash, read_study, resolve
from tiny_run import ROOT


@pytest.mark.parametrize('kind, drawn_from, reaches_head', [
    ('ImageTranslation', 'skeletons', False), ('KeypointGAN', 'rendered', True)])
def test_what_psi_draws_from(kind, drawn_from, reaches_head):
    torch.manual_seed(0)
    model = tiny_model.build(type=kind).eval()
    images, appearances = torch.randn(2, 2, 3, 16, 16).unbind()
    out = model.translate(images, appearances)
    torch.testing.assert_close(model.generator(getattr(out, drawn_from), appearances),
                               out.reconstructions)
    torch.testing.assert_close(model.head.render(out.keypoints), out.rendered)
    gradients = torch.autograd.grad(out.reconstructions.square().sum(), [
        next(model.backbone.parameters()), next(model.head.parameters())], allow_unused=True)
    assert gradients[0].abs().sum() > 0
    assert (gradients[1] is not None) == reaches_head
    assert not model.translate(images, appearances, detached=True).skeletons.requires_grad


@pytest.mark.parametrize('group', ['weizmann', 'people'])
def test_each_row_turns_one_switch_and_builds(group):
    rows = [row for row in read_study(ROOT / 'projects/ablation/study.py').rows
            if row.group == group]
    plain = resolve(rows[0], ROOT)
    assert rows[0].overrides == {} and {row.seed for row in rows} == {0, 1, 2}
    once = [row for row in rows if row.seed == 0]
    assert len({config_hash(resolve(row, ROOT)) for row in once}) == len(once) == len(rows) // 3
    for row in once[1:]:
        cfg = resolve(row, ROOT)
        MODELS.build(cfg.model)
        changed = {key for key in {*cfg, *plain} if cfg.get(key) != plain.get(key)}
        assert changed <= {'model', 'custom_imports', 'train_cfg', 'param_scheduler',
                           'train_dataloader'}, row.label


@pytest.mark.parametrize('group, begin, end', [('weizmann', 1200, 2000), ('people', 1000, 1900)])
def test_eta_rests_in_stage_two(group, begin, end):
    row, = [row for row in read_study(ROOT / 'projects/ablation/study.py').rows
            if (row.group, row.label) == (group, 'eta as stage one left it, seed 0')]
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=1e-3)
    schedulers = [PARAM_SCHEDULERS.build(dict(cfg, optimizer=optimizer))
                  for cfg in resolve(row, ROOT).param_scheduler['head']]
    rates = []
    for _ in range(end):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
    assert rates[:begin] == [1e-3] * begin and rates[begin:] == [0.0] * (end - begin)
