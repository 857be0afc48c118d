# Stage one: eta on the prior alone. Stage two: the GAN, eta fine-tuned beside it.
train_cfg = dict(
    type='KeypointGANTrainLoop', pretrain_iters=1000, max_iters=2500, val_interval=250,
    val_begin=1250)
adam = dict(type='Adam', lr=5e-4, betas=(0.5, 0.999))
optim_wrapper = dict(
    constructor='NamedOptimWrapperConstructor',
    translator=dict(
        modules=['backbone', 'generator'], optimizer=adam, clip_grad=dict(max_norm=1.0)),
    discriminator=dict(
        modules=['discriminator'], optimizer=adam, clip_grad=dict(max_norm=1.0)),
    head=dict(modules=['head'], optimizer=adam, clip_grad=dict(max_norm=1.0)))
auto_scale_lr = dict(enable=False, base_batch_size=16)
