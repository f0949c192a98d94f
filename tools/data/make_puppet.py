"""Make a puppet world: short videos of acting stick figures in the layout of UCF101.

python tools/data/make_puppet.py data/puppet
"""

import argparse
import sys
from pathlib import Path

from mmxkd.datasets.puppet.ucf_layout import write_world
from mmxkd.datasets.puppet.world import PuppetWorld
from mmxkd.errors import UserError


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="folder to write: videos/, splits/ and puppet.json")
    default = PuppetWorld()
    parser.add_argument("--train-groups", type=int, default=default.train_groups, help="people of the training split (%(default)s)")
    parser.add_argument("--test-groups", type=int, default=default.test_groups, help="people of the test split (%(default)s)")
    parser.add_argument("--clips", type=int, default=default.clips, help="clips per person and class (%(default)s)")
    parser.add_argument("--classes", type=int, default=default.classes, help="number of classes, from the first (%(default)s)")
    parser.add_argument("--frames", type=int, default=default.frames, help="frames per clip, 12 a second (%(default)s)")
    parser.add_argument("--size", type=int, default=default.size, help="height and width in pixels, a multiple of 32 (%(default)s)")
    parser.add_argument("--seed", type=int, default=default.seed, help="same seed, same bytes (%(default)s)")
    parser.add_argument("--labelled-groups", type=int, default=default.labelled_groups, help="people in labelled.txt (%(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="processes (%(default)s)")
    parser.add_argument("--force", action="store_true", help="replace the puppet world that is there")
    return parser.parse_args()


def main() -> int:
    """Write the world and say what was done."""
    settings = vars(parse_args())
    out, workers, force = (settings.pop(name) for name in ("out", "workers", "force"))
    try:
        world = PuppetWorld(**settings)
        written = write_world(world, out, workers, force)
    except UserError as error:
        print(f"make_puppet: {error}", file=sys.stderr)
        return 2
    number = {split: len(world.scripts(split)) for split in ("train", "test", "labelled")}
    verb = "written to" if written else "already complete in"
    print(f"{number['train']} training clips ({number['labelled']} labelled) and {number['test']} test clips {verb} {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
