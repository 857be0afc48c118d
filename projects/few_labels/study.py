# What are a few labels worth, from scratch and on top of the keypoints found without any?
#     python -m projects.studies projects/few_labels/study.py --table projects/few_labels/tables.md
name = 'few_labels'
groups = dict(faces="300-W faces, LFPW's 224 test faces")
metrics = ('supervised', 'baseline')
# Of the 2,012 training faces, in even steps, as projects/comparison/regress.py takes them.
_faces = {number: {'train_dataloader.dataset.indices': [
    index * 2012 // number for index in range(number)]} for number in (10, 50, 500)}
_faces[2012] = {}
# Half of the iterations, a fifth of the rate, falling from the first on.
_gently = {
    'train_cfg.max_iters': 1000, 'optim_wrapper.optimizer.lr': 2e-4,
    'param_scheduler.0.begin': 0, 'param_scheduler.0.end': 1000}
_starts = {
    'scratch': ('from scratch', 'projects/comparison/configs/supervised_faces_300w.py', {}),
    'ours': ('from ours', 'projects/few_labels/from_ours_faces.py', {}),
    'finetuned': ('from ours, gently', 'projects/few_labels/from_ours_faces.py', _gently)}
rows = [
    dict(name=f'faces_{start}_{number}', label=f'{number} labels, {label}', group='faces', seed=0,
         config=config, overrides=dict(labelled, **rates), supervised=True)
    for number, labelled in _faces.items() for start, (label, config, rates) in _starts.items()
]
