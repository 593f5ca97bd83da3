"""Whether this machine can compile what torch.compile writes for the CPU."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path


def can_compile() -> bool:
    """Whether there are the C++ compiler that Inductor calls and the headers of Python it includes.

    Its compiler is that of the variable CXX, else g++.
    """
    compiler = shutil.which(os.environ.get("CXX") or "g++")
    return compiler is not None and Path(sysconfig.get_path("include"), "Python.h").is_file()
