"""What tests/engine says of scoring holds on a GPU."""

import pytest

from tests.engine.test_scoring import *  # noqa: F403

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(240)]
