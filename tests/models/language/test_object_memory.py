from types import SimpleNamespace

import pytest
import torch

from mmxkd.errors import ConfigError
from mmxkd.models.language.object_memory import ActionTable, ObjectMemoryAnticipator, age_steps
from mmxkd.structures import DataSample

# take/put/wash x pan/tap; the last action has no noun.
VERBS, NOUNS = [0, 1, 2, 0, 1, 2], [0, 0, 0, 1, 1, -1]


def model(**options):
    torch.manual_seed(0)
    preprocessor = dict(type="TextPreprocessor", ids_key="actions", pad_id=6, vocab_size=6, allow_empty=True)
    net = ObjectMemoryAnticipator(6, 3, 2, width=8, hidden=10, recent=4, data_preprocessor=preprocessor, **options)
    net.learn_from(SimpleNamespace(metainfo={"action_verb": VERBS, "action_noun": NOUNS}))
    return net.eval()


def inputs(net, *histories, gap=None):
    texts = [{"actions": torch.tensor(ids, dtype=torch.int64)} for ids in histories]
    for number, text in enumerate(texts):
        if gap is not None:
            text["since_stop"] = torch.tensor([9.0] * len(text["actions"]))
            text["since_stop"][-1:] = gap[number]
    return net.data_preprocessor({"inputs": texts, "data_samples": None})["inputs"]


def test_a_sample_does_not_depend_on_the_padding_of_its_batch():
    net = model()
    torch.nn.init.normal_(net.memory.recent)
    torch.nn.init.normal_(net.memory.last_done)
    torch.nn.init.normal_(net.memory.noun_age)
    histories = [[0, 3], [], [1, 2, 5, 4, 0, 3, 2]]
    together = net(inputs(net, *histories))
    for row, history in zip(together, histories, strict=True):
        torch.testing.assert_close(net(inputs(net, history))[0], row)


def test_memory_tables_speak_of_the_right_objects():
    net = model()
    for part in net.memory.parameters():
        torch.nn.init.zeros_(part)
    batch = inputs(net, [0, 3, 2])  # take pan, take tap, wash pan
    base = net.extract(batch, None, {"logits"})["logits"][0]
    with torch.no_grad():
        net.memory.last_done[2, 1] = 5.0  # after washing something, put it
        net.memory.recent[1, 0, 1] = 3.0  # two segments ago taken: put it
        net.memory.noun_age[2] = 0.5  # things touched two segments ago
    change = net.extract(batch, None, {"logits"})["logits"][0] - base
    # Of put pan (1): last done to the pan is washing. Of put tap (4): taken two segments ago.
    torch.testing.assert_close(change, torch.tensor([0, 5.0, 0, 0.5, 3.5, 0]))


def test_ages_step_one_by_one_then_by_octaves():
    ages = torch.tensor([1, 2, 6, 7, 12, 24, 10**5, 10**6])
    assert age_steps(ages, 12).tolist() == [1, 2, 6, 7, 8, 9, 11, 0]


def test_the_time_since_the_last_action():
    net = model(use_gap=True)
    histories = [[0, 3], [0, 3], []]
    logits = net(inputs(net, *histories, gap=[0.1, 10.0, 0.0]))
    assert not torch.allclose(logits[0], logits[1])
    torch.testing.assert_close(net(inputs(net, [0, 3], gap=[10.0]))[0], logits[1])


def test_an_example_can_be_counted():
    net = model(use_gap=True)
    assert net(net.example_inputs()).shape == net(net.example_inputs((9,))).shape == (1, 6)


def test_every_parameter_learns():
    net = model(use_gap=True).train()
    rows = [DataSample(gt_label=torch.tensor(label)) for label in (1, 4)]
    net(inputs(net, [0, 3, 2], [], gap=[1.0, 1.0]), rows, mode="loss")["loss_action"].backward()
    assert all(parameter.grad is not None for parameter in net.parameters())


def test_the_table_of_actions_travels_with_the_weights():
    net, other = model(), ObjectMemoryAnticipator(6, 3, 2, width=8, hidden=10, recent=4)
    other.load_state_dict(net.state_dict())
    assert other.table.noun.tolist() == [0, 0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(("part", "values"), [("verb", [0, 1]), ("noun", [0, 1, 2, 0, 0, 0])])
def test_another_data_set_is_refused(part, values):
    with pytest.raises(ConfigError, match=f"6 actions over . {part}s"):
        ActionTable(6, 3, 2).fill(part, values)
