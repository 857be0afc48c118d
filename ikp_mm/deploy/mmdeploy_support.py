"""What MMDeploy 1.3.1 needs to export these models; ``codebase_config.module`` names this file.

Imported by MMDeploy itself, so that its own ``tools/deploy.py`` works too. Three mends, by
MMDeploy's means: its call of ``torch.onnx.export`` asks for the TorchScript exporter; the box
padding of the SDK's pipeline, which it writes as 1.25 whatever the configuration says, is that of
the test pipeline; and that pipeline cuts boxes out by the stock ``TopdownAffine``, the one that
the SDK knows (it interpolates linearly: boxes larger than the network's input alias).
"""
from __future__ import annotations

import copy

from mmdeploy.codebase.mmpose.deploy.pose_detection import MMPOSE_TASK, PoseDetection
from mmdeploy.core import FUNCTION_REWRITER
from mmdeploy.utils import Task
from mmengine.config import Config

from ikp_mm.datasets.area_topdown_affine import STOCK, with_crop_step

from .onnx_file import LEGACY_EXPORTER
from .stock_config import box_padding


@FUNCTION_REWRITER.register_rewriter('torch.onnx.export')
def torch_onnx_export(*args, **kwargs):
    """``torch.onnx.export``, TorchScript's."""
    context = FUNCTION_REWRITER.get_context()
    return context.origin_func(*args, **{**kwargs, **LEGACY_EXPORTER})


@MMPOSE_TASK.register_module(name=Task.POSE_DETECTION.value, force=True)
class PaddedPoseDetection(PoseDetection):
    """The stock task, with the configuration's own padding in the SDK's pipeline."""

    def __init__(self, model_cfg: Config, deploy_cfg: Config, device: str) -> None:
        model_cfg = copy.deepcopy(model_cfg)
        dataset = model_cfg.test_dataloader.dataset
        dataset.pipeline = with_crop_step(dataset.pipeline, STOCK)
        super().__init__(model_cfg, deploy_cfg, device)

    def get_preprocess(self, *args, **kwargs) -> list[dict]:
        """Transforms of ``pipeline.json``."""
        transforms = super().get_preprocess(*args, **kwargs)
        for step in transforms:
            if step['type'] == 'TopDownGetBboxCenterScale':
                step['padding'] = box_padding(self.model_cfg)
        return transforms
