"""FLOPs. MMEngine counts a multiplication with its addition once."""
import re

import pytest
import torch
from mmengine.analysis import FlopAnalyzer, get_model_complexity_info
from mmpose.registry import MODELS

from tiny_run import tiny_config


def conv(kernel: int, narrow: int, wide: int, side: int) -> int:
    """Multiplications of one convolution whose output is ``side`` x ``side``."""
    return kernel**2 * narrow * wide * side**2


# Of tiny_run's networks: 32 px images, 16 px skeletons, base width 4.
PHI = (conv(7, 3, 4, 32) + conv(3, 4, 4, 32)          # full resolution
       + conv(3, 4, 8, 16) + conv(3, 8, 8, 16)        # half
       + conv(3, 8, 16, 8) + conv(3, 16, 16, 8)       # quarter
       + 2 * conv(3, 16, 16, 8)                       # bottleneck
       + conv(1, 16 + 8, 16, 16) + conv(3, 16, 8, 16)  # merge with the skip, refine
       + conv(3, 8, 1, 16))                           # y
ETA = (conv(7, 1, 4, 16) + conv(3, 4, 4, 16)
       + conv(3, 4, 8, 8) + conv(3, 8, 8, 8)
       + conv(3, 8, 16, 4) + conv(3, 16, 16, 4)
       + conv(1, 16, 17, 4))                          # 17 heatmaps
# Elements times MMEngine's count for one: 2 in a batch norm at test time, 4 in an instance norm
# without affine, 4 in a bilinear interpolation.
BATCH_NORM = 2 * (2 * 4 * 32**2 + 2 * 8 * 16**2 + 4 * 16 * 8**2 + 8 * 16**2)
INSTANCE_NORM = 4 * (2 * 4 * 16**2 + 2 * 8 * 8**2 + 2 * 16 * 4**2)
UPSAMPLE = 4 * 16 * 16**2


@pytest.fixture
def estimator(tmp_path):
    """As MMPose's tool prepares it: ``forward`` is Phi and eta."""
    model = MODELS.build(tiny_config(tmp_path).model.to_dict()).eval()
    model.forward = model._forward
    return model


def test_counts_by_hand(estimator):
    counts = FlopAnalyzer(estimator, torch.zeros(1, 3, 32, 32))
    counts.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    parts = counts.by_module_and_operator()
    assert parts['backbone']['conv'] == PHI == 1_898_496
    assert parts['head']['conv'] == ETA == 201_984
    assert counts.by_operator() == dict(conv=PHI + ETA, batch_norm=BATCH_NORM,
                                        instance_norm=INSTANCE_NORM, upsample_bilinear2d=UPSAMPLE)


def test_complexity_info(estimator):
    info = get_model_complexity_info(estimator, (3, 32, 32), show_table=False, show_arch=False)
    assert info['flops'] == PHI + ETA + BATCH_NORM + INSTANCE_NORM + UPSAMPLE
    # Parameters are counted of everything that the checkpoint holds, Psi and D too.
    assert info['params'] == sum(p.numel() for p in estimator.parameters())
    trained = sum(p.numel() for part in (estimator.backbone, estimator.head)
                  for p in part.parameters())
    assert info['params'] > trained


def test_get_flops_tool(tiny_run, stock_tool, capsys):
    """It builds the model from the config alone, so MMPose falls back to COCO's names."""
    with pytest.warns(UserWarning, match='Use COCO metainfo by default'):
        stock_tool('analysis_tools/get_flops.py', tiny_run.config, '--input-shape', 32)
    said = capsys.readouterr().out
    assert re.search(r'Input shape: \(1, 3, 32, 32\)\nFlops: 2\.168M\n', said), said[:500]
