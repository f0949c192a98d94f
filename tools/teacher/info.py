"""Say what stores hold: tools/teacher/info.py STORE ..."""

import argparse

from mmxkd.apis.cli import run_cli


def main() -> None:
    """Parse the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stores", nargs="+", metavar="STORE", help="folder of a store")
    args = parser.parse_args()

    from mmxkd.apis.store_info import describe_store

    for store in args.stores:
        print(describe_store(store))


if __name__ == "__main__":
    run_cli(main)
