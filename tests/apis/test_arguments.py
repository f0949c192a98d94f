import pytest
from engine_toys import ToyNet
from mmengine.hooks import CheckpointHook

from mmxkd.apis.arguments import accepted_arguments, find_problems
from mmxkd.engine.optim.schedules import WarmupStepLR


class Base:
    def __init__(self, a, *, b=1):
        pass


class Child(Base):
    def __init__(self, c, **kwargs):
        super().__init__(**kwargs)


class Heir(Child):
    pass


class Open:
    def __init__(self, **kwargs):
        pass


def test_accepted_arguments_follow_kwargs_through_the_parents():
    assert accepted_arguments(Base) == {"a", "b"}
    assert accepted_arguments(Heir) == {"a", "b", "c"}
    assert accepted_arguments(Open) is None
    assert accepted_arguments(CheckpointHook) is None
    assert accepted_arguments(lambda x, y=1: None) == {"x", "y"}
    assert "decay_rate" in accepted_arguments(WarmupStepLR)
    assert accepted_arguments(ToyNet) == {"width", "classes", "dropout", "init_cfg"}


@pytest.mark.parametrize(
    ("cfg", "expected"),
    [
        (
            dict(model=dict(type="ToyNet", widht=3)),
            "model.widht: ToyNet takes no such argument; did you mean 'width'? Accepted: classes, dropout",
        ),
        (dict(model=dict(type="ToyNett")), "model.type='ToyNett' is not registered as model; did you mean 'ToyNet'?"),
        (
            dict(model=dict(type="ToyDistiller", student=dict(type="ToyNet", classe=3), teacher=None)),
            "model.student.classe: ToyNet takes no such argument; did you mean 'classes'?",
        ),
        (
            dict(train_cfg=dict(type="EpochLoop", max_epoch=3)),
            "train_cfg.max_epoch: EpochLoop takes no such argument; did you mean 'max_epochs'?",
        ),
        (dict(train_dataloader=dict(batchsize=3)), "train_dataloader.batchsize: no such setting; did you mean 'batch_size'?"),
        (
            dict(train_dataloader=dict(dataset=dict(type="VideoDataset", ann_file="x", pipeline=[dict(type="SampleFrames", clips=8)]))),
            "train_dataloader.dataset.pipeline[0].clips: SampleFrames takes no such argument",
        ),
        (
            dict(train_dataloader=dict(dataset=dict(type="VideoDataset", ann_file="x", pipeline=[dict(type="mmaction.Resize", scal=8)]))),
            "train_dataloader.dataset.pipeline[0].scal: Resize takes no such argument; did you mean 'scale'?",
        ),
        (
            dict(default_hooks=dict(broken_videos=dict(type="BrokenVideoHook", share=0.1, priority="LOW"))),
            "default_hooks.broken_videos.share: BrokenVideoHook takes no such argument; did you mean 'max_share'?",
        ),
        (dict(custom_hooks=[dict(type="NoHook")]), "custom_hooks[0].type='NoHook' is not registered as hook"),
        (dict(optim_wrapper=dict(optimizer=dict(type="SGD", learning_rate=1))), "optim_wrapper.optimizer.learning_rate: SGD takes no such"),
        (
            dict(optim_wrapper=dict(accumulate=2, constructor="DecayByShapeConstructor")),
            "optim_wrapper.accumulate: OptimWrapper takes no such",
        ),
        (
            dict(param_scheduler=[dict(type="WarmupStepLR", convert_to_iter_based=True, warm_epochs=2)]),
            "param_scheduler[0].warm_epochs: WarmupStepLR takes no such argument; did you mean 'warmup_epochs'?",
        ),
        (dict(randomness=dict(sead=1)), "randomness.sead: no such setting; did you mean 'seed'?"),
        (dict(env_cfg=dict(mp_cfg=dict(start=1))), "env_cfg.mp_cfg.start: no such setting"),
        (dict(val_cfg=dict(fp_16=True)), "val_cfg.fp_16: ValLoop takes no such argument; did you mean 'fp16'?"),
    ],
)
def test_problems_are_named_with_key_and_suggestion(cfg, expected):
    problems = find_problems(cfg)
    assert len(problems) == 1
    assert problems[0].startswith(expected)


def test_what_is_right_is_no_problem():
    assert not find_problems(
        dict(
            model=dict(type="ToyNet", width=4),
            optim_wrapper=dict(clip_grad=dict(type="norm", max_norm=1.0), paramwise_cfg=dict(published_no_decay=True)),
            param_scheduler=dict(type="WarmupStepLR", convert_to_iter_based=True, warmup_epochs=2, decay_epochs=30, start_factor=0.1),
            custom_hooks=[dict(type="EMAHook", momentum=0.1, priority="NORMAL")],
            train_dataloader=dict(batch_size=2, num_workers=1, persistent_workers=True, collate_fn=dict(type="pseudo_collate")),
            visualizer=dict(type="Visualizer", vis_backends=[dict(type="LocalVisBackend")]),
            val_cfg=dict(),
        )
    )


def test_hugging_face_models_inside_the_adapter():
    foreign = dict(type="transformers.VideoMAEForVideoClassification", config=dict(num_labels=3))
    model = dict(type="ForeignModel", model=foreign, keys=dict(logits="output.logits"))
    assert find_problems(dict(model=model)) == []
    foreign["pretraned"] = "dir"
    assert "did you mean 'pretrained'" in find_problems(dict(model=model))[0]
    assert "not registered" in find_problems(dict(model={**model, "model": dict(type="transformers.Nothing")}))[0]
