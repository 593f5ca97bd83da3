"""How this system's own packages are installed, for the remedies that name them."""

from __future__ import annotations

import shutil
import sys


def python_name() -> str:
    """The running Python as packages name it: python3.12."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def install_command(debian: str, fedora: str) -> str:
    """The command that installs these packages here; both commands on an unknown system."""
    apt, dnf = f"sudo apt install {debian}", f"sudo dnf install {fedora}"
    if shutil.which("apt-get"):
        return apt
    if shutil.which("dnf"):
        return dnf
    return f"on Debian and Ubuntu {apt}; on Fedora {dnf}"
