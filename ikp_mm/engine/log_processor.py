"""One progress line for both stages."""
from __future__ import annotations

import resource

import torch
from mmengine.runner import LogProcessor
from mmpose.registry import LOG_PROCESSORS

# Values of each scalar that are kept in memory and in checkpoints. MMEngine's million is copied at
# every iteration, longer each time.
HISTORY = 1000


@LOG_PROCESSORS.register_module()
class StageLogProcessor(LogProcessor):
    """Puts the stage before MMEngine's line and into its JSON (``stage``: 1 prior, 2 gan).

    Without a GPU, whose memory MMEngine logs, it adds the process's peak memory in MB.

    Of each scalar the last thousand values are kept, or ``window_size`` if that is more; all of them
    where ``custom_cfg`` asks for a window that is no number ('global', 'epoch').
    """

    def get_log_after_iter(self, runner, batch_idx: int, mode: str) -> tuple[dict, str]:
        """As the parent's, with the stage of a :class:`KeypointGANTrainLoop`."""
        tag, line = super().get_log_after_iter(runner, batch_idx, mode)
        windows = [self.window_size, *(entry.get('window_size', 1) for entry in self.custom_cfg)]
        if all(isinstance(window, int) for window in windows):
            for buffer in runner.message_hub.log_scalars.values():
                buffer.max_length = max(HISTORY, *windows)
        if mode == 'train':
            stage = runner.train_loop.stage
            tag['stage'] = 1 if stage == 'prior' else 2
            line = f'stage {tag["stage"]}/2 {stage}  {line}'
            if not torch.cuda.is_available():
                # ru_maxrss is in kilobytes on Linux.
                tag['memory'] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                line += f'  memory: {tag["memory"]}'
        return tag, line
