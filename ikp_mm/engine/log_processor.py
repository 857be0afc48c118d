"""One progress line for both stages."""
from __future__ import annotations

from mmengine.runner import LogProcessor
from mmpose.registry import LOG_PROCESSORS


@LOG_PROCESSORS.register_module()
class StageLogProcessor(LogProcessor):
    """Puts the stage before MMEngine's line and into its JSON (``stage``: 1 prior, 2 gan)."""

    def get_log_after_iter(self, runner, batch_idx: int, mode: str) -> tuple[dict, str]:
        """As the parent's, with the stage of a :class:`KeypointGANTrainLoop`."""
        tag, line = super().get_log_after_iter(runner, batch_idx, mode)
        if mode == 'train':
            stage = runner.train_loop.stage
            tag['stage'] = 1 if stage == 'prior' else 2
            line = f'stage {tag["stage"]}/2 {stage}  {line}'
        return tag, line
