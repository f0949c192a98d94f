"""What every command line shares."""

import gc
import logging
import os
import sys
import time
from collections.abc import Callable

from mmxkd.apis.memory import keep_freed_memory
from mmxkd.errors import PreemptedError, UserError, explain_import_error

USER_ERROR_EXIT = 2
#: What a shell reports of a process that SIGTERM ended.
PREEMPTED_EXIT = 143
#: How long other processes leave the word to rank 0, which has usually met the same error; torchrun stops them meanwhile.
_PATIENCE = 3.0


def run_cli(main: Callable[[], None]) -> None:
    """Run a command; errors that are the user's to mend become one message on stderr and exit status 2.

    Of several processes rank 0 prints it, or the one that met it alone.
    """
    status = 0
    keep_freed_memory()
    try:
        main()
    except UserError as error:
        status = PREEMPTED_EXIT if isinstance(error, PreemptedError) else USER_ERROR_EXIT
        if os.environ.get("RANK", "0") != "0":
            time.sleep(_PATIENCE)
        print(f"{'' if status == PREEMPTED_EXIT else 'error: '}{describe(error)}", file=sys.stderr)
    except ImportError as error:
        reason = explain_import_error(error)
        if reason is None:
            raise
        status = USER_ERROR_EXIT
        print(f"error: {reason}", file=sys.stderr)
    except KeyboardInterrupt:
        status = 130
    if "RANK" in os.environ:
        _leave(status)
    if status:
        sys.exit(status)


def describe(error: UserError) -> str:
    """Return the message of ``error``; of one that a data loader's worker met, without the traceback torch puts around it."""
    text = str(error)
    if not text.startswith("Caught ") or "Traceback" not in text:
        return text
    return text.rstrip().rpartition(f"{type(error).__name__}: ")[2]


def _leave(status: int) -> None:
    """End a process of a distributed run at once.

    While the interpreter shuts down, a thread of the process group may still want to free a tensor, which aborts the process.
    """
    gc.collect()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
