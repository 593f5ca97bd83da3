"""What tests/engine says of aborted answers holds on a GPU."""

import pytest

from tests.engine.test_aborting import *  # noqa: F403

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(240)]
