"""What every command line shares."""

import os
import sys
from collections.abc import Callable

from mmxkd.errors import UserError

USER_ERROR_EXIT = 2


def run_cli(main: Callable[[], None]) -> None:
    """Run a command; errors that are the user's to mend become one line on stderr (of rank 0) and exit status 2."""
    try:
        main()
    except UserError as error:
        if os.environ.get("RANK", "0") == "0":
            print(f"error: {error}", file=sys.stderr)
        sys.exit(USER_ERROR_EXIT)
    except KeyboardInterrupt:
        sys.exit(130)
