# What are a few labels worth, from scratch and on top of the keypoints found without any?
#     python -m projects.studies projects/few_labels/study.py --table projects/few_labels/tables.md
name = 'few_labels'
groups = dict(faces="300-W faces, LFPW's 224 test faces", mice='mice, 58 test frames')
metrics = ('supervised', 'baseline')
# Of the 2,012 training faces, in even steps, as projects/comparison/regress.py takes them.
_faces = {number: {'train_dataloader.dataset.indices': [
    index * 2012 // number for index in range(number)]} for number in (50, 500)}
_faces[2012] = {}
_scratch = 'projects/comparison/configs/supervised_faces_300w.py'
rows = [
    dict(name=f'faces_{start}_{number}', label=f'{number} labels, {label}', group='faces', seed=0,
         config=config, overrides=overrides, supervised=True)
    for number, overrides in _faces.items() for start, label, config in (
        ('scratch', 'from scratch', _scratch),
        ('finetuned', 'from ours', 'projects/few_labels/finetuned_faces.py'))
] + [
    dict(name='mouse_scratch_58', label='58 labels, from scratch', group='mice', seed=0,
         config='projects/mouse/supervised.py', overrides={}, supervised=True),
    dict(name='mouse_finetuned_58', label='58 labels, from ours', group='mice', seed=0,
         config='projects/few_labels/finetuned_mouse.py', overrides={}, supervised=True),
]
