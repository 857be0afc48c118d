# The released recipe: Adam 2e-4, beta1 0.5, constant, batch 16, clip 1.0 for each optimizer.
# Stage one is ours: the release never published how eta was pre-trained.
train_cfg = dict(
    type='KeypointGANTrainLoop', pretrain_iters=20000, max_iters=320000, val_interval=5000,
    val_begin=25000)
adam = dict(type='Adam', lr=2e-4, betas=(0.5, 0.999))
optim_wrapper = dict(
    constructor='NamedOptimWrapperConstructor',
    translator=dict(
        modules=['backbone', 'generator'], optimizer=adam, clip_grad=dict(max_norm=1.0)),
    discriminator=dict(
        modules=['discriminator'], optimizer=adam, clip_grad=dict(max_norm=1.0)),
    head=dict(modules=['head'], optimizer=adam, clip_grad=dict(max_norm=1.0)))
auto_scale_lr = dict(enable=False, base_batch_size=16)
