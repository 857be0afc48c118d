"""The rows of the study of few labels: which images are labelled, and what a training starts from."""
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpose.registry import MODELS

import projects.comparison.models  # noqa: F401
from ikp_mm.models.pretrained import check_pretrained
from projects.comparison.regress import labelled_choice
from projects.studies.study import read_study, resolve
from tiny_run import ROOT

ROWS = {row.name: row for row in read_study(ROOT / 'projects/few_labels/study.py').rows}
DETECTORS = dict(faces=ROOT / 'projects/faces_300w/ikp_faces_300w.py',
                 mouse=ROOT / 'projects/mouse/ikp_mouse.py')


@pytest.mark.parametrize('group, file, total, number', [
    *(('faces', 'train.npz', 2012, number) for number in (10, 50, 500)),
    ('mouse', 'mouse_train.npz', 58, 10)])
def test_the_labelled_images_are_those_of_the_linear_map(group, file, total, number):
    for start in ('scratch', 'ours', 'finetuned'):
        dataset = resolve(ROWS[f'{group}_{start}_{number}'], ROOT).train_dataloader.dataset
        assert (dataset.ann_file, dataset.indices) == (
            file, labelled_choice(total, number).tolist())


@pytest.mark.parametrize('name', sorted(
    name for name in ROWS if name.split('_')[1] in ('ours', 'finetuned')))
def test_it_starts_from_the_detector_without_labels(name, tmp_path):
    cfg = resolve(ROWS[name], ROOT)
    group, start, number = name.split('_')
    scratch = resolve(ROWS[f'{group}_scratch_{number}'], ROOT)
    changed = {key for key in {*cfg, *scratch} if cfg.get(key) != scratch.get(key)}
    gently = {'optim_wrapper', 'train_cfg', 'param_scheduler'}
    assert changed == {'model', *(gently if start == 'finetuned' else ())}
    if start == 'finetuned':
        assert cfg.param_scheduler[0].T_max == cfg.train_cfg.max_iters
    detector = Config.fromfile(DETECTORS[group])
    iterations = detector.train_cfg.max_iters
    for module in (cfg.model.backbone, cfg.model.head):
        assert module.init_cfg.checkpoint == (
            f'work_dirs/{DETECTORS[group].stem}/seed_0/iter_{iterations}.pth')
    torch.manual_seed(1)
    state = {key: value + torch.rand(()) if value.is_floating_point() else value
             for key, value in MODELS.build(detector.model).state_dict().items()}
    torch.save(dict(state_dict=state), tmp_path / 'detector.pth')
    for module in (cfg.model.backbone, cfg.model.head):
        module.init_cfg.checkpoint = str(tmp_path / 'detector.pth')
    model = MODELS.build(cfg.model)
    check_pretrained(model)
    model.init_weights()
    own = model.state_dict()
    assert {key.partition('.')[0] for key in own} >= {'backbone', 'head'}
    for key, value in own.items():
        if key.startswith(('backbone.', 'head.')):
            np.testing.assert_array_equal(value, state[key], err_msg=key)
