import json

import numpy as np
import pytest
import torch
from torch import nn

from ikp_mm.inference import load_predictor
from tiny_checkpoint import save_tiny

onnx = pytest.importorskip('onnx')
pytest.importorskip('onnxruntime')

SAID = dict(version=1, input_size=[16, 16], mean=[100, 110, 120], std=[50, 60, 70],
            bgr_to_rgb=True, padding=1.0, skeleton=dict(
                name='mouse4', joints=['snout', 'leftear', 'rightear', 'tailbase'],
                edges=[['snout', 'leftear'], ['snout', 'rightear']]))


class Detector(nn.Module):

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, images):
        return self.model.head(self.model.extract_feat(images))


def export(path, module, said=SAID, batch=None, outputs=('output', )):
    """``module`` as an ONNX file; ``batch`` None leaves the batch size free."""
    torch.onnx.export(module.eval(), torch.zeros(batch or 2, 3, 16, 16), str(path), dynamo=False,
                      input_names=['input'], output_names=list(outputs),
                      dynamic_axes=None if batch else {'input': {0: 'batch'}})
    if said is not None:
        graph = onnx.load(str(path))
        graph.metadata_props.add(key='ikp_mm', value=json.dumps(said))
        onnx.save(graph, str(path))
    return path


class Corners(nn.Module):
    """The same four fractions for every image, scores the joints' numbers."""

    def forward(self, images):
        zero = images.mean(dim=(1, 2, 3))[:, None] * 0
        corners = torch.tensor([[0., 0.], [1., 0.], [0.5, 0.5], [0., 1.]])
        return zero[..., None] + corners, zero + torch.tensor([0., 0.25, 0.5, 1.])


def images(count):
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (40, 50, 3), dtype=np.uint8) for _ in range(count)]


SQUARES = np.array([[20, 20, 30], [10.5, 30.25, 41.7], [3, 3, 9.5]])


@pytest.mark.parametrize('batch', [None, 1, 2])
def test_onnx_equals_the_checkpoint(tmp_path, batch):
    ours = load_predictor(save_tiny(tmp_path / 'full.pth'))
    theirs = load_predictor(export(tmp_path / 'model.onnx', Detector(ours.model), batch=batch))
    first, second = (p.predict(images(3), SQUARES) for p in (ours, theirs))
    assert np.abs(first.keypoints - second.keypoints).max() < 1e-4
    assert not theirs.has_scores and np.all(second.scores == 1) and second.scores.shape == (3, 4)
    assert theirs.skeleton.joints == ours.skeleton.joints and theirs.input_size == (16, 16)


def test_fractions_become_pixels_of_the_image_and_scores_are_taken(tmp_path):
    predictor = load_predictor(export(tmp_path / 'corners.onnx', Corners(),
                                      outputs=('output', 'keypoint_scores')))
    found = predictor.predict(images(1), np.array([[20, 16, 10]]))
    # The box is [15, 25] x [11, 21].
    assert np.allclose(found.keypoints[0], [[15, 11], [25, 11], [20, 16], [15, 21]], atol=1e-5)
    assert predictor.has_scores and np.allclose(found.scores[0], [0, 0.25, 0.5, 1])


def test_foreign_file_is_refused(tmp_path):
    path = export(tmp_path / 'foreign.onnx', Corners(), said=None)
    with pytest.raises(ValueError, match='foreign.onnx is a foreign ONNX file.*tools/export.py'):
        load_predictor(path)


def test_metadata_that_lacks_something_or_disagrees_with_the_graph(tmp_path):
    path = export(tmp_path / 'old.onnx', Corners(),
                  {key: value for key, value in SAID.items() if key != 'std'})
    with pytest.raises(ValueError, match=r"lacks \['std'\]"):
        load_predictor(path)
    path = export(tmp_path / 'wide.onnx', Corners(), {**SAID, 'input_size': [32, 16]})
    with pytest.raises(ValueError, match=r"takes images of 32 x 16, but its input 'input' is"):
        load_predictor(path)


def test_files_that_are_no_onnx(tmp_path):
    with pytest.raises(FileNotFoundError, match='none.onnx does not exist'):
        load_predictor(tmp_path / 'none.onnx')
    (tmp_path / 'text.onnx').write_text('not a graph')
    with pytest.raises(ValueError, match='text.onnx cannot be opened as an ONNX model'):
        load_predictor(tmp_path / 'text.onnx')
