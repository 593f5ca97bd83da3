"""The bootstrap for real, on a checkout with tiny packages: first run, second run, and repairs."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.packaging.tiny_checkout import ROOT, Checkout, Index, make_wheel


def version_of(checkout: Checkout, module: str) -> str:
    """What the module in the environment says its version is; '' if it is not there."""
    file = checkout.site / f"{module}.py"
    return file.read_text().split("'")[1] if file.exists() else ""


def customized(folder: Path, code: str) -> None:
    """Write a sitecustomize that makes the bootstrap's Python another machine's."""
    (folder / "customized").mkdir()
    (folder / "customized" / "sitecustomize.py").write_text(
        "import collections\n"
        "usage = collections.namedtuple('usage', 'total used free', defaults=(0, 0, 0))\n" + code
    )


def with_gpu(folder: Path) -> str:
    """A PATH on which nvidia-smi reports a GPU and its driver."""
    smi = folder / "with gpu" / "nvidia-smi"
    smi.parent.mkdir()
    smi.write_text("#!/bin/sh\necho 'NVIDIA Test, 590.10, 8.9'\n")
    smi.chmod(0o755)
    return f"{smi.parent}:/usr/bin:/bin"


def use(index: Index, checkout: Checkout) -> None:
    """Let the checkout's packages come from the index."""
    shutil.copytree(checkout.wheels, index.wheels, dirs_exist_ok=True)
    checkout.environment |= {"PIP_INDEX_URL": index.url}
    del checkout.environment["PIP_NO_INDEX"], checkout.environment["PIP_FIND_LINKS"]


def contents(checkout: Checkout) -> dict[str, int]:
    """Every installed file with the time of its last change."""
    files = (path for path in checkout.site.rglob("*") if path.suffix != ".pyc")
    return {str(path): path.stat().st_mtime_ns for path in files if path.is_file()}


def test_that_a_first_run_sets_up_in_words_and_runs_the_app(fresh: Checkout) -> None:
    result = fresh.run("run", "--device", "cpu", "chat", "--prompt", "a b", "--", "--device", "x")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "app chat --prompt a b --device x\n"
    assert "Setting up 3 of 3 packages for the CPU" in result.stderr
    assert "Installing 1 of 3: packaging" in result.stderr
    assert re.search(r"Ready after \d+ s", result.stderr)
    assert version_of(fresh, "beta") == "1.0"


def test_that_a_second_run_says_nothing_and_costs_less_than_300_ms(prepared: Checkout) -> None:
    python = str(prepared.root / ".venv" / "bin" / "python")

    def seconds(command: list[str]) -> float:
        started = time.perf_counter()
        result = subprocess.run(
            command, cwd=prepared.root, env=prepared.environment, capture_output=True, text=True
        )
        assert (result.stdout, result.stderr) == ("app\n", "")
        return time.perf_counter() - started

    pairs = [
        (seconds(prepared.command("run")), seconds([python, "-P", "-m", "desktop_llm"]))
        for _ in range(7)
    ]
    assert statistics.median(ours - bare for ours, bare in pairs) < 0.3


def test_that_an_install_killed_midway_is_noticed_and_finished(
    checkout: Checkout, index: Index, tmp_path: Path
) -> None:
    use(index, checkout)
    index.held = "beta"
    process = checkout.start("run", "--device", "cpu")
    assert index.reached.wait(60)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert (checkout.site / "packaging-1.0.dist-info").is_dir()
    index.release.set()

    result = checkout.run("run", PATH=with_gpu(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "Setting up 2 of 3 packages for the CPU" in result.stderr, "it keeps its device"
    assert version_of(checkout, "beta") == "1.0"


@pytest.mark.parametrize("damage", ["no RECORD", "no METADATA", "short file", "missing file"])
def test_that_a_half_written_package_is_installed_again(installed: Checkout, damage: str) -> None:
    info, module = installed.site / "alpha-1.0.dist-info", installed.site / "alpha.py"
    if damage == "no RECORD":
        (info / "RECORD").unlink()
        module.unlink()
    elif damage == "no METADATA":
        (info / "METADATA").unlink()
    elif damage == "short file":
        module.write_text("VER")
    else:
        module.unlink()
    installed.stamp.unlink()
    result = installed.run("run", "--device", "cpu")
    assert result.returncode == 0, result.stderr
    assert "Setting up 1 of 3 packages" in result.stderr
    assert version_of(installed, "alpha") == "1.0"


def test_that_an_environment_that_cannot_start_is_made_anew(installed: Checkout) -> None:
    python = installed.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nonexistent/python3")
    result = installed.run("run", "--device", "cpu")
    assert result.returncode == 0, result.stderr
    assert "Setting up 3 of 3 packages" in result.stderr


def test_that_a_changed_lock_is_followed_by_what_changed_alone(installed: Checkout) -> None:
    installed.lock("cpu", "packaging==1.0", "alpha==1.0", "beta==2.0")
    result = installed.run("run")
    assert result.returncode == 0, result.stderr
    assert "Setting up 1 of 3 packages" in result.stderr
    assert version_of(installed, "beta") == "2.0"


@pytest.mark.parametrize("change", ["another device", "another lock"])
def test_that_what_works_is_left_alone_until_its_replacement_is_there(
    installed: Checkout, tmp_path: Path, change: str
) -> None:
    before = contents(installed)
    installed.environment["PIP_FIND_LINKS"] = ""
    cpu_lock = installed.root / "packaging" / "locks" / "cpu.txt"
    old_lock, device = cpu_lock.read_text(), []
    if change == "another device":
        device = ["--device", "cuda"]
    else:
        installed.lock("cpu", "packaging==1.0", "alpha==1.0", "beta==2.0")
    result = installed.run("run", *device, PATH=with_gpu(tmp_path))
    assert result.returncode == 2
    assert result.stderr.endswith(" What was set up before is as it was.\n")
    assert contents(installed) == before
    cpu_lock.write_text(old_lock)
    ran = installed.run("run")
    assert (ran.stdout, ran.stderr) == ("app\n", "")


def test_that_an_interrupted_change_of_device_goes_on_and_uses_what_was_fetched(
    installed: Checkout, tmp_path: Path
) -> None:
    path = with_gpu(tmp_path)
    install = installed.root / "packaging" / "bootstrapping" / "install.py"
    whole = install.read_text()
    install.write_text(whole.replace("pip.uninstall(foreign)", "raise KeyboardInterrupt"))
    stopped = installed.run("run", "--device", "cuda", PATH=path)
    assert stopped.returncode == 130
    assert "The same command goes on" in stopped.stderr
    install.write_text(whole)
    installed.environment["PIP_FIND_LINKS"] = ""
    result = installed.run("run", PATH=path)
    assert result.returncode == 0, result.stderr
    assert version_of(installed, "alpha") == "2.0"


def test_that_another_python_behind_the_link_is_noticed(
    installed: Checkout, tmp_path: Path
) -> None:
    # As after a system's upgrade: a link of the same name leads to another file.
    python = installed.root / ".venv" / "bin" / "python"
    upgraded = shutil.copy(python.resolve(), tmp_path / "python3.13")
    python.unlink()
    python.symlink_to(upgraded)
    result = installed.run("run")
    assert result.returncode == 0, result.stderr
    assert "Ready after" in result.stderr, "it was looked through again"
    assert installed.run("run").stderr == ""


def test_that_repair_finds_what_broke_since(installed: Checkout) -> None:
    (installed.site / "alpha.py").unlink()
    assert installed.run("run").stderr == "", "a start does not look through every package"
    result = installed.run("run", "--repair")
    assert result.returncode == 0, result.stderr
    assert version_of(installed, "alpha") == "1.0"


def test_that_another_pythons_modules_stay_out_of_the_app(
    installed: Checkout, tmp_path: Path
) -> None:
    main = installed.root / "desktop_llm" / "__main__.py"
    main.write_text("import os\nprint(os.environ.get('PYTHONPATH'), os.environ.get('PYTHONHOME'))")
    result = installed.run("run", PYTHONPATH=str(tmp_path))
    assert (result.stdout, result.stderr) == ("None None\n", "")


def test_that_closed_streams_are_no_traceback(fresh: Checkout, tmp_path: Path) -> None:
    smi = tmp_path / "bin" / "nvidia-smi"
    smi.parent.mkdir()
    smi.write_text("#!/bin/sh\necho 'NVIDIA Test, 535.1, 8.9'\n")
    smi.chmod(0o755)
    command = f"{shlex.join(fresh.command('run'))} <&-"
    result = subprocess.run(
        ["sh", "-c", command],
        env={**fresh.environment, "PATH": f"{smi.parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert result.stderr.startswith("The CUDA packages would not run here")
    assert result.stderr.count("\n") == 1


def test_that_a_file_system_without_locks_is_enough(checkout: Checkout, tmp_path: Path) -> None:
    customized(
        tmp_path,
        "import errno, fcntl\n"
        "def flock(*_): raise OSError(errno.ENOLCK, 'No locks available')\n"
        "fcntl.flock = flock\n",
    )
    result = checkout.run("run", "--device", "cpu", PYTHONPATH=str(tmp_path / "customized"))
    assert result.returncode == 0, result.stderr
    assert "This file system has no locks" in result.stderr


def test_that_a_window_without_its_libraries_is_a_word_before_the_download(
    checkout: Checkout,
) -> None:
    x11 = checkout.root / "packaging" / "bootstrapping" / "x11.py"
    x11.write_text(x11.read_text().replace("libxcb-cursor.so.0", "libxcb-absent.so.0"))
    x11_session = {"DISPLAY": ":9", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    result = checkout.run("run", "--device", "cpu", **x11_session)
    assert result.returncode == 0, result.stderr
    said, rest = result.stderr.split("Setting up")
    assert "libxcb-absent.so.0, and the chat opens in the terminal" in said
    assert "libxcb-cursor0" in said
    assert "libxcb" not in rest


def test_that_a_moved_checkout_finds_its_own_code(installed: Checkout, tmp_path: Path) -> None:
    moved = Checkout(tmp_path / "moved", installed.wheels, installed.environment)
    installed.root.rename(moved.root)
    (moved.root / "desktop_llm" / "__main__.py").write_text("print('moved app')")
    assert moved.run("run").stdout == "moved app\n"
    assert (moved.site / "_desktop_llm.pth").read_text() == str(moved.root)


def test_that_another_device_replaces_the_packages_of_the_first(
    installed: Checkout, tmp_path: Path
) -> None:
    result = installed.run("run", "--device", "cuda", PATH=with_gpu(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "Found NVIDIA Test, driver 590.10." in result.stderr
    assert version_of(installed, "alpha") == "2.0"
    assert version_of(installed, "beta") == "", "beta is of the CPU set only"
    kept = installed.run("run")
    assert kept.stderr == "", "without --device, the environment keeps the one it has"


def test_that_test_adds_the_tools_and_passes_arguments_and_exit_code(installed: Checkout) -> None:
    result = installed.run("test", "-k", "x", "--", "tests/a", "-q", DISPLAY=":9")
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"pytest -k x tests/a -q in {installed.root}\n"
    assert "Setting up 1 of 4 packages" in result.stderr
    assert installed.run("test", "fail", DISPLAY=":9").returncode == 5
    assert installed.run("run").stderr == "", "run is content with an environment that has more"


@pytest.fixture
def with_tools(installed: Checkout) -> Checkout:
    """A checkout with the test tools, in a session without a display."""
    assert installed.run("test", DISPLAY=":9").returncode == 0
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        installed.environment.pop(variable, None)
    return installed


def answers(display: str) -> bool:
    """Whether an X server listens on this display."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(f"/tmp/.X11-unix/X{display.removeprefix(':')}") == 0


@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")
def test_that_without_a_display_tests_get_one_for_as_long_as_they_run(
    with_tools: Checkout,
) -> None:
    command = with_tools.command("test", "display", "wait")
    process = subprocess.Popen(
        command, env=with_tools.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdout.readline()
    display = process.stdout.readline().decode().split()[1]
    assert answers(display)
    process.terminate()
    assert process.wait(30) == 143
    process.stdin.close()
    process.stdout.close()
    assert not answers(display)


def test_that_ctrl_c_waits_for_the_tests_to_clean_up(with_tools: Checkout) -> None:
    pytest_main = with_tools.site / "pytest" / "__main__.py"
    pytest_main.write_text(
        "import time\n"
        "try:\n"
        "    print('started', flush=True)\n"
        "    time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    time.sleep(1)\n"
        "    print('cleaned up')\n"
    )
    process = with_tools.start("test")
    assert process.stdout is not None
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    out, said = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "cleaned up\n")
    assert "The same command goes on" not in said


def test_that_a_machine_without_xvfb_hears_what_it_misses(with_tools: Checkout) -> None:
    result = with_tools.run("test", "display", PATH="/nonexistent")
    assert result.returncode == 0
    assert result.stdout.endswith("display None\n")
    assert "sudo apt install xvfb" in result.stderr


def test_that_a_second_bootstrap_waits_for_the_first(checkout: Checkout, index: Index) -> None:
    use(index, checkout)
    index.held = "beta"
    first = checkout.start("run", "--device", "cpu")
    assert index.reached.wait(60)
    second = checkout.start("run", "--device", "cpu")
    assert second.stderr is not None
    assert "waiting for it to finish" in second.stderr.readline()
    index.release.set()
    assert first.wait(60) == 0
    out, said = second.communicate(timeout=60)
    assert (second.returncode, out, said) == (0, "app\n", "")
    first.communicate()


def test_that_stray_pip_settings_change_neither_place_nor_contents(
    checkout: Checkout, tmp_path: Path
) -> None:
    stray = tmp_path / "pip.conf"
    stray.write_text(
        f"[global]\nfind-links = {checkout.wheels}\nno-index = true\nrequire-hashes = true\n"
        "[install]\nuser = true\n"
    )
    checkout.environment.pop("PIP_FIND_LINKS")
    checkout.environment.pop("PIP_NO_INDEX")
    result = checkout.run(
        "run",
        "--device",
        "cpu",
        PIP_CONFIG_FILE=str(stray),
        PIP_TARGET=str(tmp_path / "elsewhere"),
        PIP_NO_BINARY=":all:",
    )
    assert result.returncode == 0, result.stderr
    assert not (tmp_path / "elsewhere").exists()
    assert version_of(checkout, "alpha") == "1.0"


def test_that_no_network_is_one_sentence(checkout: Checkout) -> None:
    with socket.socket() as taken:  # bound and not listening: nothing answers there
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/simple"
        checkout.environment.pop("PIP_NO_INDEX")
        result = checkout.run("run", "--device", "cpu", PIP_INDEX_URL=url, PIP_RETRIES="1",
                              PIP_FIND_LINKS="")  # fmt: skip
    assert result.returncode == 2
    assert result.stderr.splitlines()[-1] == (
        "The package index could not be reached. Check the network (and proxy: HTTPS_PROXY), "
        "then run the same command again: it goes on where it stopped."
    )
    assert result.stdout == ""


def test_that_an_index_without_a_package_is_named_with_it(checkout: Checkout) -> None:
    checkout.lock("cpu", "packaging==1.0", "gamma==3.1")
    result = checkout.run("run", "--device", "cpu")
    assert result.returncode == 2
    assert "The configured package index does not have gamma==3.1." in result.stderr
    assert "gamma==3.1" in (checkout.root / ".venv" / "install.log").read_text()


def test_that_an_index_that_wants_a_password_says_so(checkout: Checkout, index: Index) -> None:
    use(index, checkout)
    index.refuses = 401
    result = checkout.run("run", "--device", "cpu")
    assert result.returncode == 2
    assert "The package index refuses the request (401 Client Error: Unauthorized" in result.stderr
    assert "PIP_INDEX_URL" in result.stderr


def test_that_the_cpu_torch_is_looked_for_in_pytorchs_index_too(
    checkout: Checkout, index: Index
) -> None:
    make_wheel(index.wheels, "torch", "2.13.0+cpu", {"torch.py": "VERSION = '2.13.0'\n"})
    checkout.lock("cpu", "packaging==1.0", "alpha==1.0", "torch==2.13.0+cpu")
    pip = checkout.root / "packaging" / "bootstrapping" / "pip.py"
    source = pip.read_text()
    assert "https://download.pytorch.org/whl/cpu" in source
    pip.write_text(source.replace("https://download.pytorch.org/whl/cpu", index.url))
    empty = index.url.replace("/simple", "/simple/empty")
    checkout.environment.pop("PIP_NO_INDEX")
    result = checkout.run("run", "--device", "cpu", PIP_INDEX_URL=empty)
    assert result.returncode == 0, result.stderr
    assert version_of(checkout, "torch") == "2.13.0"


def test_that_a_folder_that_cannot_be_written_is_one_sentence(checkout: Checkout) -> None:
    if os.geteuid() == 0:  # root may write anywhere, but not open a folder as a file
        (checkout.root / ".bootstrap.lock").mkdir()
    else:
        checkout.root.chmod(0o555)
    result = checkout.run("run", "--device", "cpu")
    checkout.root.chmod(0o755)
    assert result.returncode == 2
    assert re.fullmatch(
        r"Cannot write in .*/my checkout: .*\. Check that this folder is yours to write and its "
        r"disk is not full, then run again\.\n",
        result.stderr,
    )


def test_that_too_little_disk_is_one_sentence_before_any_download(
    fresh: Checkout, tmp_path: Path
) -> None:
    customized(tmp_path, "import shutil\nshutil.disk_usage = lambda _: usage(free=3 * 2**30)\n")
    result = fresh.run("run", "--device", "cpu", PYTHONPATH=str(tmp_path / "customized"))
    assert result.returncode == 2
    assert result.stderr == (
        f"Not enough disk: {fresh.root} has 3.0 GiB free, and the packages for the CPU need "
        "4.0 GiB. Free some space, or move this folder to a larger disk.\n"
    )
    assert not (fresh.root / ".venv").exists()


def test_that_a_python_without_venv_names_the_package_to_install(
    fresh: Checkout, tmp_path: Path
) -> None:
    # Debian's python3 without python3-venv: the venv module is there, ensurepip is not.
    customized(
        tmp_path,
        "import importlib.util\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name: None if name == 'ensurepip' else found(name)\n",
    )
    result = fresh.run("run", "--device", "cpu", PYTHONPATH=str(tmp_path / "customized"))
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert result.returncode == 2
    assert result.stderr == (
        "This Python cannot make virtual environments. To install what it lacks: "
        f"sudo apt install {python}-venv. Then run the same command again.\n"
    )


@pytest.mark.parametrize("version", [(2, 7), (3, 10), (3, 14)])
def test_that_another_python_is_refused_with_a_sentence(version: tuple[int, int]) -> None:
    bootstrap = ROOT / "packaging" / "bootstrap.py"
    code = f"import sys; sys.version_info = {(*version, 0)}; exec(open({str(bootstrap)!r}).read())"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 2
    assert result.stderr == (
        "Desktop LLM needs Python 3.11, 3.12 or 3.13, and this is Python "
        f"{version[0]}.{version[1]}. Install one of those and start it by name, for example: "
        "python3.12 packaging/bootstrap.py run\n"
    )


def test_that_old_pythons_can_read_the_bootstrap() -> None:
    source = (ROOT / "packaging" / "bootstrap.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 4))
    source.encode("ascii")  # Python 2 reads nothing else without a declaration
    for name in ("python2", "python2.7", "python3.6", "python3.8", "python3.10"):
        if (python := shutil.which(name)) is not None:
            result = subprocess.run(
                [python, str(ROOT / "packaging" / "bootstrap.py")], capture_output=True, text=True
            )
            if "this is Python" not in result.stderr:
                # A version manager's stand-in for a Python it does not have says so and fails.
                assert "Traceback" not in result.stderr
                assert "SyntaxError" not in result.stderr
