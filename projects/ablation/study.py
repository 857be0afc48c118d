# What each part is worth on people on a wall (projects/weizmann): each row turns one switch.
#     python -m projects.studies projects/ablation/study.py --table projects/ablation/tables.md
name = 'ablation'
groups = dict(weizmann='People on a wall, 40 test frames of other actors')
metrics = ('direct', 'flip_aware', 'baseline')
_switches = {
    'the recipe': {},
    'no bottleneck: Psi draws from y': {
        'model.type': 'ImageTranslation',
        'custom_imports.imports': ['ikp_mm', 'projects.ablation.image_translation']},
    'no D': {'model.loss_gan.loss_weight': 0.0},
    'no stage one': {'train_cfg.pretrain_iters': 0, 'param_scheduler.head.0.milestones': [1]},
    'eta as stage one left it': {
        'param_scheduler.head.0.gamma': 0.0, 'param_scheduler.head.1.eta_min_ratio': 0.0},
    'pixels alone in the reconstruction': {'model.loss_reconstruction.channels': []},
    "the paper's fall-off, exp(-d)": {
        'model.head.renderer.falloff': 'exponential', 'model.head.renderer.sigma': 0.2},
    'nothing masked': {'train_dataloader.dataset.mask': []},
    'no equivariance': {'model.equivariance': None},
    'no painted figures': {'model.figures': None},
    'Phi does not wait': {'train_cfg.warm_up_iters': 0},
    'own side alone': {'model.loss_prior.either_side_from': None},
}
rows = [
    dict(name=f'weizmann_{number:02}_{seed}', label=f'{label}, seed {seed}', group='weizmann',
         config='projects/weizmann/ikp_weizmann.py', overrides=overrides, seed=seed)
    for seed in range(3) for number, (label, overrides) in enumerate(_switches.items())
]
