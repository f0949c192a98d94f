"""Kind ``mlm_masking``: the published draws bit by bit, and the statistics of a big sample."""

import torch

from mmxkd.models.language.mlm_masking import IGNORED, SpecialIds, mask_tokens
from mmxkd.parity.case import Case
from mmxkd.parity.report import Report

_STEPS = ["bernoulli(prob matrix)", "bernoulli(0.8 full matrix)", "bernoulli(0.5 full matrix)", "randint(vocab, full matrix)"]


def check_mlm_masking(case: Case, report: Report) -> None:
    """One seeded batch, exactly, and fractions of selected, hidden, replaced and kept tokens."""
    meta = case.meta
    special = SpecialIds(**meta["ids"])
    generator = torch.Generator().manual_seed(meta["seed"])
    tokens = torch.from_numpy(case.array("tokens"))
    masked, labels = mask_tokens(tokens, generator, meta["vocab_size"], special, meta["mlm_probability"])
    report.compare("masked", "masked", case.array("masked"), masked)
    report.compare("labels", "labels", case.array("labels"), labels)
    report.check("draw_order", "exact", meta["draw_order"], _STEPS)
    _check_statistics(case, report, special)


def _check_statistics(case: Case, report: Report, special: SpecialIds) -> None:
    """Recorded fractions and ours, each within so many binomial standard deviations of what the rule says."""
    meta, recorded = case.meta, case.meta["big_sample_statistics"]
    rows, columns = (int(word) for word in meta["big_sample"].split() if word.isdigit())
    vocab, probability, sigma = meta["vocab_size"], meta["mlm_probability"], meta["bars"]["statistics"]["sigma"]
    generator = torch.Generator().manual_seed(meta["seed"])
    fixed = {special.pad, special.cls, special.sep}
    words = torch.tensor([number for number in range(vocab) if number not in fixed])
    ids = words[torch.randint(len(words), (rows, columns), generator=generator)]
    ids[:, 0], ids[:, -1] = special.cls, special.sep
    masked, labels = mask_tokens(ids, generator, vocab, special, probability)
    selected = labels != IGNORED
    hidden, kept = (masked == special.mask) & selected, (masked == ids) & selected
    eligible, count = rows * (columns - 2), int(selected.sum())
    ours = {
        "selected_fraction": count / eligible,
        "mask_fraction": float(hidden.sum()) / count,
        "kept": float(kept.sum()) / count,
        "changed_not_mask": float((selected & ~hidden & ~kept).sum()) / count,
    }
    expected = {"selected_fraction": probability, "mask_fraction": 0.8, "kept": 0.1 + 0.1 / vocab, "changed_not_mask": 0.1 - 0.1 / vocab}
    report.check("statistics/keys", "exact", sorted(recorded), sorted(ours))
    for name, chance in expected.items():
        trials = eligible if name == "selected_fraction" else recorded["selected_fraction"] * eligible
        bar = {"atol": sigma * (chance * (1 - chance) / trials) ** 0.5}
        report.check(f"statistics/{name}/recorded", bar, chance, recorded[name])
        report.check(f"statistics/{name}/ours", bar, chance, ours[name])
    # The three outcomes exclude each other; fractions are stored in single precision.
    total = sum(recorded[name] for name in ("mask_fraction", "kept", "changed_not_mask"))
    report.check("statistics/outcomes", {"atol": 1e-7}, 1.0, total)
