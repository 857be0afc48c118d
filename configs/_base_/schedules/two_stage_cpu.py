# Stage one: eta on the prior alone, 1000 iterations. Stage two: the GAN, 1200 iterations, the
# learning rates falling to a fiftieth over the last 700.
train_cfg = dict(
    type='KeypointGANTrainLoop', pretrain_iters=1000, max_iters=2200, val_interval=200,
    val_begin=1200)
adam = dict(type='Adam', lr=5e-4, betas=(0.5, 0.999))
optim_wrapper = dict(
    constructor='NamedOptimWrapperConstructor',
    translator=dict(
        modules=['backbone', 'generator'], optimizer=adam, clip_grad=dict(max_norm=1.0)),
    discriminator=dict(
        modules=['discriminator'], optimizer=adam, clip_grad=dict(max_norm=1.0)),
    head=dict(
        modules=['head'], optimizer=dict(type='Adam', lr=1e-3, betas=(0.5, 0.999)),
        clip_grad=dict(max_norm=1.0)))
decay = dict(
    type='CosineAnnealingLR', by_epoch=False, begin=1500, end=2200, T_max=700,
    eta_min_ratio=0.02)
param_scheduler = dict(
    translator=[decay],
    discriminator=[decay],
    head=[dict(type='MultiStepLR', by_epoch=False, end=2200, milestones=[1000], gamma=0.5), decay])
auto_scale_lr = dict(enable=False, base_batch_size=16)
