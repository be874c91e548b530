"""What the tablet sees: the office's code through the camera, where it is, and earlier photos."""

import pytest

pytestmark = pytest.mark.browser
