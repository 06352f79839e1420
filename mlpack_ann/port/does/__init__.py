"""What mlpack computes where it is wrong, as formulas of the recorded values.

Each function takes the job and the check and returns the value that mlpack gives. The table of
differences names them, so that a difference is explained only if it is exactly the one described.
"""
from mlpack_ann.port.does.common import *       # noqa: F401,F403
from mlpack_ann.port.does.layers import *       # noqa: F401,F403
from mlpack_ann.port.does.losses import *       # noqa: F401,F403
from mlpack_ann.port.does.rules import *        # noqa: F401,F403
from mlpack_ann.port.does.sequences import *    # noqa: F401,F403
