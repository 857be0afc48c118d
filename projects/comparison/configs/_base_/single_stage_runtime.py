# default_runtime.py for one optimizer in MMEngine's own loop: its timer and log line.
_base_ = ['../../../../configs/_base_/default_runtime.py']
custom_imports = dict(
    imports=['ikp_mm', 'projects.comparison.models', 'projects.comparison.regressed_metric'],
    allow_failed_imports=False)
default_hooks = dict(
    _delete_=True,
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=25, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # The last one counts: there is no label-free score here, and labels may not choose.
    checkpoint=dict(
        type='CheckpointHook', by_epoch=False, interval=500, max_keep_ckpts=1,
        backend_args=dict(backend='atomic_local')),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    plain_checkpoint=dict(type='PlainCheckpointHook'))
log_processor = dict(_delete_=True, type='LogProcessor', window_size=25, by_epoch=False)
