"""What MMDeploy 1.3.1 needs to export these models; ``codebase_config.module`` names this file.

Imported by MMDeploy itself, so that its own ``tools/deploy.py`` works too. Two mends, both by
MMDeploy's means: its call of ``torch.onnx.export`` asks for the TorchScript exporter, and the box
padding of the SDK's pipeline, which it writes as 1.25 whatever the configuration says, is that of
the test pipeline.
"""
from __future__ import annotations

from mmdeploy.codebase.mmpose.deploy.pose_detection import MMPOSE_TASK, PoseDetection
from mmdeploy.core import FUNCTION_REWRITER
from mmdeploy.utils import Task

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

    def get_preprocess(self, *args, **kwargs) -> list[dict]:
        """Transforms of ``pipeline.json``."""
        transforms = super().get_preprocess(*args, **kwargs)
        for step in transforms:
            if step['type'] == 'TopDownGetBboxCenterScale':
                step['padding'] = box_padding(self.model_cfg)
        return transforms
