# What every run shares. The entries are MMPose's; the differences are commented.
custom_imports = dict(imports=['ikp_mm'], allow_failed_imports=False)
default_scope = 'mmpose'

default_hooks = dict(
    # ETA of the current stage: the two differ tens of times in speed.
    timer=dict(type='StageTimerHook'),
    # Validations are logged at their iteration: an iteration-based run has one epoch, 0.
    logger=dict(type='LoggerHook', interval=25, log_metric_by_epoch=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    # Written to a temporary name, then renamed. save_best needs no label.
    checkpoint=dict(
        type='CheckpointHook', by_epoch=False, interval=500, max_keep_ckpts=2,
        save_best='label_free/score', rule='greater',
        backend_args=dict(backend='atomic_local')),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    training_state=dict(type='TrainingStateHook'),
    # SIGTERM and Ctrl-C save first; NaN stops the run before it is saved.
    save_on_signal=dict(type='SaveOnSignalHook'),
    finite_training=dict(type='FiniteTrainingHook'))

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))
# The GAN takes three optimizer steps an iteration: MMDistributedDataParallel cannot.
# With its scope: here the Runner asks MMEngine's own registry, which does not look into MMPose's.
model_wrapper_cfg = dict(type='mmpose.BroadcastModelWrapper')

vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(type='PoseLocalVisualizer', vis_backends=vis_backends, name='visualizer')

log_processor = dict(type='StageLogProcessor', window_size=25, by_epoch=False)
log_level = 'INFO'
load_from = None
resume = False
# Every draw follows from this number.
randomness = dict(seed=0)
