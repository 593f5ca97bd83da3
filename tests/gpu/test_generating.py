"""What tests/engine says of generation holds on a GPU."""

import pytest

from tests.engine.test_generating import *  # noqa: F403

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(240)]
