# How far one run can be trusted, and whether another schedule of its cost is safer.
#     python -m projects.studies projects/seeds/study.py --table projects/seeds/tables.md
name = 'seeds'
groups = dict(default='configs/ikp_synthetic_without_figures.py (900 iterations of stage two)',
              shorter='Stage one halved (500), stage two longer (1250)')
metrics = ('direct', 'flip_aware', 'baseline', 'oracle')


def _schedule(pretrain, begin, end):
    """Overrides: ``pretrain`` iterations of eta alone; rates fall from ``begin`` to ``end``."""
    decay = dict(begin=begin, end=end, T_max=end - begin)
    return {
        'train_cfg.pretrain_iters': pretrain,
        'train_cfg.val_begin': pretrain + 150,
        'train_cfg.max_iters': end,
        'param_scheduler.translator.0': decay,
        'param_scheduler.discriminator.0': decay,
        'param_scheduler.head.0.end': end,
        'param_scheduler.head.0.milestones': [pretrain],
        'param_scheduler.head.1': decay,
    }


rows = [
    dict(name=f'default_{seed}', label=f'seed {seed}', group='default',
         config='configs/ikp_synthetic_without_figures.py', overrides={}, seed=seed)
    for seed in range(4)
] + [
    dict(name=f'shorter_{seed}', label=f'seed {seed}', group='shorter',
         config='configs/ikp_synthetic_without_figures.py',
         overrides=_schedule(500, 1100, 1750), seed=seed)
    for seed in (0, 2)
]
