import sys

import numpy as np
import pytest
import torch
from torch import nn

from ikp_mm.inference.onnx_graph import OnnxGraph, require_onnxruntime

onnx = pytest.importorskip('onnx')
pytest.importorskip('onnxruntime')


class Means(nn.Module):
    """Mean and largest value of each image."""

    def forward(self, images):
        return images.mean(dim=(1, 2, 3)), images.amax(dim=(1, 2, 3))


def export(path, batch):
    torch.onnx.export(Means(), torch.zeros(batch or 2, 3, 4, 4), str(path), dynamo=False,
                      input_names=['input'], output_names=['mean', 'largest'],
                      dynamic_axes=None if batch else {'input': {0: 'batch'}})
    return path


@pytest.mark.parametrize('batch', [None, 1, 2, 7])
def test_any_number_of_images_through_a_graph_of_any_batch_size(tmp_path, batch):
    graph = OnnxGraph(export(tmp_path / 'a.onnx', batch), threads=1)
    assert graph.batch_size == batch and graph.output_names == ['mean', 'largest']
    images = np.random.default_rng(0).random((5, 3, 4, 4), np.float32)
    mean, largest = graph(images)
    np.testing.assert_allclose(mean, images.mean(axis=(1, 2, 3)), rtol=1e-5)
    np.testing.assert_array_equal(largest, images.max(axis=(1, 2, 3)))


def test_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    with pytest.raises(ImportError, match='pip install onnxruntime'):
        require_onnxruntime()
