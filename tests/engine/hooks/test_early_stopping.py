from types import SimpleNamespace

from mmengine.logging import MessageHub

from mmxkd.engine.hooks.early_stopping import ResumableEarlyStoppingHook


def make_runner(name):
    loop = SimpleNamespace(stop_training=False)
    return SimpleNamespace(message_hub=MessageHub.get_instance(name), train_loop=loop, logger=SimpleNamespace(info=print))


def validate(hook, runner, values):
    for value in values:
        hook.after_val_epoch(runner, {"top1": value})
    return runner.train_loop.stop_training


def test_patience_outlives_a_restart():
    def make_hook():
        return ResumableEarlyStoppingHook("top1", patience=3, min_delta=0.01)

    first = make_runner("early-a")
    assert not validate(make_hook(), first, [0.5, 0.4, 0.4])
    second = make_runner("early-b")
    second.message_hub.load_state_dict(first.message_hub.state_dict())
    hook = make_hook()
    hook.before_train(second)
    assert validate(hook, second, [0.4])
    fresh = make_hook()
    third = make_runner("early-c")
    fresh.before_train(third)
    assert not validate(fresh, third, [0.4])
